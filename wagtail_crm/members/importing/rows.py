"""Members as plain rows: twenty thousand model instances cost more than the import itself."""

import json
from collections.abc import Collection, Iterator
from typing import Any

from django.db import connections, router
from django.db.models import Q
from django.utils import timezone

from wagtail_crm.members.models import Member

from . import sql

Row = dict[str, Any]
WRITTEN = (
    "code",
    "email",
    "email_key",
    "family_name",
    "given_name",
    "family_name_kana",
    "given_name_kana",
    "language",
    "time_zone",
    "attributes",
    "created_at",
)
READ = ("id", "status", "user_id", *WRITTEN)


def new_row() -> Row:
    """Somebody who is not in the list yet."""
    return {
        **dict.fromkeys(WRITTEN, ""),
        **dict.fromkeys(("id", "user_id", "code", "email_key")),
        "status": Member.Status.PROSPECT,
        "attributes": {},
        "created_at": timezone.now(),
    }


def read_rows(codes: Collection[str], email_keys: Collection[str | None]) -> Iterator[Row]:
    """The members with one of these codes or addresses, locked in the order of their keys."""
    members = Member.objects.filter(Q(code__in=codes) | Q(email_key__in=email_keys))
    return members.order_by("pk").select_for_update().values(*READ).iterator()


def write_rows(new: list[Row], changed: list[Row], moved: set[int]) -> set[int]:
    """Write rows that were read, and new ones; returns the ids of all. Needs a transaction.

    Those who ``moved`` give up their code and address first, so that others can have them.
    """
    if not new and not changed:
        return set()
    if moved:
        Member.objects.filter(pk__in=moved).update(code=None, email_key=None)
    connection = connections[router.db_for_write(Member)]
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(sql.SAVE_PEOPLE, [json.dumps([*new, *changed], default=str)])
            return {row[0] for row in cursor.fetchall()}
    added = Member.objects.bulk_create([Member(**_written(row)) for row in new])
    for row in changed:
        Member.objects.filter(pk=row["id"]).update(updated_at=timezone.now(), **_written(row))
    return {member.pk for member in added} | {row["id"] for row in changed}


def _written(row: Row) -> Row:
    return {name: row[name] for name in WRITTEN}
