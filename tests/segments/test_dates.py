"""Dates near today: leap days, time zones, clocks that change, and the index that finds whom."""

import datetime
from zoneinfo import ZoneInfo

import pytest
from django.db import connection

from tests.members.factories import make_attribute, make_member
from wagtail_crm.members.models import Member
from wagtail_crm.segments.evaluation import matching
from wagtail_crm.segments.people import load_people
from wagtail_crm.segments.rules.attribute_dates import DateNear, marks
from wagtail_crm.segments.rules.base import Scope
from wagtail_crm.segments.rules.windows import Period
from wagtail_crm.segments.rules.zones import day_in

pytestmark = pytest.mark.django_db

NEW_YORK, TOKYO = "America/New_York", "Asia/Tokyo"


def at(zone, *numbers):
    return datetime.datetime(*numbers, tzinfo=ZoneInfo(zone))


@pytest.fixture
def born(db):
    return make_attribute("born", type="date")


def celebrating(rule, now):
    """Who matches, asked as a set and one by one."""
    in_sql = set(matching(rule, Scope(now=now)).values_list("pk", flat=True))
    people = load_people(list(Member.objects.values_list("pk", flat=True)), rule.reads(), now)
    assert {pk for pk, person in people.items() if rule.holds(person)} == in_sql
    return in_sql


def due(rule, since, until):
    return {pk for found in rule.falling_due(Period(since, until)) for pk in found}


class TestLeapDays:
    @pytest.mark.parametrize(
        ("now", "is_today"),
        [
            ((2027, 2, 27, 12), False),
            ((2027, 2, 28, 12), True),
            ((2027, 3, 1, 12), False),
            ((2028, 2, 28, 12), False),
            ((2028, 2, 29, 12), True),
            ((2028, 3, 1, 12), False),
        ],
    )
    def test_february_29_is_celebrated_on_the_28th_in_years_without_one(self, born, now, is_today):
        leap = make_member(attributes={"born": "2000-02-29"})
        rule = DateNear(born, "anniversary", 1)
        assert celebrating(rule, at(TOKYO, *now)) == ({leap.pk} if is_today else set())

    def test_the_28th_itself_is_celebrated_every_year(self, born):
        member = make_member(attributes={"born": "2001-02-28"})
        rule = DateNear(born, "anniversary", 1)
        for year in (2027, 2028):
            assert celebrating(rule, at(TOKYO, year, 2, 28, 12)) == {member.pk}

    def test_across_the_end_of_the_year(self, born):
        member = make_member(attributes={"born": "1999-01-02"})
        rule = DateNear(born, "anniversary", 7)
        assert celebrating(rule, at(TOKYO, 2027, 12, 27, 12)) == {member.pk}
        assert celebrating(rule, at(TOKYO, 2027, 12, 26, 12)) == set()

    def test_a_whole_year_has_every_day(self):
        assert len(marks(datetime.date(2026, 3, 1), datetime.date(2027, 3, 1))) == 366

    def test_who_is_due(self, born):
        leap, eve, other = (
            make_member(attributes={"born": date})
            for date in ("1996-02-29", "2003-02-28", "1999-03-02")
        )
        rule = DateNear(born, "anniversary", 1)
        start = at(TOKYO, 2027, 2, 27, 12)
        one_day = datetime.timedelta(days=1)
        assert due(rule, start, start + one_day) == {leap.pk, eve.pk}
        assert due(rule, start + one_day, start + 2 * one_day) == {leap.pk, eve.pk}
        assert due(rule, start + 2 * one_day, start + 3 * one_day) == {other.pk}


class TestZones:
    def test_today_is_the_members_own(self, born):
        zones = ("Pacific/Kiritimati", "", NEW_YORK, "Pacific/Pago_Pago", "Not/A_Zone")
        members = [make_member(attributes={"born": "1990-05-03"}, time_zone=zone) for zone in zones]
        there, here, east, _last, unknown = (member.pk for member in members)
        rule = DateNear(born, "anniversary", 1)
        # May 3 has begun fourteen hours before UTC; where the site is, nine hours.
        assert celebrating(rule, at("UTC", 2027, 5, 2, 11)) == {there}
        assert celebrating(rule, at("UTC", 2027, 5, 2, 15)) == {there, here, unknown}
        # On the last island it is still May 2, and on the first already May 4.
        assert celebrating(rule, at("UTC", 2027, 5, 3, 10, 30)) == {here, east, unknown}

    def test_each_zone_is_due_at_its_own_midnight(self, born):
        here = make_member(attributes={"born": "1990-05-03"})
        away = make_member(attributes={"born": "1990-05-03"}, time_zone=NEW_YORK)
        rule = DateNear(born, "anniversary", 1)
        midnight, there = at(TOKYO, 2027, 5, 3), at(NEW_YORK, 2027, 5, 3)
        quarter = datetime.timedelta(minutes=15)
        assert due(rule, midnight - quarter, midnight) == {here.pk}
        assert due(rule, there - quarter, there) == {away.pk}
        assert due(rule, midnight, there - quarter) == set()

    @pytest.mark.parametrize(
        ("zone", "day"),
        [
            (NEW_YORK, (2027, 3, 14)),  # 23 hours
            (NEW_YORK, (2027, 11, 7)),  # 25 hours
            ("Africa/Cairo", (2027, 4, 30)),  # begins at one o'clock: there is no midnight
            ("Australia/Lord_Howe", (2027, 10, 3)),  # half an hour
        ],
    )
    def test_days_on_which_clocks_change_are_whole(self, born, zone, day):
        date = datetime.date(*day)
        member = make_member(attributes={"born": date.isoformat()}, time_zone=zone)
        rule = DateNear(born, "in_next", 1)
        start = datetime.datetime(*day, tzinfo=datetime.UTC) - datetime.timedelta(hours=16)
        hours = [start + datetime.timedelta(hours=number) for number in range(50)]
        inside = [moment for moment in hours if day_in(zone, moment) == date]
        for earlier, later in zip(hours, hours[1:], strict=False):
            is_in = celebrating(rule, later) == {member.pk}
            assert is_in is (later in inside)
            changed = (earlier in inside) is not (later in inside)
            assert due(rule, earlier, later) == ({member.pk} if changed else set())

    def test_a_day_that_a_zone_left_out(self, born):
        """Samoa went from December 29 to 31 in 2011."""
        member = make_member(attributes={"born": "2011-12-30"}, time_zone="Pacific/Apia")
        rule = DateNear(born, "in_last", 1)
        eve, next_day = at("UTC", 2011, 12, 30, 9), at("UTC", 2011, 12, 30, 11)
        assert day_in("Pacific/Apia", next_day) - day_in("Pacific/Apia", eve) == (
            datetime.timedelta(days=2)
        )
        assert celebrating(rule, eve) == celebrating(rule, next_day) == set()
        assert member.pk in due(DateNear(born, "in_last", 5), eve, next_day)


class TestWhatIsNear:
    def test_today_is_one_of_the_days(self, born):
        dates = ["2027-05-01", "2027-05-02", "2027-05-03", "2027-05-04", "2027-05-05"]
        pks = [make_member(attributes={"born": date}).pk for date in dates]
        now = at(TOKYO, 2027, 5, 3, 12)
        assert celebrating(DateNear(born, "in_last", 2), now) == {pks[1], pks[2]}
        assert celebrating(DateNear(born, "in_next", 2), now) == {pks[2], pks[3]}
        assert celebrating(DateNear(born, "in_last", 2, negated=True), now) == {
            pks[0], pks[3], pks[4]
        }  # fmt: skip

    def test_what_is_no_date_is_never_near(self, born):
        values = [20270503, "May 3", None, ["2027-05-03"], "2027-05-03T00:00", True]
        for value in values:
            make_member(attributes={"born": value})
        assert celebrating(DateNear(born, "in_last", 36_500), at(TOKYO, 2027, 5, 3, 12)) == set()

    def test_as_far_as_the_calendar_goes(self, born):
        member = make_member(attributes={"born": "0001-01-01"})
        now = at(TOKYO, 27, 5, 3, 12)
        assert celebrating(DateNear(born, "in_last", 36_500), now) == {member.pk}


@pytest.mark.postgresql
def test_who_is_due_is_found_by_the_index(born):
    Member.objects.bulk_create(
        [
            Member(attributes={"born": f"19{50 + n % 50}-{1 + n % 12:02}-{1 + n % 28:02}"})
            for n in range(4_000)
        ]
    )
    midnight = at(TOKYO, 2027, 5, 3)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE wagtail_crm_members_member")
    for when in ("in_last", "in_next", "anniversary"):
        period = Period(midnight - datetime.timedelta(minutes=15), midnight)
        (found,) = DateNear(born, when, 30).falling_due(period)
        assert "crm_member_dates" in found.explain()
