"""Where segments are used, and that used ones stay."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from wagtail.models import GroupPagePermission, Page, Site

from example.shop.models import ContentPage
from tests.mail.factories import make_campaign, text
from tests.segments.factories import group, in_segment, make_segment
from tests.segments.posting import ENGLISH
from wagtail_crm.mail.actions import choose_audience
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.usage import uses, uses_of

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


def audience(*segments, excluded=()):
    ids = {"segments": [each.pk for each in segments], "excluded": [each.pk for each in excluded]}
    return {**ids, "match": "any", "starts": None, "ends": None, "share": 100}


def make_page(*parts, title="Page"):
    page = ContentPage(title=title, slug=title.lower())
    page.body = [{"type": kind, "value": value} for kind, value in parts]
    root = Site.objects.get(is_default_site=True).root_page
    return root.add_child(instance=page)


def banner(**value):
    return "banner", {"heading": "Hello", **value}


class TestUses:
    def test_blocks_of_pages(self):
        shown, hidden, other = (make_segment(name=name) for name in ("Shown", "Hidden", "Other"))
        page = make_page(banner(audience=audience(shown, excluded=[hidden])))

        assert uses_of([shown, hidden, other]) == {shown.pk: 1, hidden.pk: 1, other.pk: 0}
        page.delete()
        assert uses_of([shown, hidden]) == {shown.pk: 0, hidden.pk: 0}

    def test_parts_of_mails(self):
        segment = make_segment()
        kind, value = text("<p>Hello</p>")

        make_campaign((kind, value | {"audience": audience(segment)}))

        assert uses(segment) == 1

    def test_who_gets_a_mail_and_who_does_not(self):
        some, others = make_segment(), make_segment()
        campaign = make_campaign(everybody=False, included=[some], excluded=[others])
        assert uses_of([some, others]) == {some.pk: 1, others.pk: 1}

        campaign.save()
        assert uses_of([some, others]) == {some.pk: 1, others.pk: 1}

        choose_audience(campaign=campaign, everybody=True, included=[], excluded=[others])
        assert uses_of([some, others]) == {some.pk: 0, others.pk: 1}

    def test_other_segments_at_any_depth_and_each_place_once(self):
        used = make_segment()
        make_segment(in_segment(used), group("any", group("none", in_segment(used))))

        assert uses(used) == 1

    def test_many_are_counted_with_one_query(self):
        segments = [make_segment() for _number in range(3)]
        uses_of(segments[:1])
        with CaptureQueriesContext(connection) as queries:
            uses_of(segments)
        assert len(queries) == 1


class TestScreens:
    def test_the_list_links_to_the_places(self, chief, client):
        used = make_segment(name="Used")
        make_segment(in_segment(used), name="User")

        html = client.get(reverse("crm_segment:list"), **ENGLISH).content.decode()

        assert f'<a href="{reverse("crm_segment:usage", args=[used.pk])}">1 place</a>' in html

    def test_who_may_only_look_is_told_the_number(self, editor, client):
        editor("view")
        used = make_segment(name="Used")
        make_segment(in_segment(used), name="User")

        for address in (reverse("crm_segment:list"), inspect(used)):
            html = client.get(address, **ENGLISH).content.decode()
            assert "1 place" in html
            assert "/usage/" not in html

    def test_the_places_name_and_link_what_this_editor_may_edit(self, editor, client):
        user = editor("change")
        segment = make_segment(name="Used")
        page = make_page(banner(audience=audience(segment)), title="Offers")
        make_campaign(name="Letter", everybody=False, included=[segment])
        GroupPagePermission.objects.create(
            group=user.groups.get(),
            page=Page.objects.get(pk=page.pk),
            permission=Permission.objects.get(codename="change_page"),
        )
        usage = reverse("crm_segment:usage", args=[segment.pk])

        html = client.get(usage, **ENGLISH).content.decode()

        assert reverse("wagtailadmin_pages:edit", args=[page.pk]) in html
        assert "Offers" in html
        assert "(Private campaign)" in html
        assert "Letter" not in html


class TestDeleting:
    @pytest.mark.parametrize("role", ["included", "excluded"])
    def test_who_gets_a_mail_is_not_deleted(self, chief, client, role):
        segment = make_segment()
        make_campaign(everybody=False, **{role: [segment]})

        client.post(reverse("crm_segment:delete", args=[segment.pk]))

        assert Segment.objects.filter(pk=segment.pk).exists()

    def test_who_may_delete_but_not_change_is_told_on_the_page_of_the_segment(self, editor, client):
        editor("delete")
        used = make_segment(name="Used")
        make_segment(in_segment(used))

        response = client.post(
            reverse("crm_segment:delete", args=[used.pk]), follow=True, **ENGLISH
        )

        assert response.redirect_chain == [(inspect(used), 302)]
        assert "“Used” is used in 1 place and was not deleted." in response.content.decode()
        assert Segment.objects.filter(pk=used.pk).exists()


def inspect(segment):
    return reverse("crm_segment:inspect", args=[segment.pk])
