"""In which segments somebody is while they visit, asked through real requests."""

import datetime
import uuid

import pytest
from django.core.cache import caches
from django.db import OperationalError, connection
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import reverse
from django.utils import timezone

from tests.members.factories import make_registered_member
from tests.segments.factories import (
    attribute,
    behaviour,
    group,
    in_segment,
    make_segment,
    members_of,
    stream,
)
from tests.segments.posting import ENGLISH, posted
from tests.tracking.factories import CHROME, IPHONE
from wagtail_crm.mail.recipients import available_segments, segments_of
from wagtail_crm.segments import compiled
from wagtail_crm.segments.audience import Audience, Viewer
from wagtail_crm.segments.histories import history_of
from wagtail_crm.segments.models import Segment
from wagtail_crm.tracking import actions as tracking
from wagtail_crm.tracking.context import Crm
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.serve import record_page_view
from wagtail_crm.tracking.touches import remember_touch, touch_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing", "in_english")]

PHONE = "visit_device", {"devices": ["phone"]}


def crm_of(visitor=None, user=None, agent=CHROME, path="/", consent=True, **headers):
    request = RequestFactory().get(path, headers={"user-agent": agent, **headers})
    if consent:
        request.COOKIES["crm_consent"] = "1:yes"
    if visitor:
        request.COOKIES["crm_visitor"] = str(visitor)
    if user is not None:
        request.user = user
    request.crm = Crm(request)
    return request.crm


def visited(visitor, kind="page_view", page=None, at=None, **fields):
    event = NewEvent(
        kind=kind,
        visitor_id=visitor,
        page_id=page.pk if page else 0,
        site_id=1,
        at=at or timezone.now(),
        **fields,
    )
    tracking.record_events(events=[event])


def with_details(name, comparison, value, **rule):
    kind, stored = behaviour(**rule)
    detail = {"name": name, "comparison": comparison, "value": value}
    return kind, stored | {"properties": [detail]}


class TestMembers:
    def test_membership_and_the_visit_must_both_fit(self):
        member = make_registered_member()
        segment = make_segment(("status", {"status": "registered"}), PHONE)
        assert members_of(segment) == {member.pk}
        assert segment.pk in crm_of(user=member.user, agent=IPHONE).segments
        assert segment.pk not in crm_of(user=member.user, agent=CHROME).segments

    def test_who_is_not_a_member_of_it_is_not_in_it(self):
        member = make_registered_member()
        segment = make_segment(behaviour("purchase"), PHONE)
        assert segment.pk not in crm_of(user=member.user, agent=IPHONE).segments

    def test_segment_about_the_visit_alone_has_no_members_and_is_for_anyone(self):
        member = make_registered_member()
        segment = make_segment(PHONE)
        assert (members_of(segment), segment.size) == (set(), 0)
        assert segment.pk in crm_of(user=member.user, agent=IPHONE).segments
        assert segment.pk in crm_of(agent=IPHONE, consent=False).segments
        assert segment.pk not in crm_of(agent=CHROME, consent=False).segments

    def test_plain_segments_cost_no_query(self, django_assert_num_queries):
        member = make_registered_member()
        segment, other = make_segment(), make_segment(behaviour("purchase"))
        assert segment.pk in crm_of(user=member.user).segments
        compiled.lately_live_segments()
        with django_assert_num_queries(0):
            segments = crm_of(user=member.user).segments
            assert (segment.pk in segments, other.pk in segments) == (True, False)


class TestVisitors:
    """Browsers without an account that agreed to be remembered."""

    def test_what_they_did_counts_before_they_register(self, shop):
        _shop, baking, bread = shop
        segment = make_segment(behaviour(pages=[baking], times=2, days=7))
        visitor = uuid.uuid4()
        visited(visitor, page=bread)
        assert segment.pk not in crm_of(visitor).segments
        visited(visitor, page=bread)
        assert segment.pk in crm_of(visitor).segments
        assert segment.pk not in crm_of(uuid.uuid4()).segments

    def test_one_cached_read_and_no_query(self, django_assert_num_queries, shop):
        segment = make_segment(behaviour(pages=[shop[1]]))
        visitor = uuid.uuid4()
        visited(visitor, page=shop[2])
        assert segment.pk in crm_of(visitor).segments
        with django_assert_num_queries(0):
            assert segment.pk in crm_of(visitor).segments

    def test_a_page_that_knows_what_they_did_is_kept_from_shared_caches(self):
        segment = make_segment(behaviour("search"))
        visitor = uuid.uuid4()
        visited(visitor, "search")
        for crm, is_in in ((crm_of(visitor), True), (crm_of(uuid.uuid4()), False)):
            assert (segment.pk in crm.segments, crm.is_private) == (is_in, True)

    def test_the_record_that_was_lost_is_made_again(self, settings):
        segment = make_segment(behaviour("search"))
        visitor = uuid.uuid4()
        visited(visitor, "search")
        caches[settings.WAGTAIL_CRM.get("CACHE_ALIAS", "default")].clear()
        assert segment.pk in crm_of(visitor).segments

    def test_details_of_what_they_did_count_as_well(self, shop):
        _shop, baking, bread = shop
        on_phone, on_computer, twice = [
            make_segment(with_details(*test, pages=[baking], times=times))
            for *test, times in (
                ("device", "is", "phone", 1),
                ("device", "is", "computer", 1),
                ("touch.utm_source", "contains", "LETTER", 2),
            )
        ]
        visitor = uuid.uuid4()
        visited(visitor, page=bread, data={"device": "phone", "touch": {"utm_source": "letter"}})
        visited(visitor, "search", data={"device": "computer"})
        assert set(crm_of(visitor).segments) == {on_phone.pk}
        visited(visitor, data={"device": "computer"})
        assert set(crm_of(visitor).segments) == {on_phone.pk}
        visited(visitor, page=bread, data={"touch": {"utm_source": "letters"}})
        assert set(crm_of(visitor).segments) == {on_phone.pk, twice.pk}
        assert on_computer.pk not in crm_of(visitor).segments

    def test_the_record_holds_the_details_asked_for_and_no_more(self, django_assert_num_queries):
        make_segment(with_details("device", "is", "phone"))
        visitor = uuid.uuid4()
        facts = {"device": "phone", "os": "iOS"}
        visited(visitor, data=facts)
        visited(visitor, "search", data=facts)
        deeds = history_of(visitor).deeds
        assert {kind: [each.data for each in several] for kind, several in deeds.items()} == {
            "page_view": [{"device": "phone"}]
        }

        later = make_segment(with_details("os", "is", "iOS"))
        assert later.pk in crm_of(visitor).segments
        with django_assert_num_queries(0):
            assert later.pk in crm_of(visitor).segments

    def test_nothing_is_kept_of_a_browser_that_said_no(self, redis):
        make_segment(with_details("device", "is", "phone"))
        visitor = uuid.uuid4()
        visited(visitor, data={"device": "phone"})
        remember_touch(visitor, {"utm_source": "letters"})
        assert len(redis.keys(f"*{visitor}*")) == 2
        tracking.forget_visitor(visitor_id=visitor)
        assert redis.keys(f"*{visitor}*") == []

    def test_without_consent_nothing_of_what_they_did_is_asked(self):
        segment = make_segment(behaviour("search", comparison="at_most", times=0))
        visitor = uuid.uuid4()
        assert segment.pk in crm_of(visitor).segments
        assert segment.pk not in crm_of(visitor, consent=False).segments

    def test_who_they_are_is_not_known(self, prefecture):
        registered = make_segment(("status", {"status": "registered"}))
        not_tokyo = make_segment(attribute(prefecture, "is_not", "Tokyo"))
        segments = crm_of(uuid.uuid4()).segments
        assert (registered.pk in segments, not_tokyo.pk in segments) == (False, True)

    def test_a_rule_that_misses_something_is_for_nobody(self, prefecture):
        segment = make_segment(group("none", attribute(prefecture, "is", "Tokyo")))
        visitor = uuid.uuid4()
        assert segment.pk in crm_of(visitor).segments
        prefecture.delete()
        compiled.live_segments()
        assert segment.pk not in crm_of(visitor).segments

    def test_segments_of_segments(self):
        searchers = make_segment(behaviour("search"))
        others = make_segment(in_segment(searchers, "not_in"))
        visitor = uuid.uuid4()
        assert others.pk in crm_of(visitor).segments
        visited(visitor, "search")
        assert set(crm_of(visitor).segments) == {searchers.pk}

    def test_who_registers_takes_it_along(self):
        segment = make_segment(behaviour("search"))
        visitor, member = uuid.uuid4(), make_registered_member()
        visited(visitor, "search")
        tracking.link_visitor(visitor_id=visitor, member=member)
        assert members_of(segment) == {member.pk}
        assert segment.pk in crm_of(visitor, user=member.user).segments
        assert segment.pk not in crm_of(visitor).segments

    def test_a_machine_is_nobody(self):
        segment = make_segment(behaviour("search", comparison="at_most", times=0))
        assert segment.pk not in crm_of(uuid.uuid4(), agent="Googlebot/2.1").segments


class TestElsewhere:
    """Where there is no visit."""

    def test_mails_offer_and_count_only_what_is_decided_beforehand(self):
        member = make_registered_member()
        plain, on_phone = make_segment(), make_segment(("status", {"status": "registered"}), PHONE)
        assert members_of(on_phone) == {member.pk}
        assert list(available_segments()) == [plain]
        assert segments_of([member.pk]) == {member.pk: frozenset({plain.pk})}

    def test_other_segments_cannot_ask_for_it(self):
        make_registered_member()
        on_phone = make_segment(("status", {"status": "registered"}), PHONE)
        naming = make_segment(in_segment(on_phone))
        assert members_of(naming) == set()
        assert "asks about the visit" in naming.rule.problems()[0]

    def test_without_its_visit_rules_it_is_like_any_other(self):
        segment = make_segment(("status", {"status": "registered"}), PHONE)
        segment.rules = stream(("status", {"status": "registered"}))
        segment.save_revision().publish()
        assert list(available_segments()) == [segment]


class TestTheVisit:
    def test_new_and_returning(self):
        new = make_segment(("visit_returning", {"returning": "new"}))
        visitor = uuid.uuid4()
        assert new.pk in crm_of(None).segments
        visited(visitor)
        assert new.pk in crm_of(visitor).segments
        visited(visitor, at=timezone.now() - datetime.timedelta(days=1))
        assert new.pk not in crm_of(visitor).segments
        assert new.pk not in crm_of(user=make_registered_member().user).segments

    def test_where_they_came_from_lasts_for_the_visit(self):
        segment = make_segment(
            ("visit_source", {"name": "utm_source", "comparison": "is", "value": "letter"})
        )
        visitor = uuid.uuid4()
        first = crm_of(visitor, path="/?utm_source=letter")
        assert segment.pk in first.segments
        assert segment.pk not in crm_of(visitor).segments
        remember_touch(visitor, touch_of(first.request))
        assert segment.pk in crm_of(visitor).segments
        assert segment.pk not in crm_of(uuid.uuid4()).segments

    def test_the_page_they_look_at(self, shop):
        segment = make_segment(("visit_page", {"pages": [shop[1].pk], "below": True}))
        assert segment.pk not in crm_of().segments

        def draw(page, request, *arguments):
            return HttpResponse(str(segment.pk in request.crm.segments))

        assert record_page_view(draw)(shop[2], crm_of().request, [], {}).text == "True"

    def test_what_depends_on_the_visit_is_kept_from_shared_caches(self):
        phone, new = make_segment(PHONE), make_segment(("visit_returning", {"returning": "new"}))
        crm = crm_of(consent=False)
        assert phone.pk not in crm.segments
        assert (crm.varies_by_device, crm.is_private) == (True, False)
        assert new.pk in crm.segments
        assert crm.is_private is True

    def test_an_audience_asks_only_for_its_own_segments(self, monkeypatch):
        member = make_registered_member()
        mine, other = make_segment(), make_segment(PHONE)
        crm = crm_of(user=member.user, agent=IPHONE)
        viewer = Viewer.of_request(crm)
        assert Audience(segments=frozenset({mine.pk})).decide(viewer).shown is True
        assert crm.varies_by_device is False
        assert Audience(excluded=frozenset({other.pk})).decide(viewer).shown is False
        assert crm.varies_by_device is True


class TestEditor:
    def test_alternatives_of_member_and_visit_are_refused_with_a_sentence(self, client, chief):
        rules = [behaviour("purchase"), PHONE]
        form = posted(*rules, match="any", **{"action-publish": "1"})
        response = client.post(reverse("crm_segment:add"), form, **ENGLISH)
        assert "Make two segments of them" in response.content.decode()

    def test_every_rule_survives_a_round_trip(self):
        rules = [
            PHONE,
            ("visit_browser", {"part": "os", "names": "iOS, Android"}),
            ("visit_source", {"name": "referrer", "comparison": "set", "value": ""}),
            ("visit_parameter", {"name": "gift", "comparison": "is", "value": "1"}),
            ("visit_time", {"weekdays": ["0", "6"], "start": "22:00:00", "end": "02:00:00"}),
            ("visit_returning", {"returning": "back"}),
            ("visit_country", {"comparison": "from", "countries": "JP, US"}),
            ("visit_language", {"language": "ja"}),
        ]
        segment = make_segment(*rules, group("any", PHONE))
        again = type(segment).objects.get(pk=segment.pk)
        assert again.rule == segment.rule
        assert again.rule.problems() == []


class TestFaults:
    """A page never fails because its segments cannot be known."""

    @staticmethod
    def away(execute, sql, params, many, context):
        raise OperationalError("the database is away")

    def test_without_database_a_browser_has_no_history(self, caplog):
        segment = make_segment(behaviour("search"))
        crm = crm_of(uuid.uuid4())
        with connection.execute_wrapper(self.away):
            assert segment.pk not in crm.segments
        assert "Nothing is known of the browser" in caplog.text

    def test_without_database_the_segments_read_last_are_asked(self, caplog, monkeypatch):
        segment = make_segment(PHONE)
        monkeypatch.setattr(compiled, "FRESH_FOR", -1.0)
        with connection.execute_wrapper(self.away):
            assert segment.pk in crm_of(consent=False, agent=IPHONE).segments
        assert "the segments that were read last" in caplog.text


class TestFreshness:
    """What pages believe is a few seconds old; then one row tells whether anything changed."""

    @pytest.fixture(autouse=True)
    def _old(self, monkeypatch):
        monkeypatch.setattr(compiled, "FRESH_FOR", -1.0)

    def test_one_row_however_many_segments(self, django_assert_num_queries):
        for _number in range(3):
            make_segment(PHONE)
        compiled.live_segments()
        with django_assert_num_queries(1):
            assert len(compiled.lately_live_segments().segments) == 3

    def test_what_another_process_changed_is_seen(self):
        kept, gone, changed = make_segment(PHONE), make_segment(PHONE), make_segment(PHONE)
        compiled.live_segments()
        Segment.objects.filter(pk=gone.pk).update(live=False)
        assert set(compiled.lately_live_segments().by_id) == {kept.pk, changed.pk}
        Segment.objects.filter(pk=changed.pk).update(
            changed_at=timezone.now(), rules=stream(("visit_returning", {"returning": "new"}))
        )
        visit = compiled.lately_live_segments().by_id[changed.pk].visit
        assert visit == Segment.objects.get(pk=changed.pk).rule
