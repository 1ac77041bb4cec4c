"""The three answers that have to agree."""

from tests.segments.factories import members_of
from wagtail_crm.members.models import Member
from wagtail_crm.segments.evaluation import matching
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.people import load_people


def agreed(segment):
    """Who is in a segment: asked as a set, one by one, and as it was kept up; all the same."""
    segment = Segment.objects.get(pk=segment.pk)
    rule = segment.rule
    as_set = set(matching(rule).values_list("pk", flat=True))
    present = Member.objects.present().values_list("pk", flat=True)
    people = load_people(list(present), rule.reads()) if not rule.problems() else {}
    assert {pk for pk, person in people.items() if rule.holds(person)} == as_set, segment.sentence
    assert members_of(segment) == as_set, segment.sentence
    assert segment.size == len(as_set)
    return as_set
