"""The main job, from a first visit to a click in a mail, as people do it in a browser."""

import re
import urllib.request
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import expect

from example.shop.demo.world import EDITOR
from tests.browser.people import ADDRESS, Editor, Visitor
from wagtail_crm.loyalty.models import EarningRule
from wagtail_crm.mail.models import Campaign
from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.surveys.models import SurveyPage
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.browser
KIT, YEAST = "/shop/leaven/sourdough-starter-kit/", "/shop/leaven/dry-yeast/"
NAME, SUBJECT = "Bakers in Tokyo", "秋のお便り"


@pytest.fixture
def shop(live_site):
    """The example site with a few people in it, running."""
    live_site.manage("load_demo", "--members", "30", "--days", "10", "-v0")
    return live_site


def test_from_first_visit_to_click_in_a_mail(shop, new_page, shot, assert_accessible):
    visitor = Visitor(new_page(width=390, height=844), shop, shot)
    editor = Editor(new_page(locale="en-GB", height=1000), shop, shot)

    visitor.accept_consent()
    visitor.read(KIT, YEAST)
    visitor.register()
    member = Member.objects.get(email=ADDRESS)
    assert kinds_of(member)[:4] == ["page_view", "page_view", "page_view", "registration"]
    assert member.points_account.balance == points_for("registration", "login")

    visitor.go("/")
    visitor.look("06-personal-home")
    expect(visitor.page.locator("main")).to_contain_text("森 花子さん")
    expect(visitor.page.locator("h1")).to_contain_text("はじめの一台を")

    visitor.answer_survey(SurveyPage.objects.get().url, "お菓子")
    assert member in members_of("アンケート回答者")
    visitor.go("/crm/me/")
    earned = points_for("registration", "login", "survey_answer")
    expect(visitor.page.locator("main")).to_contain_text(str(earned))

    editor.log_in()
    editor.find_member(ADDRESS, "森 花子")
    expect(editor.timeline()).to_have_text(TIMELINE)

    editor.build_segment(NAME, "酵母とスターター")
    expect(editor.live_count()).to_contain_text(
        "Members who viewed 酵母とスターター or a page below"
    )
    expect(editor.live_count()).to_contain_text("森 花子")
    editor.look("11-segment-before-saving")
    editor.publish()
    assert member in members_of(NAME)

    editor.write_campaign("Autumn letter", SUBJECT, NAME)
    editor.send_campaign(NAME)
    campaign = Campaign.objects.get(name="Autumn letter")
    mail = wait_for_mail(shop, editor, campaign)
    assert len(shop.mails(EDITOR)) == 1
    assert "森さまへ、お便りです" in mail.html
    assert "とくべつなご案内" in mail.html

    visitor.read_mail(mail)
    expect(visitor.click_in_mail("元だねを見る")).to_have_url(re.compile(KIT))

    editor.go(f"/admin/crm/campaign/inspect/{campaign.pk}/")
    bars = {"Sent": r"\d+", "Opened": 1, "Clicked": 1, "Unsubscribed": 0}
    expect(editor.funnel()).to_have_text(
        [re.compile(rf"{label}\s+{number}\s") for label, number in bars.items()]
    )
    editor.look("17-campaign-opened-and-clicked")
    editor.find_member(ADDRESS, "森 花子")
    assert {"mail_sent", "mail_open", "mail_click"} <= set(kinds_of(member))
    editor.look("18-timeline-with-mail")

    one_click_unsubscribes_and_a_get_does_not(shop, mail, member)


# Newest first: my page and what goes before it; what a browser saw before it had a name last.
TIMELINE = [
    "Viewed a page",
    "Moved to another rank",
    "Got or used points",
    "Answered a survey",
    "Viewed a page",
    "Viewed a page",
    "Got or used points",
    "Signed in",
    "Answered about consent",
    "Answered about consent",
    "Got or used points",
    "Registered",
    "Viewed a page",
    "Viewed a page",
    "Viewed a page",
]


def points_for(*kinds):
    return sum(EarningRule.objects.filter(kind__in=kinds).values_list("points", flat=True))


def kinds_of(member):
    """What they did, without how long they stayed: that is told beside the view."""
    events = Event.objects.of_member(member).exclude(kind="engagement").order_by("at")
    return list(events.values_list("kind", flat=True))


def members_of(name):
    return list(Member.objects.filter(memberships__segment__name=name))


def wait_for_mail(shop, editor, campaign):
    expect(editor.page.locator(".w-status").first).to_have_text(re.compile("Sent", re.I))
    campaign.refresh_from_db()
    assert campaign.status == Campaign.Status.SENT
    [mail] = [mail for mail in shop.mails(ADDRESS) if mail.subject == SUBJECT]
    return mail


def one_click_unsubscribes_and_a_get_does_not(shop, mail, member):
    """RFC 8058: what a mail program does when somebody presses its own button."""
    assert mail.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    link = urlsplit(re.search(r"<(https?:[^>]+)>", mail.message["List-Unsubscribe"]).group(1))
    url = f"{shop.url}{link.path}"
    agreed = ConsentRecord.objects.current().filter(member=member, purpose="email", granted=True)

    with urllib.request.urlopen(url) as answer:
        assert answer.status == 200
    assert agreed.exists()

    with urllib.request.urlopen(url, data=b"List-Unsubscribe=One-Click") as answer:
        assert answer.status == 200
    assert not agreed.exists()
