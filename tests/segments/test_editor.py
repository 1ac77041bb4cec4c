"""The editor of a segment: what it saves when, and how it feels in a browser."""

import pytest
from django.contrib.auth import get_user_model
from django.urls import reverse
from playwright.sync_api import expect
from wagtail.models import Page

from tests.members.factories import PASSWORD, make_attribute, make_member, make_user
from tests.segments.factories import behaviour, make_segment, purchase, record
from wagtail_crm.segments.actions import refresh_segment
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.rules.blocks import RuleStreamAdapter

ENGLISH = {"HTTP_ACCEPT_LANGUAGE": "en"}
ADD = "/admin/crm/segment/add/"


@pytest.mark.django_db
@pytest.mark.usefixtures("committing")
class TestForm:
    def test_nothing_is_saved_by_itself_before_it_exists(self, chief, client):
        segment = make_segment(name="Fans")
        pages = [
            ADD,
            reverse("crm_segment:copy", args=[segment.pk]),
            reverse("crm_campaign:add"),
            reverse("crm_segment:edit", args=[segment.pk]),
        ]

        saved = [client.get(page).context["autosave_enabled"] for page in pages]

        assert saved == [False, False, False, True]

    @pytest.mark.parametrize("extra", [{}, {"action-publish": "1"}])
    def test_even_a_draft_needs_a_name(self, chief, client, extra):
        data = {"name": "", "match": "all", "rules-count": 0, **extra}

        response = client.post(ADD, data, **ENGLISH)

        assert response.context["form"].errors["name"] == ["This field is required."]
        assert Segment.objects.count() == 0

    def test_publishing_leads_to_the_members_and_a_draft_back_to_the_rules(self, chief, client):
        data = {"match": "all", "rules-count": 0}
        draft = client.post(ADD, {**data, "name": "Draft"})
        live = client.post(ADD, {**data, "name": "Live", "action-publish": "1"})

        by_name = {segment.name: segment.pk for segment in Segment.objects.all()}
        assert (draft.url, live.url) == (
            reverse("crm_segment:edit", args=[by_name["Draft"]]),
            reverse("crm_segment:inspect", args=[by_name["Live"]]),
        )

    def test_what_waits_for_its_count_is_looked_at_again(self, chief, client):
        segment = make_segment(name="All")
        page = reverse("crm_segment:inspect", args=[segment.pk])
        assert "Refresh" not in client.get(page).headers
        Segment.objects.update(refreshed_at=None)
        assert client.get(page).headers["Refresh"] == "3"

    def test_an_empty_group_says_what_it_lacks(self, chief, client):
        data = {
            "name": "Empty",
            "match": "all",
            "rules-count": 1,
            "rules-0-type": "group",
            "rules-0-id": "",
            "rules-0-order": 0,
            "rules-0-deleted": "",
            "rules-0-value-match": "none",
            "rules-0-value-rules-count": 0,
        }
        response = client.post(reverse("crm_segment:count_new"), data, **ENGLISH)
        assert response.context["problems"] == ["Rule 1 – Add at least one rule to this group."]

    def test_only_what_works_is_offered(self, chief):
        block = Segment._meta.get_field("rules").stream_block
        *_others, meta = RuleStreamAdapter().js_args(block)
        assert meta["notOffered"] == ["missing"]
        assert "missing" in block.child_blocks

    @pytest.mark.parametrize("rule", [purchase(), behaviour()])
    def test_a_stored_rule_may_leave_out_what_it_does_not_name(self, rule, in_english):
        kind, value = rule
        full = make_segment(rule, publish=False)
        short = make_segment(
            (kind, {name: value[name] for name in value if name != "pages"}), publish=False
        )
        short = Segment.objects.get(pk=short.pk)
        assert (short.rule.problems(), short.sentence) == ([], full.sentence)
        assert short.rule == full.rule


class Desk:
    """An editor's browser, and the screen on it."""

    def __init__(self, page, site):
        self.page, self.site = page, site

    def log_in(self, user):
        self.page.goto(f"{self.site.url}/admin/login/")
        self.page.fill("[name=username]", user.email)
        self.page.fill("[name=password]", PASSWORD)
        self.page.click("[type=submit]")
        self.page.wait_for_url("**/admin/")

    def open(self, path):
        self.page.goto(self.site.url + path)
        self.page.locator("[data-streamfield-stream-container]").first.wait_for()

    def add(self, name, *, last=-1):
        self.page.get_by_role("button", name="Add a rule").nth(last).click()
        self.page.locator(".w-combobox__option").get_by_text(name, exact=True).click()

    def offered(self):
        self.page.get_by_role("button", name="Add a rule").last.click()
        options = self.page.locator(".w-combobox__option")
        options.first.wait_for()
        names = options.all_inner_texts()
        self.page.keyboard.press("Escape")
        return names

    def choose_page(self, title):
        self.page.get_by_role("button", name="Choose a page").click()
        modal = self.page.locator(".modal-content")
        modal.locator("input[name=q]").fill(title)
        modal.locator("a.choose-page").get_by_text(title, exact=True).click()
        expect(modal).to_have_count(0)

    def panel(self):
        return self.page.locator("[data-crm-segment-count-target=result]")

    def sees(self, number, sentence):
        """The panel counts what is on the screen; nobody pressed anything for it."""
        written = self.panel().locator(".crm-count__sentence")
        expect(written).to_have_text(sentence, timeout=30_000)
        expect(self.panel().locator(".crm-count__size strong")).to_have_text(str(number))

    def rules(self):
        """What stands in the fields of the rules."""
        fields = self.page.locator("[data-contentpath=rules] [name^=rules-]:not([type=hidden])")
        return fields.evaluate_all(
            "fields => fields.map(f => [f.name, f.type === 'checkbox' ? f.checked : f.value])"
        )


SENTENCE = (
    "Members who viewed Baking or a page below it at least twice in the last 30 days and "
    "whose prefecture is Tokyo."
)


@pytest.fixture
def desk(live_site, new_page):
    """Three members, two in Tokyo, who read about baking twice, twice and once."""
    make_attribute("prefecture", type="choice", choices="Tokyo\nOsaka")
    baking = Page.objects.get(depth=1).add_child(instance=Page(title="Baking", slug="baking"))
    bread = baking.add_child(instance=Page(title="Bread", slug="bread"))
    for name, place, times in (("Ann", "Tokyo", 2), ("Ben", "Osaka", 2), ("Cid", "Tokyo", 1)):
        member = make_member(given_name=name, language="en", attributes={"prefecture": place})
        for number in range(times):
            record(member, page=bread, days_ago=number)
    desk = Desk(new_page(locale="en-GB", height=1400), live_site)
    desk.log_in(make_user("editor@example.jp", is_superuser=True, is_staff=True))
    return desk


@pytest.mark.browser
def test_the_count_follows_the_rules_and_editing_shows_them_again(desk, shot, assert_accessible):
    desk.open(ADD)
    desk.sees(3, "All members.")
    assert "Rule that is not available" not in desk.offered()

    desk.add("Behaviour")
    desk.sees(3, "Members who viewed a page.")
    desk.choose_page("Baking")
    desk.page.fill("[name=rules-0-value-times]", "2")
    desk.page.select_option("[name=rules-0-value-window]", "last")
    desk.page.fill("[name=rules-0-value-days]", "30")
    desk.sees(2, SENTENCE.replace(" and whose prefecture is Tokyo", ""))

    desk.add("Attribute")
    expect(desk.panel()).to_contain_text("Complete the rules to see who matches.")
    desk.page.select_option("[name=rules-1-value-attribute]", label="Prefecture")
    desk.page.get_by_label("Value").locator("visible=true").select_option("Tokyo")
    desk.sees(1, SENTENCE)
    expect(desk.panel().get_by_role("link", name="Ann")).to_be_visible()
    shot(desk.page, "rules")
    assert_accessible(desk.page)
    assert Segment.objects.count() == 0

    written = desk.rules()
    desk.page.fill("[name=name]", "Bakers in Tokyo")
    desk.page.get_by_role("button", name="Publish").click()
    desk.page.wait_for_url("**/admin/crm/segment/inspect/*/")
    expect(desk.page.locator(".crm-segment__sentence")).to_have_text(SENTENCE)
    expect(desk.page.get_by_role("cell", name="Ann")).to_be_visible(timeout=30_000)

    [segment] = Segment.objects.all()
    desk.open(reverse("crm_segment:edit", args=[segment.pk]))
    desk.sees(1, SENTENCE)
    assert desk.rules() == written


@pytest.mark.browser
def test_a_group_of_none_takes_people_out(desk):
    desk.open(ADD)
    desk.add("Group of rules")
    desk.page.select_option("[name=rules-0-value-match]", "none")
    expect(desk.panel()).to_contain_text("Rule 1 – Add at least one rule to this group.")
    desk.add("Attribute", last=0)
    desk.page.select_option("[name$=-value-attribute]", label="Prefecture")
    desk.page.get_by_label("Value").locator("visible=true").select_option("Osaka")
    desk.sees(2, "Members whose prefecture is not Osaka.")


@pytest.mark.browser
def test_an_estimate_is_followed_by_the_number(desk):
    """The server is not slow here: the first answer is made to look like an estimate."""
    asked = []

    def answer(route):
        asked.append("exactly=1" in route.request.post_data)
        if asked[-1]:
            route.continue_()
        else:
            route.fulfill(body="<p data-crm-count-exactly>about 2</p>")

    desk.page.route("**/admin/crm/segment/count/**", answer)
    desk.open(ADD)

    desk.sees(3, "All members.")
    assert asked == [False, True]


@pytest.mark.browser
def test_why_somebody_is_in_it_follows_the_rules(desk, shot, assert_accessible):
    desk.open(ADD)
    desk.add("Behaviour")
    desk.page.fill("[name=rules-0-value-times]", "2")
    desk.page.get_by_role("button", name="Choose member").click()
    desk.page.locator(".modal-content").get_by_role("link", name="Cid").click()

    reasons = desk.page.locator("[data-crm-segment-count-target=reasons]")
    verdicts = reasons.locator(".crm-finding__verdict")
    expect(verdicts).to_have_text(["Not true", "Not true"])
    expect(reasons.locator(".crm-finding__facts a")).to_have_text(["Viewed a page: Bread"])
    desk.page.fill("[name=rules-0-value-times]", "1")
    expect(verdicts).to_have_text(["True", "True"])
    shot(desk.page, "why")
    assert_accessible(desk.page, "[data-side-panel=crm-count]")


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_comparing_and_asking_why_fit_every_screen(
    desk, live_site, new_page, assert_accessible, width, scheme
):
    everybody = make_segment(name="Everybody")
    readers = make_segment(behaviour(times=2), name="Readers")
    for segment in (everybody, readers):
        refresh_segment(segment=segment)
    page = new_page(width=width, color_scheme=scheme, locale="en-GB")
    small = Desk(page, live_site)
    small.log_in(get_user_model().objects.get(is_superuser=True))
    member = readers.memberships.first().member

    for path in (
        f"{reverse('crm_segment_overlap', args=[everybody.pk])}?other={readers.pk}",
        f"{reverse('crm_segment_why', args=[readers.pk])}?member={member.pk}",
    ):
        page.goto(live_site.url + path)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert_accessible(page, "#main")
