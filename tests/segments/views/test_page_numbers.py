"""Who looks at a page, beside its editor: the views of `tracking`, the segments of this room."""

import datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from playwright.sync_api import expect
from wagtail import hooks
from wagtail.models import GroupPagePermission, Page

from tests.members.factories import PASSWORD, make_member, make_user
from tests.segments.factories import make_segment, record
from tests.segments.posting import ENGLISH
from tests.tracking.test_patience import ask_for_ever
from wagtail_crm.segments import page_part
from wagtail_crm.tracking import page_numbers
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import DailyTotal
from wagtail_crm.tracking.page_numbers import PagePart, PageScope, numbers_of


def ask(client, page, **query):
    script = {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest", **ENGLISH}
    return client.get(reverse("crm_page_numbers", args=[page.pk]), query, **script)


def numbers(page, **scope):
    found = numbers_of(PageScope(page, **scope))
    return found.views, found.people


@pytest.mark.django_db
class TestNumbers:
    def test_a_page_alone_and_with_all_below_it(self, shop):
        above, baking, bread = shop
        beside = above.add_child(instance=Page(title="Tools"))
        ann, ben = make_member(), make_member()
        record(ann, page=baking)
        for elsewhere in (above, beside):
            record(make_member(), page=elsewhere)
        record(ann, page=baking, days_ago=3)
        record(ben, page=bread, days_ago=10)

        assert numbers(baking) == (2, 1)
        assert numbers(baking, below=True) == (3, 2)
        assert numbers(bread, days=7) == (0, 0)
        assert numbers(bread, days=30) == (1, 1)

    def test_visitors_without_an_account_are_views_and_no_people(self, shop):
        record_events(events=[NewEvent(kind="page_view", page_id=shop[1].pk) for _ in range(3)])
        record(make_member(), page=shop[1])

        assert numbers(shop[1]) == (4, 1)

    def test_a_moved_page_takes_its_numbers_along(self, shop, tree):
        (elsewhere,) = tree("Elsewhere")
        record(make_member(), page=shop[2])

        shop[2].move(elsewhere, pos="last-child")

        assert numbers(shop[1], below=True) == (0, 0)
        assert numbers(Page.objects.get(pk=elsewhere.pk), below=True) == (1, 1)

    @pytest.mark.parametrize("many", [False, True])
    def test_a_sample_stands_for_very_many(self, shop, monkeypatch, many):
        monkeypatch.setattr(page_numbers.PageScope.is_large, "__defaults__", (20 if many else 99,))
        today = page_numbers._today()
        DailyTotal.objects.bulk_create(
            DailyTotal(member_id=member, kind="page_view", page=shop[1], day=today, count=2)
            for member in range(256 * 30)
        )

        found = numbers_of(PageScope(shop[1]))

        assert found.is_estimate is many
        # Member 0 is nobody: his two views are no person's.
        assert (found.views, found.people) == (256 * 30 * 2 + 2 * many, 256 * 30 - (not many))

    def test_a_year_is_drawn_by_week_and_a_month_by_day(self, shop):
        member = make_member()
        record(member, page=shop[1])
        record(member, page=shop[1], days_ago=1)

        year = numbers_of(PageScope(shop[1], days=365)).by_span()
        month = numbers_of(PageScope(shop[1], days=30)).by_span()

        assert (len(year), sum(views for _day, views in year)) == (53, 2)
        assert len(month) == 30
        assert [views for _day, views in month[-2:]] == [1, 1]
        assert month[-1][0] - month[0][0] == datetime.timedelta(days=29)


@pytest.mark.django_db
@pytest.mark.usefixtures("committing")
class TestPanel:
    def test_asks_the_totals_twice_however_much_there_is(self, chief, client, shop):
        asked = []
        for people in (1, 2):
            for _number in range(people):
                make_segment()
                record(make_member(), page=shop[1])
            ask(client, shop[0])
            with CaptureQueriesContext(connection) as queries:
                response = ask(client, shop[0], below="1")
            assert response.context["numbers"].people == 2 * people - 1
            reads = [each for each in queries if "dailytotal" in each["sql"]]
            asked.append((len(reads), len(queries)))
        assert asked[0] == asked[1]
        assert asked[0][0] == 2
        assert asked[0][1] <= 15

    def test_says_in_which_segments_they_are(self, chief, client, shop):
        for _number in range(4):
            record(make_member(), page=shop[1])
        make_member()
        make_segment(name="All")
        make_segment(name="Draft", publish=False)

        exact = page_part.segments_of_people(PageScope(shop[1]))
        html = ask(client, shop[1]).content.decode()

        assert [(name, people) for _pk, name, people in exact] == [("All", 4)]
        assert "Segments of these members" in html
        assert "100%" in html

    def test_says_when_nobody_came(self, chief, client, shop):
        html = ask(client, shop[1], days="7").content.decode()

        assert "Nobody has looked here in the last 7 days." in html

    @pytest.mark.parametrize("days", ["0", "8", "x", "99999999"])
    def test_knows_only_its_own_ranges(self, chief, client, shop, days):
        assert ask(client, shop[1], days=days).status_code == 404

    def test_is_for_who_may_edit_the_page_and_see_numbers(self, editor, client, shop):
        user = editor()
        answers = [ask(client, shop[1]).status_code]
        user.user_permissions.add(Permission.objects.get(codename="view_dailytotal"))
        answers.append(ask(client, shop[1]).status_code)
        GroupPagePermission.objects.create(
            group=user.groups.get(),
            page=shop[0],
            permission=Permission.objects.get(codename="change_page"),
        )
        response = ask(client, shop[1])

        assert [*answers, response.status_code] == [403, 403, 200]

    def test_names_segments_only_to_who_may_see_them(self, editor, client, shop):
        user = editor()
        for code in ("view_dailytotal", "change_page"):
            user.user_permissions.add(Permission.objects.get(codename=code))
        GroupPagePermission.objects.create(
            group=user.groups.get(),
            page=shop[0],
            permission=Permission.objects.get(codename="change_page"),
        )
        record(make_member(), page=shop[1])
        make_segment(name="Secret")

        html = ask(client, shop[1]).content.decode()

        assert "Members" in html
        assert "Secret" not in html

    def test_says_when_counting_takes_too_long(self, chief, client, shop, settings, registries):
        settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"COUNT_TIMEOUT": 0.1}
        record(make_member(), page=shop[1])

        def slow_part():
            return [PagePart("slow", "", lambda request, numbers: ask_for_ever())]

        with hooks.register_temporarily("register_crm_page_parts", slow_part):
            html = ask(client, shop[1], days="7").content.decode()

        assert "Counting this takes too long at present." in html
        assert "30 days" in html
        assert "Members" not in html

    def test_stands_beside_every_page_editor(self, chief, client, shop):
        url = reverse("wagtailadmin_pages:edit", args=[shop[1].pk])
        html = client.get(url, **ENGLISH).content.decode()

        assert html.count('data-side-panel="crm-page-numbers"') == 1
        assert reverse("crm_page_numbers", args=[shop[1].pk]) in html


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_panel_draws_when_it_is_opened(
    live_site, new_page, shot, assert_accessible, width, scheme, django_db_blocker
):
    with django_db_blocker.unblock():
        user = make_user("chief@example.jp", is_superuser=True, is_staff=True)
        home = Page.objects.filter(depth=2).first()
        for number in range(3):
            record(make_member(), page=home, days_ago=number)
        make_segment(name="Everybody")
    page = new_page(width=width, color_scheme=scheme, locale="en-GB")
    page.goto(f"{live_site.url}/admin/login/")
    page.fill("[name=username]", user.email)
    page.fill("[name=password]", PASSWORD)
    page.click("[type=submit]")
    page.wait_for_url("**/admin/")
    page.goto(f"{live_site.url}{reverse('wagtailadmin_pages:edit', args=[home.pk])}")

    page.locator("[data-side-panel-toggle=crm-page-numbers]").click()

    figures = page.locator(".crm-numbers__figures dd")
    expect(figures).to_have_text(["3", "3"])
    drawn = page.locator(".crm-chart canvas")
    assert drawn.evaluate("canvas => canvas.toDataURL().length") > 2000
    page.get_by_role("button", name="365 days").click()
    expect(page.locator("[aria-pressed=true]", has_text="365 days")).to_be_focused()
    page.get_by_text("Show the numbers").click()
    expect(page.locator(".crm-chart__table tbody tr")).to_have_count(53)
    page.get_by_role("button", name="7 days").click()
    expect(page.locator(".crm-chart__table tbody tr")).to_have_count(7)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert_accessible(page, ".crm-numbers")
    shot(page, "panel")
