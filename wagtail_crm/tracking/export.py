"""What a member may download of the log: nothing that may be somebody else's.

A mail that was passed on makes its reader's browser known as the member's. Until the member has
signed in there, what was done on it stays out (GDPR Art. 15(4)); erasure takes it all the same.
"""

import datetime
from collections import defaultdict
from decimal import Decimal
from typing import Any

from wagtail_crm.members.models import Member

from .ingest import local_day
from .models import DailyTotal, Event, Visitor

EVENT = ("at", "kind", "page", "subject", "value", "data")
TOTAL = ("day", "kind", "page", "subject", "count", "value")
VISITOR = ("first_seen_at", "last_seen_at", "first_touch", "last_touch")

Row = dict[str, Any]
Key = tuple[datetime.date, str, int, str]


def events_of(member: Member) -> list[Row]:
    return list(Event.objects.of_member(member).certain().order_by("pk").values(*EVENT))


def totals_of(member: Member) -> list[Row]:
    """Daily totals less what is not certain, as far as the log still holds it."""
    counts, values = _uncertain(member)
    rows = []
    for row in DailyTotal.objects.filter(member=member).order_by("pk").values(*TOTAL):
        key = (row["day"], row["kind"], row["page"], row["subject"])
        row["count"] -= counts[key]
        row["value"] -= values[key]
        if row["count"]:
            rows.append(row)
    return rows


def _uncertain(member: Member) -> tuple[dict[Key, int], dict[Key, Decimal]]:
    """How often, and for how much, by the key of the daily total."""
    mine = Event.objects.of_member(member).handed_over()
    rows = mine.exclude(pk__in=mine.certain().values("pk"))
    counts: dict[Key, int] = defaultdict(int)
    values: dict[Key, Decimal] = defaultdict(Decimal)
    columns = ("at", "kind", "page_id", "subject", "value")
    for at, kind, page_id, subject, value in rows.values_list(*columns):
        key = (local_day(at), kind, page_id, subject)
        counts[key] += 1
        values[key] += value or 0
    return counts, values


def visitors_of(member: Member) -> list[Row]:
    mine = Visitor.objects.of_member(member)
    certain = mine.exclude(pk__in=mine.known_by_mail_only().values("pk"))
    return list(certain.order_by("pk").values(*VISITOR))
