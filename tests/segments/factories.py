"""Makers of segments as editors save them."""

import datetime
import itertools
import json

from django.utils import timezone

from tests.members.factories import make_user
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.runs.action import segment_actions
from wagtail_crm.segments.runs.actions import start_run, work_on
from wagtail_crm.tracking import actions as tracking
from wagtail_crm.tracking.events import NewEvent

_numbers = itertools.count(1)


def make_segment(*rules, name=None, match="all", publish=True):
    """A segment of (type, value) rules, published as an editor would; count it on commit."""
    name = name or f"Segment {next(_numbers)}"
    segment = Segment(name=name, match=match, rules=stream(*rules), live=False)
    segment.save()
    if publish:
        segment.save_revision().publish()
        segment.refresh_from_db()
    return segment


def make_run(segment, action="export", by=None, **options):
    """Something that was done to a segment; without options, its members as an Excel file."""
    run = start_run(
        segment=segment,
        action=segment_actions[action],
        options=options or {"format": "xlsx"},
        by=by or make_user(f"colleague{next(_numbers)}@example.jp"),
    )
    work_on(run_id=run.pk)
    run.refresh_from_db()
    return run


def stream(*rules):
    return json.dumps([{"type": kind, "value": value} for kind, value in rules])


def behaviour(kind="page_view", pages=(), **value):
    return "behaviour", {
        "kind": kind,
        "pages": [page.pk for page in pages],
        "below": value.pop("below", True),
        "comparison": value.pop("comparison", "at_least"),
        "times": value.pop("times", 1),
        "measure": value.pop("measure", "times"),
        "window": "last" if value.get("days") else "ever",
        "days": value.pop("days", None),
        "subject": value.pop("subject", ""),
        "properties": value.pop("properties", []),
    }


def purchase(measure="times", comparison="at_least", amount=1, days=None, pages=()):
    return "purchase", {
        "what": "anything",
        "measure": measure,
        "comparison": comparison,
        "amount": amount,
        "window": "last" if days else "ever",
        "days": days,
        "pages": [page.pk for page in pages],
        "below": True,
    }


def attribute(definition, comparison="is", value="", upper=""):
    return "attribute", {
        "attribute": getattr(definition, "key", definition),
        "comparison": comparison,
        "value": value,
        "upper": upper,
    }


def in_segment(segment, membership="in"):
    return "segment", {"segment": segment.pk, "membership": membership}


def group(match, *rules):
    return "group", {
        "match": match,
        "rules": [{"type": kind, "value": value} for kind, value in rules],
    }


def record(member, kind="page_view", page=None, days_ago=0, **fields):
    """An event of ``member`` at noon, ``days_ago`` days before today."""
    day = timezone.localdate(timezone=timezone.get_default_timezone())
    noon = datetime.datetime.combine(
        day - datetime.timedelta(days=days_ago),
        datetime.time(12),
        tzinfo=timezone.get_default_timezone(),
    )
    event = NewEvent(
        kind=kind, member_id=member.pk, page_id=page.pk if page else 0, at=noon, **fields
    )
    tracking.record_events(events=[event])
    return event


def members_of(segment):
    return set(segment.memberships.values_list("member_id", flat=True))
