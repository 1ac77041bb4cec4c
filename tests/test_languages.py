"""The admin speaks one language at a time, whoever came before in the same process."""

import html
import re

import pytest
from bs4 import BeautifulSoup
from bs4.element import PreformattedString
from django.test import Client
from django.urls import reverse
from wagtail.users.models import UserProfile

from tests.addresses import bulk_addresses, crm_addresses, filled_in, has_parameter
from tests.loyalty.factories import make_staff
from tests.mail.factories import make_campaign, make_sender, text
from tests.members.factories import make_attribute, make_registered_member
from tests.one_of_each import one_of_each
from tests.segments.factories import attribute, behaviour, make_segment
from tests.surveys.factories import WHY, make_survey, question
from tests.test_words import CATALOGS, entries, japanese
from wagtail_crm.members import actions
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent

pytestmark = [pytest.mark.django_db, pytest.mark.any_database, pytest.mark.slow]

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龯].{,60}")
OWN_NAME = "日本語"  # a language is called what it calls itself
UNNAMED = {"Image"}  # a part of Wagtail's image block has no label
SPOKEN = ("title", "aria-label", "placeholder", "alt", "data-w-tooltip-content-value")
PACKED = re.compile(r'"(?:label|helpText|description|placeholder|text)": "((?:[^"\\]|\\.)*)"')
# A sentence that says that it is in the other language.
MARKED = re.compile(r'<p class="crm-segment__other" lang="(?:en|ja)">.*?</p>')
TABS = ["timeline", "profile", "consent", "browsers", "mail", "survey_answers", "points_history"]


@pytest.fixture
def objects():
    """One of everything, with names that are in no catalog and have only Latin letters."""
    member = make_registered_member("zoe@zz.example", family_name="Zz", given_name="Zoe")
    wish = make_attribute("zz_wish", label="Zz wish", type="text", place="registration")
    segment = make_segment(attribute(wish, "contains", "Zz"), behaviour("login"), name="Zz people")
    survey = make_survey(title="Zz survey", questions=[question("long_text", WHY, "Zz why")])
    campaign = make_campaign(
        text("<p>Zz</p>"),
        sender=make_sender(name="Zz sender", imprint="Zz"),
        name="Zz letter",
        subject="Zz subject",
        preheader="Zz",
    )
    actions.update_member(member=member, fields={"language": "en"}, attributes={"zz_wish": "Zz"})
    kinds = ("page_view", "search", "cart_add", "purchase", "login", "logout", "mail_sent")
    facts = {"member_id": member.pk, "page_id": survey.pk, "subject": "sku:zz"}
    record_events(events=[NewEvent(kind, **facts) for kind in kinds])
    return one_of_each(
        "Zz",
        member=member,
        segment=segment,
        campaign=campaign,
        wish=wish,
        survey=survey,
        address="zz@zz.example",
        source="my_page",
    )


@pytest.fixture
def shown(objects):
    """Look at every screen of the CRM in Japanese and then in English: HTML by address."""
    routes = [route for route, _view in crm_addresses()]
    person = reverse("crm_member:inspect", args=[objects["member"].pk])
    addresses = [
        *(filled_in(route, objects) for route in routes if has_parameter(route)),
        *("/" + route for route in routes if not has_parameter(route)),
        *bulk_addresses(objects),
        *(f"{person}?tab={tab}" for tab in TABS),
    ]
    # A mail speaks the language it is written in.
    addresses = [
        address for address in addresses if not re.search("/(mail|preview|view)/", address)
    ]
    return {language: pages(language, addresses) for language in ("ja", "en")}


def pages(language, addresses):
    reader = Client(headers={"Accept-Language": language})
    user = make_staff()
    user.first_name, user.last_name = "Zz", "Zz"
    user.save()
    UserProfile.objects.create(user=user, preferred_language=language)
    reader.force_login(user)
    found = {address: reader.get(address) for address in addresses}
    return {
        address: readable(MARKED.sub("", response.content.decode()))
        for address, response in found.items()
        if response.status_code == 200
        and response.headers.get("Content-Type", "").startswith("text/html")
    }


def readable(page):
    """HTML with the letters that JSON in it writes as numbers."""
    page = html.unescape(page)
    return re.sub(r"\\u([0-9a-f]{4})", lambda match: chr(int(match[1], 16)), page)


def texts(page):
    """What is read out: the text of elements, of attributes and of packed forms."""
    soup = BeautifulSoup(page, "html.parser")
    for node in soup.find_all(string=True):
        if not isinstance(node, PreformattedString) and node.parent.name not in ("script", "style"):
            yield " ".join(node.split())
    for element in soup.find_all(True):
        yield from (element[name] for name in SPOKEN if element.get(name))
    yield from PACKED.findall(page)


def test_no_japanese_in_english_and_no_english_in_japanese(shown):
    untranslated = {
        entry.msgid
        for path in CATALOGS
        for entry in entries(path)
        if entry.msgid != japanese(entry) and not entry.msgctxt
    }

    in_english = {
        address: found
        for address, page in shown["en"].items()
        if (found := JAPANESE.findall(page.replace(OWN_NAME, "")))
    }
    in_japanese = {
        address: found
        for address, page in shown["ja"].items()
        if (found := untranslated.intersection(texts(page)) - UNNAMED)
    }

    assert in_english == {}
    assert in_japanese == {}
    assert len(shown["en"]) == len(shown["ja"]) > 60
