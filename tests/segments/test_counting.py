"""How many people some rules mean: exactly, or about, or not at all when that takes too long."""

from dataclasses import dataclass

import pytest
from django.db import connection, transaction
from django.db.models import Q
from django.db.models.expressions import RawSQL

from tests.members.factories import make_member
from tests.tracking.test_patience import FOR_EVER, setting
from wagtail_crm.segments.counting import _conclude, count
from wagtail_crm.segments.planning import answered_as_sets
from wagtail_crm.segments.rules.base import EVERYBODY, Dependencies, Scope, WordedRule
from wagtail_crm.segments.rules.groups import Group
from wagtail_crm.segments.rules.people import HasStatus
from wagtail_crm.segments.rules.person import Person
from wagtail_crm.segments.rules.words import Clause
from wagtail_crm.tracking.patience import TookTooLong

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Slow(WordedRule):
    """Asks something that takes for ever."""

    def condition(self, scope: Scope) -> Q:
        return Q(pk__in=RawSQL(FOR_EVER[connection.vendor], ()))

    def holds(self, person: Person) -> bool:
        return False

    def dependencies(self) -> Dependencies:
        return Dependencies()

    def clause(self) -> Clause:
        return Clause("who take long")


@dataclass(frozen=True)
class Everybody(Slow):
    def condition(self, scope: Scope) -> Q:
        return EVERYBODY


def test_a_count_that_takes_long_is_cut_off(settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"COUNT_TIMEOUT": 0.1}
    make_member()

    with pytest.raises(TookTooLong):
        count(Group("all", (Slow(),)))

    assert count(Group("all", (Everybody(),))).size == 1


@pytest.mark.parametrize(
    ("found", "asked", "total", "concluded"),
    [
        (0, 5000, 1_000_000, (0, 560)),
        (200, 5000, 1_000_000, (40_000, 5_500)),
        (2500, 5000, 1_000_000, (500_000, 14_000)),
        (5000, 5000, 1_000_000, (1_000_000, 560)),
        (3, 4, 4, (3, 2)),
    ],
)
def test_an_estimate_says_how_near_it_is(found, asked, total, concluded):
    assert _conclude(found, asked, total) == concluded


@pytest.mark.postgresql
def test_only_the_question_itself_is_answered_as_sets():
    make_member()

    count(Group("all", (HasStatus("registered"),)))

    assert setting("enable_nestloop") == "on"
    with transaction.atomic(), answered_as_sets("default"):
        assert setting("enable_nestloop") == "off"
