"""What is left of a person's mails once they asked to be forgotten."""

from typing import Any

from django.db.models import QuerySet
from wagtail.log_actions import registry as log_registry


def forget_answers(rows: QuerySet[Any]) -> None:
    """What servers answered may name the mailbox, and waiting mails must not be sent any more."""
    rows.filter(status="pending").update(status="skipped", reason="left")
    rows.update(error="")


def forget_block(rows: QuerySet[Any]) -> None:
    """Who comes back confirms their address, which proves that it takes mail."""
    for row in rows:
        log_registry.get_logs_for_instance(row).update(label="", data={})
    rows.delete()
