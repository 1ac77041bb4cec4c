"""How the size of a segment moved, kept by day and drawn by week."""

import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.members.factories import make_member
from tests.segments.factories import behaviour, make_segment
from tests.segments.posting import ENGLISH
from wagtail_crm.segments import actions, tasks
from wagtail_crm.segments.models import Segment, SegmentSize
from wagtail_crm.segments.rules.person import site_today
from wagtail_crm.segments.trend import trends_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


def days_ago(days):
    return site_today() - datetime.timedelta(days=days)


def remember(segment, **sizes_by_days_ago):
    for ago, size in sizes_by_days_ago.items():
        SegmentSize.objects.create(segment=segment, day=days_ago(int(ago[1:])), size=size)


def points(segment):
    return [(site_today() - day).days for day, _size in trend(segment).points], [
        size for _day, size in trend(segment).points
    ]


def trend(segment):
    return trends_of([segment])[segment.pk]


def sizes(segment):
    return list(segment.sizes.order_by("day").values_list("day", "size"))


class TestRecording:
    def test_counting_a_segment_notes_its_size_of_today_once(self):
        make_member()
        segment = make_segment()
        assert sizes(segment) == [(site_today(), 1)]

        make_member()
        actions.refresh_segment(segment=segment)

        assert sizes(segment) == [(site_today(), 2)]

    def test_the_periodic_job_notes_all_live_segments_in_one_statement(self):
        live, other = make_segment(), make_segment(behaviour("login"))
        draft = make_segment(publish=False)
        SegmentSize.objects.all().delete()
        make_member()

        with CaptureQueriesContext(connection) as queries:
            actions.record_sizes()

        assert len(queries) == 1
        assert (sizes(live), sizes(other), sizes(draft)) == (
            [(site_today(), 1)],
            [(site_today(), 0)],
            [],
        )

    def test_the_job_is_the_one_that_runs_anyway(self):
        segment = make_segment()
        remember(segment, d1=5)
        SegmentSize.objects.filter(day=site_today()).delete()

        tasks.refresh_timed()

        assert sizes(segment) == [(days_ago(1), 5), (site_today(), 0)]

    def test_what_is_not_counted_yet_has_no_size(self):
        segment = make_segment()
        Segment.objects.update(refreshed_at=None)
        SegmentSize.objects.all().delete()

        actions.record_sizes()

        assert sizes(segment) == []


class TestTrend:
    def test_a_new_segment_has_none(self):
        assert not trend(make_segment())
        assert not trend(make_segment(publish=False))

    def test_the_first_weeks_are_shown_by_day_and_gaps_keep_their_size(self):
        segment = make_segment()
        remember(segment, d4=10, d2=12)

        assert points(segment) == ([4, 3, 2, 1, 0], [10, 10, 12, 12, 0])

    def test_later_there_is_a_point_for_each_week(self):
        segment = make_segment()
        remember(segment, d90=1, d30=2, d15=3, d7=4)

        assert points(segment) == ([28, 21, 14, 7, 0], [2, 2, 3, 4, 0])

    def test_the_line_fits_its_frame(self):
        segment = make_segment()
        remember(segment, d2=10, d1=20)

        assert trend(segment).line == "0.0,10.0 36.0,1.0 72.0,19.0"


class TestScreens:
    def test_the_list_draws_each_trend_with_one_query(self, chief, client):
        asked = []
        for more in (1, 2):
            for _number in range(more):
                remember(make_segment(), d7=3)
            client.get(reverse("crm_segment:list"))
            with CaptureQueriesContext(connection) as queries:
                html = client.get(reverse("crm_segment:list"), **ENGLISH).content.decode()
            asked.append(len(queries))
        assert asked[0] == asked[1]
        assert html.count("crm-sparkline") == 3
        day = days_ago(7)
        assert f'aria-label="3 on {day:%B} {day.day}, 0 today"' in html

    @pytest.mark.parametrize("screen", ["edit", "inspect"])
    def test_the_segments_own_screens_draw_it_large(self, chief, client, screen):
        segment = make_segment()
        remember(segment, d7=3)

        html = client.get(
            reverse(f"crm_segment:{screen}", args=[segment.pk]), **ENGLISH
        ).content.decode()

        assert html.count('data-crm-chart-type-value="line"') == 1
        assert html.count("wagtail_crm/charts.js") == 1

    def test_the_editor_of_a_new_segment_says_when_there_will_be_one(self, chief, client):
        url = reverse("crm_segment:edit", args=[make_segment().pk])

        assert "The trend is drawn from tomorrow on" in client.get(url, **ENGLISH).content.decode()
