"""The segments that benchmarks ask about are such as an editor can make."""

import pytest

from benchmarks.crowd import people, tree
from benchmarks.segments.population import SHARES, Population
from benchmarks.segments.ten_rules import rules
from wagtail_crm.segments.models import Segment

pytestmark = pytest.mark.django_db

# With all kinds among them; the number is of this seed.
SEED, ENOUGH = 5, 60


@pytest.fixture
def shop(monkeypatch):
    monkeypatch.setattr(tree, "SHELVES", 1)
    people.define_attributes()
    people.make_tags()
    return tree.plant()


def test_every_kind_of_segment_can_be_asked(shop):
    segments = list(Population(SEED).segments(ENOUGH))

    assert {segment.name.split()[0] for segment in segments} == set(SHARES)
    assert [problem for segment in segments for problem in segment.rule.problems()] == []


def test_ten_rules_can_be_asked(shop):
    assert Segment(name="Ten rules", match="all", rules=rules()).rule.problems() == []
