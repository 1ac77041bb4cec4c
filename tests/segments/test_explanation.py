"""Why somebody is in a segment: each rule with its answer and its events."""

import pytest

from tests.members.factories import make_attribute, make_member
from tests.segments.factories import attribute, behaviour, group, make_segment, record
from wagtail_crm.members import actions as members
from wagtail_crm.segments.explanation import explain
from wagtail_crm.tracking.models import Event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("in_english")]


def answers(finding):
    """The tree as (holds, [answers of the parts])."""
    return finding.holds, [answers(part) for part in finding.parts]


def test_each_clause_has_its_answer(prefecture):
    member = make_member()
    members.update_member(member=member, attributes={"prefecture": "Osaka"})
    record(member, "purchase")
    rules = [
        behaviour("purchase"),
        group("any", attribute(prefecture, "is", "Tokyo"), behaviour("login")),
        group("none", behaviour("search")),
    ]
    finding = explain(make_segment(*rules).rule, member)
    assert answers(finding) == (
        False,
        [(True, []), (False, [(False, []), (False, [])]), (True, [(False, [])])],
    )
    assert [part.match for part in finding.parts] == [None, "any", "none"]


def test_evidence_is_what_the_rule_counts_newest_first(shop):
    _shop, baking, bread = shop
    member = make_member()
    old, new = record(member, page=bread, days_ago=3), record(member, page=baking)
    record(member, page=bread, days_ago=20)
    record(member, kind="login")
    record(make_member(), page=bread)
    finding = explain(make_segment(behaviour(pages=[baking], days=7)).rule, member)
    assert [event.pk for event in finding.parts[0].evidence] == [new.id, old.id]
    assert (finding.holds, finding.parts[0].holds) == (True, True)


def test_nothing_done_has_no_evidence():
    member = make_member()
    rule = make_segment(behaviour("login", comparison="at_most", times=0)).rule
    assert [part.evidence for part in explain(rule, member).parts] == [()]
    assert Event.objects.count() == 0


def test_what_only_the_database_can_compare():
    make_attribute("city", type="text")
    city = attribute("city", "contains", "ÉCOLE")
    member = make_member()
    members.update_member(member=member, attributes={"city": "ÉCOLE 12"})
    assert explain(make_segment(city).rule, member).holds is True


def test_rule_that_no_longer_works_says_why(shop):
    member = make_member()
    segment = make_segment(behaviour(pages=[shop[1]]))
    shop[1].delete()
    segment.refresh_from_db()
    finding = explain(segment.rule, member)
    assert (finding.holds, len(finding.parts[0].problems)) == (False, 1)


@pytest.mark.parametrize(
    ("match", "did", "expected"),
    [("all", True, None), ("all", False, False), ("none", True, False), ("none", False, None)],
)
def test_what_depends_on_the_visit_is_left_open(match, did, expected):
    member = make_member()
    if did:
        record(member, "purchase")
    phone = "visit_device", {"devices": ["phone"]}
    finding = explain(make_segment(behaviour("purchase"), phone, match=match).rule, member)
    assert finding.holds is expected
    assert [part.holds for part in finding.parts] == [did, None]
