"""Segments that are used stay."""

import pytest
from django.urls import reverse
from wagtail.models import ReferenceIndex

from tests.segments.factories import (
    group,
    in_segment,
    make_segment,
)
from tests.segments.posting import ENGLISH
from wagtail_crm.segments.models import Segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


class TestDeleting:
    def test_used_segment_stays_and_its_use_is_shown(self, chief, client):
        used = make_segment(name="Used")
        make_segment(in_segment(used), name="User")
        url = reverse("crm_segment:delete", args=[used.pk])
        for send in (client.get, client.post):
            response = send(url, **ENGLISH)
            assert response.url == reverse("crm_segment:usage", args=[used.pk])
        html = client.get(response.url, **ENGLISH).content.decode()
        assert (
            "“Used” is used in 1 place and was not deleted. Remove it there first, or unpublish it."
            in html
        )
        assert "User" in html
        assert Segment.objects.filter(pk=used.pk).exists()

    def test_unused_segment_goes(self, chief, client):
        segment = make_segment()
        url = reverse("crm_segment:delete", args=[segment.pk])
        assert client.get(url).status_code == 200
        client.post(url)
        assert Segment.objects.count() == 0

    def test_in_bulk_nothing_goes_when_one_is_used(self, chief, client):
        used = make_segment(name="Used")
        make_segment(in_segment(used), name="User")
        free = make_segment(name="Free")
        url = reverse("wagtail_bulk_action", args=["wagtail_crm_segments", "segment", "delete"])
        client.post(f"{url}?id={used.pk}&id={free.pk}&next=/admin/", **ENGLISH)
        assert set(Segment.objects.values_list("name", flat=True)) == {"Used", "User", "Free"}
        client.post(f"{url}?id={free.pk}&next=/admin/", **ENGLISH)
        assert not Segment.objects.filter(name="Free").exists()

    def test_references_are_found_at_any_depth(self):
        used = make_segment(name="Used")
        make_segment(group("any", group("none", in_segment(used))))
        assert ReferenceIndex.get_references_to(used).count() == 1
