"""What is left of a person's mails once they asked to be forgotten."""

from typing import Any

from django.db.models import QuerySet


def forget_answers(rows: QuerySet[Any]) -> None:
    """What servers answered may name the mailbox, and waiting mails must not be sent any more."""
    rows.filter(status="pending").update(status="skipped", reason="left")
    rows.update(error="")
