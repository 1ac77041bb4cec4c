"""Rules about the visit, asked of a visit made of plain values."""

import datetime
from dataclasses import dataclass, field

import pytest
from django.utils import timezone
from django.utils.translation import override

from wagtail_crm.segments.rules.base import Broken, site_today
from wagtail_crm.segments.rules.behaviour import Did
from wagtail_crm.segments.rules.groups import Group
from wagtail_crm.segments.rules.people import HasStatus
from wagtail_crm.segments.rules.person import Person, Total
from wagtail_crm.segments.rules.places import NamedPage
from wagtail_crm.segments.rules.visit import (
    AtTime,
    CameFrom,
    FromCountry,
    HasParameter,
    IsReturning,
    MixedVisit,
    OnDevice,
    OnPage,
    ReadsIn,
    split,
)

MONDAY = datetime.datetime(2026, 11, 23, 9, 30)


@dataclass
class Visit:
    device: dict = field(
        default_factory=lambda: {"device": "phone", "os": "iOS", "browser": "Mobile Safari"}
    )
    touch: dict = field(default_factory=dict)
    parameters: dict = field(default_factory=dict)
    now: datetime.datetime = MONDAY
    is_returning: bool = False
    page_path: str = ""
    country: str = ""
    language: str = "ja"


def holds(rule, **visit):
    return rule.holds(Person(pk=0, now=timezone.now(), visit=Visit(**visit)))


FIT = [
    (OnDevice("device", ("phone", "tablet")), {}, True),
    (OnDevice("device", ("computer",)), {}, False),
    (OnDevice("browser", ("safari", "Mobile")), {}, True),
    (OnDevice("os", ("Android",)), {}, False),
    (CameFrom("referrer", "is", "instagram.com"), {"touch": {"referrer": "l.Instagram.com"}}, True),
    (
        CameFrom("referrer", "is", "instagram.com"),
        {"touch": {"referrer": "notinstagram.com"}},
        False,
    ),
    (CameFrom("referrer", "set"), {"touch": {"referrer": "t.co"}}, True),
    (CameFrom("referrer", "set"), {"touch": {"utm_source": "x"}}, False),
    (CameFrom("utm_source", "is", "Letter"), {"touch": {"utm_source": "letter"}}, True),
    (CameFrom("utm_source", "is", "letter"), {"touch": {"utm_source": "a.letter"}}, False),
    (CameFrom("utm_campaign", "contains", "aut"), {"touch": {"utm_campaign": "Autumn"}}, True),
    (HasParameter("gift"), {"parameters": {"gift": ""}}, True),
    (HasParameter("gift"), {}, False),
    (HasParameter("gift", "is", "1"), {"parameters": {"gift": "1"}}, True),
    (HasParameter("gift", "contains", "x"), {"parameters": {"gift": "1"}}, False),
    (IsReturning(), {"is_returning": True}, True),
    (IsReturning(negated=True), {"is_returning": True}, False),
    (OnPage((NamedPage(1),), ("00010001",)), {"page_path": "00010001"}, True),
    (OnPage((NamedPage(1),), ("00010001",)), {"page_path": "000100010001"}, False),
    (OnPage((NamedPage(1),), ("00010001",), True), {"page_path": "000100010001"}, True),
    (OnPage((NamedPage(1),), ("00010001",), True), {"page_path": ""}, False),
    (FromCountry(frozenset({"JP"})), {"country": "JP"}, True),
    (FromCountry(frozenset({"JP"}), negated=True), {"country": ""}, True),
    (ReadsIn("ja"), {}, True),
    (ReadsIn("en"), {}, False),
]


@pytest.mark.parametrize(("rule", "visit", "expected"), FIT)
def test_a_visit_fits(rule, visit, expected):
    assert holds(rule, **visit) is expected


def at(hour, minute=0, day=0):
    return {"now": datetime.datetime(2026, 11, 23 + day, hour, minute, 59, 999)}


TIMES = [
    (AtTime(weekdays=frozenset({0})), at(0), True),
    (AtTime(weekdays=frozenset({0})), at(0, day=1), False),
    (AtTime(datetime.time(9), datetime.time(17)), at(9), True),
    (AtTime(datetime.time(9), datetime.time(17)), at(8, 59), False),
    (AtTime(datetime.time(9), datetime.time(17)), at(16, 59), True),
    (AtTime(datetime.time(9), datetime.time(17)), at(17), False),
    (AtTime(end=datetime.time(12)), at(11, 59), True),
    (AtTime(start=datetime.time(12)), at(23, 59), True),
    # From Monday evening into Tuesday's early hours.
    (AtTime(datetime.time(22), datetime.time(2), frozenset({0})), at(23), True),
    (AtTime(datetime.time(22), datetime.time(2), frozenset({0})), at(1, 59, day=1), True),
    (AtTime(datetime.time(22), datetime.time(2), frozenset({0})), at(2, day=1), False),
    (AtTime(datetime.time(22), datetime.time(2), frozenset({0})), at(1), False),
    (AtTime(datetime.time(22), datetime.time(2)), at(12), False),
]


@pytest.mark.parametrize(("rule", "visit", "expected"), TIMES)
def test_hours_and_days(rule, visit, expected):
    assert holds(rule, **visit) is expected


def test_without_a_visit_no_rule_about_one_holds():
    for rule, _visit, _expected in FIT:
        assert rule.holds(Person(pk=1, now=timezone.now())) is False


PHONE, NIGHT = OnDevice("device", ("phone",)), AtTime(start=datetime.time(22))
BUYS, READS = Did("purchase"), HasStatus("registered")


def group(match, *rules):
    return Group(match, rules)


SPLIT = [
    (group("all", BUYS, READS), group("all", BUYS, READS), None),
    (group("any", PHONE, NIGHT), None, group("any", PHONE, NIGHT)),
    (group("all", BUYS, PHONE), group("all", BUYS), group("all", PHONE)),
    (
        group("all", BUYS, group("all", READS, PHONE), group("any", PHONE, NIGHT)),
        group("all", BUYS, READS),
        group("all", PHONE, group("any", PHONE, NIGHT)),
    ),
    (
        group("none", BUYS, group("any", READS, PHONE)),
        group("all", group("none", BUYS), group("none", READS)),
        group("all", group("none", PHONE)),
    ),
    (group("any", group("all", BUYS, PHONE)), group("all", BUYS), group("all", PHONE)),
]


@pytest.mark.parametrize(("rule", "people", "visit"), SPLIT)
def test_the_part_about_people_and_the_part_about_the_visit(rule, people, visit):
    assert split(rule) == (people, visit)


@pytest.mark.parametrize(
    "rule",
    [
        group("any", BUYS, PHONE),
        group("all", READS, group("any", BUYS, PHONE)),
        group("none", group("all", BUYS, PHONE)),
    ],
)
def test_alternatives_of_both_cannot_be_taken_apart(rule):
    with pytest.raises(MixedVisit):
        split(rule)


def test_taken_apart_they_say_the_same():
    """Every combination of what a person did and how they visit."""
    for rule, _people, _visit in SPLIT:
        for buys in (True, False):
            for phone in ("phone", "computer"):
                for hour in (12, 23):
                    person = Person(
                        pk=1,
                        now=timezone.now(),
                        status="registered",
                        totals={"purchase": [bought()]} if buys else {},
                        visit=Visit(device={"device": phone}, **at(hour)),
                    )
                    parts = [part for part in split(rule) if part is not None]
                    assert rule.holds(person) is all(part.holds(person) for part in parts)


def bought():
    return Total(0, "", site_today(), 1, 0)


SENTENCES = [
    (PHONE, "who visit with a phone", "スマートフォンで見ている"),
    (
        CameFrom("referrer", "is", "instagram.com"),
        "who were led here by the site “instagram.com”",
        "サイト「instagram.com」から来ている",
    ),
    (IsReturning(negated=True), "who are here for the first time", "今回が初めての"),
    (
        AtTime(datetime.time(9), datetime.time(17), frozenset({5, 6})),
        "who visit on Saturday or Sunday between 09:00 and 17:00",
        "土曜日または日曜日の09:00～17:00に見ている",
    ),
    (NIGHT, "who visit from 22:00", "22:00以降に見ている"),
    (AtTime(end=datetime.time(9)), "who visit before 09:00", "09:00より前に見ている"),
    (AtTime(weekdays=frozenset({0})), "who visit on Monday", "月曜日に見ている"),
    (FromCountry(frozenset({"JP"})), "who visit from JP", "JPから見ている"),
]


@pytest.mark.parametrize(("rule", "english", "japanese"), SENTENCES)
def test_sentences(rule, english, japanese):
    with override("en"):
        assert rule.sentence() == english
    with override("ja"):
        assert rule.sentence() == japanese


def test_a_broken_rule_is_not_about_the_visit():
    assert split(group("all", Broken("gone"), PHONE))[0] == group("all", Broken("gone"))
