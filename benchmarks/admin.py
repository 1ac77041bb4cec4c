"""``python -m benchmarks.admin``: what screens of the Wagtail admin ask and how long they take.

In the crowd of ``benchmarks.segments``, with a log of twenty events a member, 120 campaigns and a
row for each of their mails, events set aside, and a thousand segments. Each screen is asked for as
an editor's browser asks, through Django and all middleware; the first answers are left out. Prints
a table and, last, one line of JSON: ``queries``, the most that a screen asks, and ``p95_ms``, the
time of the slowest screen in the server. Ends with 1 above the budgets of DESIGN.md §6.

``ours`` is how many of the queries come from this package, the rest is Wagtail's and the site's.
The editors of pages are Wagtail's: they are held to the budget with ours alone; what our panel asks
for when it is opened is a screen of its own.
"""

import argparse
import datetime
import json
import os
import statistics
import sys
import time
import traceback
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from benchmarks.crowd.servers import crowds

BUDGET = {"queries": 15, "p95_ms": 300}
WARM_UP = 2
# Names of screens that are Wagtail's and have something of ours beside them.
WAGTAILS = "editor of a page"
PACKAGE = f"{os.sep}wagtail_crm{os.sep}"


def main() -> int:
    options = _options()
    parts = ("people", "totals", "events", "letters", "segments")
    with crowds(options.folder, options.database, [options.members], *parts) as made:
        os.environ |= made.environment(options.members) | {"ALLOWED_HOSTS": "testserver"}
        import django

        django.setup()
        looks = {name: look(path, options.rounds) for name, path in screens().items()}
    columns = ("queries", "ours", "p50_ms", "p95_ms", "cpu_ms")
    print(" " * 42 + "".join(f"{column:>9}" for column in columns))
    for name, found in looks.items():
        print(f"{name:42}" + "".join(f"{found[column]:9.0f}" for column in columns))
    held = {name: _held(name, found) for name, found in looks.items()}
    result = {key: max(found[key] for found in held.values()) for key in BUDGET}
    above = [
        f"{name}: {key} (allowed: {budget})"
        for name, found in held.items()
        for key, budget in BUDGET.items()
        if found[key] > budget
    ]
    for line in above:
        print(f"Above budget: {line}")
    print(json.dumps({"bench": "admin", "members": options.members, **result}))
    return 1 if above else 0


def _held(name: str, found: dict[str, float]) -> dict[str, float]:
    """What a screen is held to: of Wagtail's own screens, our share."""
    return found | {"queries": found["ours"]} if name.startswith(WAGTAILS) else found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.admin", description=__doc__)
    parser.add_argument("--members", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=20, help="how often each screen is asked for")
    parser.add_argument("--database", help="URL of a server on which databases may be made")
    parser.add_argument("--folder", type=Path, default=Path("var/bench"), help="where it is kept")
    return parser.parse_args()


def screens() -> dict[str, str]:
    """What an editor opens, by name."""
    return _lists() | _members() | _others()


def _lists() -> dict[str, str]:
    from wagtail_crm.members.models import Member

    members = _list_of(Member)
    asked: dict[str, dict[str, Any]] = {
        "": {},
        ", page 2": {"p": 2},
        ", page 300": {"p": 300},
        ", by last visit": {"ordering": "-last_seen_at"},
        ", by name": {"ordering": "family_name_kana"},
        ", search: kanji": {"q": "佐藤"},
        ", search: kana of two words": {"q": "さとう あけみ"},
        ", search: address": {"q": "person4321@"},
        ", search: nobody": {"q": "どこにもいない"},
        ", registered": {"status": "registered"},
        ", with a tag": {"tag": 1},
        ", agreed to mail": {"consent": "email"},
        ", of a prefecture": {"attribute_prefecture": "沖縄県"},
        ", of the largest prefecture": {"attribute_prefecture": "東京都"},
        ", Tokyo and agreed": {"attribute_prefecture": "東京都", "consent": "email"},
        ", search: one kanji": {"q": "林"},
        ", search: what all have": {"q": "example.jp"},
        ", did not agree": {"consent": "-email"},
        ", of an owner": {"owner": _owner()},
        ", who read English": {"language": "en"},
        ", registered lately": {"registered_at_from": _days_ago(7)},
        ", not seen for a year": {"last_seen_at_to": _days_ago(365)},
        ", of a segment": {"segment": _segment("size")},
        ", of the largest segment": {"segment": _segment("-size")},
    }
    return {f"members{name}": f"{members}?{urlencode(query)}" for name, query in asked.items()}


def _days_ago(days: int) -> datetime.date:
    return datetime.date.today() - datetime.timedelta(days=days)


def _segment(order: str) -> int:
    from wagtail_crm.segments.models import Segment

    return Segment.objects.live().filter(size__gt=0).order_by(order)[0].pk


def _owner() -> int:
    """The editor, who owns one member in a thousand."""
    from django.contrib.auth import get_user_model

    from benchmarks.crowd.build import EDITOR
    from wagtail_crm.members.models import Member

    editor = get_user_model().objects.get(email=EDITOR)
    if not Member.objects.filter(owner=editor).exists():
        Member.objects.extra(where=["id %% 1000 = 7"]).update(owner=editor)
    return editor.pk


def _members() -> dict[str, str]:
    from wagtail_crm.members.models import Member
    from wagtail_crm.members.panels import member_panels

    busy = Member.objects.get(pk=_busiest())
    viewset: Any = Member.snippet_viewset
    page = _reverse(viewset.get_url_name("inspect"), busy.pk)
    slugs = [panel.slug for panel in member_panels.values() if panel.where == "admin"]
    tabs = {f"member, {slug}": f"{page}?tab={slug}" for slug in slugs}
    return {**tabs, "member, edit": _reverse(viewset.get_url_name("edit"), busy.pk)}


def _others() -> dict[str, str]:
    from wagtail.models import Page

    from wagtail_crm.mail.models import Campaign
    from wagtail_crm.members.models import ConsentRecord
    from wagtail_crm.segments.models import Segment
    from wagtail_crm.tracking.models import RefusedEvent

    largest = Segment.objects.live().order_by("-size")[0]
    segments: Any = Segment.snippet_viewset
    pages = Page.objects.order_by("path")
    named = {"home": pages.filter(depth=2)[0], "a shelf": pages.filter(depth=3)[0]}
    named |= {"a product": pages.filter(depth=5)[0]}
    screens = {
        "segments": _list_of(Segment),
        "segments, page 5": f"{_list_of(Segment)}?p=5",
        "segments, search": f"{_list_of(Segment)}?q=shelf",
        "segment, open": _reverse(segments.get_url_name("inspect"), largest.pk),
        "segment, edit": _reverse(segments.get_url_name("edit"), largest.pk),
        "segment of ten rules, edit": _reverse(segments.get_url_name("edit"), _ten_rules()),
        "segment, new": _reverse(segments.get_url_name("add")),
        "campaigns": _list_of(Campaign),
        "consents": _list_of(ConsentRecord),
        "events set aside": _list_of(RefusedEvent),
    }
    for name, page in named.items():
        screens[f"{WAGTAILS}: {name}"] = _reverse("wagtailadmin_pages:edit", page.pk)
        numbers = _reverse("crm_page_numbers", page.pk)
        for days, below in ((30, 0), (30, 1), (365, 1)):
            asked = urlencode({"days": days, "below": below})
            screens[f"page panel: {name}{' and below' * below}, {days} days"] = f"{numbers}?{asked}"
    return screens


def _ten_rules() -> int:
    """A draft with the ten rules of ``benchmarks.segments``."""
    from benchmarks.segments.ten_rules import rules
    from wagtail_crm.segments.models import Segment

    segment, _made = Segment.objects.get_or_create(
        name="Ten rules, a draft", defaults={"match": "all", "rules": rules(), "live": False}
    )
    return segment.pk


def _list_of(model: Any) -> str:
    return _reverse(model.snippet_viewset.get_url_name("list"))


def _reverse(name: str, *arguments: Any) -> str:
    from django.urls import reverse

    return reverse(name, args=arguments)


def _busiest() -> int:
    """Somebody who did very much."""
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT member_id FROM wagtail_crm_tracking_dailytotal TABLESAMPLE SYSTEM (1)"
            " WHERE member_id <> 0 GROUP BY 1 ORDER BY count(*) DESC, 1 LIMIT 1"
        )
        return cursor.fetchone()[0]


def look(path: str, rounds: int) -> dict[str, float]:
    """How many queries a screen asks, and milliseconds until it is made."""
    from django.contrib.auth import get_user_model
    from django.db import connection
    from django.test import Client

    from benchmarks.crowd.build import EDITOR

    print(path, file=sys.stderr)
    client = Client()
    client.force_login(get_user_model().objects.get(email=EDITOR))
    for _ in range(WARM_UP):
        response = client.get(path)
        if response.status_code != 200:
            raise SystemExit(f"{path} answers {response.status_code}.")
    asked: list[bool] = []

    def note(execute: Any, sql: str, *rest: Any) -> Any:
        asked.append(_is_ours())
        return execute(sql, *rest)

    with connection.execute_wrapper(note):
        client.get(path)
    cpu = time.process_time()
    times = [_milliseconds(client, path) for _ in range(rounds)]
    cpu = time.process_time() - cpu
    return {
        "queries": len(asked),
        "ours": sum(asked),
        "cpu_ms": round(1000 * cpu / rounds, 1),
        "p50_ms": round(statistics.median(times), 1),
        "p95_ms": round(statistics.quantiles(times, n=20, method="inclusive")[18], 1),
    }


def _is_ours() -> bool:
    """Whether the package asks, not only hears of the request as its middleware does."""
    files = (frame.f_code.co_filename for frame, _line in traceback.walk_stack(None))
    return any(PACKAGE in file and not file.endswith("middleware.py") for file in files)


def _milliseconds(client: Any, path: str) -> float:
    started = time.perf_counter()
    client.get(path)
    return 1000 * (time.perf_counter() - started)


if __name__ == "__main__":
    sys.exit(main())
