"""Whatever people write of themselves, and editors of theirs, is words to every screen."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.addresses import bulk_addresses, crm_addresses, filled_in, has_parameter
from tests.loyalty.factories import make_staff
from tests.mail.factories import CHROME, button, make_campaign, make_sender, text
from tests.members.factories import make_attribute, make_registered_member
from tests.one_of_each import one_of_each
from tests.segments.factories import attribute, make_segment
from tests.surveys.factories import WHY, make_survey, question
from tests.tracking.factories import make_browser
from wagtail_crm.mail import actions as mailing
from wagtail_crm.mail import sending
from wagtail_crm.mail.models import Suppression
from wagtail_crm.members import actions
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.slow]

EVIL = "\"'><script>alert(1)</script>{{ name }}{% now 'Y' %}"
RAW, AS_WORDS = "<script>alert(1)", "&lt;script&gt;alert(1)"


@pytest.fixture
def member():
    member = make_registered_member("evil@example.jp")
    names = dict.fromkeys(actions.NAME_FIELDS, EVIL)
    return actions.update_member(
        member=member,
        fields={**names, "code": EVIL, "language": "en", "time_zone": EVIL},
        attributes={"wish": EVIL, "unknown": EVIL, "list": [EVIL]},
    )


@pytest.fixture
def objects(member):
    """Everything there is, named like that."""
    wish = make_attribute("wish", label=EVIL, help_text=EVIL, place="registration")
    make_attribute("list", label=EVIL, type="choices", choices=f"{EVIL}\nother", place="profile")
    segment = make_segment(attribute(wish, "contains", EVIL), name=EVIL)
    survey = make_survey(title=EVIL, questions=[question("long_text", WHY, EVIL, help_text=EVIL)])
    campaign = make_campaign(
        ("heading", {"text": EVIL}),
        text("<p>{{ name|<b>you</b> }} {{ attributes.wish }}</p>"),
        button(EVIL, "https://shop.example/?q=%22%3E<script>alert(1)</script>"),
        ("page", {"page": survey.pk, "summary": EVIL, "button": EVIL}),
        sender=make_sender(name=EVIL[:90], imprint=EVIL),
        name=EVIL,
        subject=f"{EVIL} {{{{ name }}}}",
        preheader=EVIL,
    )
    data = {"path": EVIL, "name": EVIL, "currency": EVIL, "device": EVIL, "campaign": EVIL}
    data |= {"link": EVIL, "error": EVIL, "url": EVIL, "quantity": EVIL}
    kinds = ("page_view", "search", "cart_add", "purchase", "consent", "mail_click", "mail_bounce")
    record_events(
        events=[
            NewEvent(kind, member_id=member.pk, subject=EVIL, data=data, value=None)
            for kind in kinds
        ]
    )
    return one_of_each(
        EVIL,
        member=member,
        segment=segment,
        campaign=campaign,
        wish=wish,
        survey=survey,
        address=EVIL,
        source=EVIL,
    )


def pages(client, addresses):
    """The HTML at each address."""
    responses = {address: client.get(address) for address in addresses}
    return {
        address: response.content.decode()
        for address, response in responses.items()
        if response.headers.get("Content-Type", "").startswith("text/html")
    }


TABS = ["timeline", "profile", "consent", "mail", "survey_answers", "points_history"]


def test_no_screen_of_the_admin_runs_what_it_shows(objects):
    boss = Client()
    boss.force_login(make_staff())
    routes = [route for route, _view in crm_addresses()]
    person = reverse("crm_member:inspect", args=[objects["member"].pk])
    addresses = [
        *(filled_in(route, objects) for route in routes if has_parameter(route)),
        *("/" + route for route in routes if not has_parameter(route)),
        *bulk_addresses(objects),
        *(f"{person}?tab={tab}" for tab in TABS),
        reverse("crm_campaign:mail", args=[objects["campaign"].pk])
        + f"?member={objects['member'].pk}",
        f"/admin/pages/{objects['surveys'].pk}/edit/",
    ]

    shown = pages(boss, addresses)

    assert [address for address, html in shown.items() if RAW in html] == []
    assert sum(AS_WORDS in html for html in shown.values()) > 50


def test_no_page_of_members_runs_what_it_shows(objects):
    # Who has answered is led back to where they came from.
    inside = make_browser("yes", user=objects["member"].user, agent=CHROME)
    addresses = [
        "/crm/me/",
        "/crm/me/profile/",
        "/crm/me/settings/",
        "/crm/me/points/",
        "/crm/me/withdraw/",
        "/accounts/signup/",
        f"/crm/consent/?next=/%22%3E{RAW}</script>",
        f"/?q=%22%3E{RAW}</script>",
        objects["surveys"].url,
    ]

    shown = pages(inside, addresses)

    assert [address for address, html in shown.items() if RAW in html] == []
    assert sum(AS_WORDS in html for html in shown.values()) >= 5


def test_no_mail_runs_what_it_says_and_no_subject_begins_a_header(objects, smtp_sink):
    Suppression.objects.all().delete()
    member = objects["member"]
    actions.update_member(member=member, fields={"family_name": "A\r\nBcc: all@example.jp"})
    campaign = mailing.start_campaign(campaign=objects["campaign"])

    sending.deliver_batch(campaign.pk)

    [message] = smtp_sink.messages
    html = message.get_body(("html",)).get_content()
    assert RAW not in html
    assert AS_WORDS in html
    assert "{% now" in html
    assert message["Bcc"] is None
    assert smtp_sink.recipients == [[member.email]]


def test_exports_hold_nothing_but_words(objects):
    boss = Client()
    boss.force_login(make_staff())
    Member.objects.filter(pk=objects["member"].pk).update(family_name="＝cmd", given_name="@x")

    address = reverse("crm_survey_export", args=[objects["surveys"].pk])
    lines = b"".join(boss.get(address).streaming_content).decode("utf-8-sig")

    assert "'＝cmd" in lines
