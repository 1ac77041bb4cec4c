"""The editor of a segment, used as a browser uses it."""

import pytest
from django.urls import reverse

from tests.members.factories import make_member
from tests.segments.factories import (
    attribute,
    behaviour,
    in_segment,
    make_segment,
    members_of,
    purchase,
    record,
)
from tests.segments.posting import ENGLISH, posted
from wagtail_crm.segments.models import Segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


class TestSaving:
    def test_draft_then_publish(self, chief, client):
        member = make_member()
        record(member, "purchase")
        add = reverse("crm_segment:add")
        client.post(add, posted(purchase(), name="Buyers"), **ENGLISH)
        segment = Segment.objects.get(name="Buyers")
        assert (segment.live, members_of(segment)) == (False, set())
        edit = reverse("crm_segment:edit", args=[segment.pk])
        data = posted(purchase(), name="Buyers", **{"action-publish": "1"})
        client.post(edit, data, **ENGLISH)
        segment.refresh_from_db()
        assert (segment.live, segment.size, members_of(segment)) == (True, 1, {member.pk})

    def test_changing_a_live_segment_waits_for_publishing(self, chief, client):
        member = make_member()
        segment = make_segment(name="All")
        edit = reverse("crm_segment:edit", args=[segment.pk])
        client.post(edit, posted(purchase(), name="All"), **ENGLISH)
        assert members_of(segment) == {member.pk}
        client.post(edit, posted(purchase(), name="All", **{"action-publish": "1"}), **ENGLISH)
        assert members_of(segment) == set()

    def test_half_finished_draft_is_kept(self, chief, client, prefecture):
        add = reverse("crm_segment:add")
        client.post(add, posted(attribute(prefecture, "is", ""), name="Half"), **ENGLISH)
        segment = Segment.objects.get(name="Half")
        data = posted(attribute(prefecture, "is", ""), name="Half", **{"action-publish": "1"})
        client.post(reverse("crm_segment:edit", args=[segment.pk]), data, **ENGLISH)
        segment.refresh_from_db()
        assert segment.live is False

    def test_circle_is_refused(self, chief, client):
        first = make_segment(name="First")
        second = make_segment(in_segment(first), name="Second")
        edit = reverse("crm_segment:edit", args=[first.pk])
        response = client.post(edit, posted(in_segment(second), name="First"), **ENGLISH)
        assert response.context["form"].errors["rules"] == [
            "A segment cannot depend on itself: “First” → “Second” → “First”. "
            "Remove one of these rules."
        ]

    def test_copy_is_a_new_segment_and_needs_a_name_of_its_own(self, chief, client):
        segment = make_segment(behaviour("login"), name="Fans")
        copy = client.get(reverse("crm_segment:copy", args=[segment.pk]), **ENGLISH)
        add = reverse("crm_segment:add")
        assert copy.context["action_url"] == add
        response = client.post(add, posted(behaviour("login"), name="Fans"), **ENGLISH)
        assert "name" in response.context["form"].errors
        client.post(add, posted(behaviour("login"), name="More fans"), **ENGLISH)
        assert Segment.objects.filter(name="More fans").count() == 1

    def test_nobody_writes_over_a_segment_by_copying_it(self, editor, client):
        segment = make_segment(behaviour("login"), name="Fans")
        editor("add", "view")
        address = reverse("crm_segment:copy", args=[segment.pk])
        assert client.post(address, posted(purchase(), name="Mine"), **ENGLISH).status_code == 405
        assert Segment.objects.get().name == "Fans"

    def test_editor_has_the_panel_and_no_inline_script(self, chief, client):
        html = client.get(reverse("crm_segment:add"), **ENGLISH).content.decode()
        assert 'data-crm-segment-count-url-value="/admin/crm/segment/count/"' in html
        assert html.count("wagtail_crm/segments/editor.js") == 1
        assert html.count("wagtail_crm/segments/admin.css") == 1
        assert 'data-side-panel="crm-count"' in html
