"""What the screens of segments ask the database, however much there is on them."""

from html import unescape

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.mail.factories import make_campaign
from tests.members.factories import make_attribute
from tests.segments.factories import attribute, behaviour, group, in_segment, make_segment, purchase
from tests.surveys.factories import make_survey
from wagtail_crm.members.models import AttributeDefinition, MemberTag
from wagtail_crm.segments.models import Segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]
MOST = 15


def rules_that_name(number, shop):
    """So many rules of each kind that names something, half of them in a group."""
    survey = make_survey()
    rules = []
    for place in range(number):
        tag = MemberTag.objects.create(name=f"Tag {place}", slug=f"tag-{place}")
        prefecture = make_attribute(f"place_{place}", type="choice", choices="Tokyo")
        rules += [
            behaviour(pages=shop[: place + 1]),
            attribute(prefecture, "is", "Tokyo"),
            ("tag", {"has": "has", "tag": tag.pk}),
            in_segment(make_segment(name=f"Named {place}")),
            purchase(pages=[shop[place]]),
            ("survey", {"question": f"{survey.pk}:", "comparison": "did", "answers": []}),
        ]
    middle = len(rules) // 2
    return [*rules[:middle], group("any", *rules[middle:])]


def queries_of(client, url):
    client.get(url)
    with CaptureQueriesContext(connection) as queries:
        response = client.get(url)
    assert response.status_code == 200
    return len(queries)


@pytest.mark.parametrize("draft", [False, True])
def test_the_editor_asks_at_most_fifteen(chief, client, shop, draft):
    numbers = []
    for number in (1, 3):
        for model in (Segment, MemberTag, AttributeDefinition):
            model.objects.all().delete()
        segment = make_segment(*rules_that_name(number, shop), name=f"Many {number}")
        if draft:
            segment.save_revision()
        numbers.append(queries_of(client, reverse("crm_segment:edit", args=[segment.pk])))
    assert numbers[0] == numbers[1] <= MOST


def test_the_editor_of_a_new_segment_asks_at_most_fifteen(chief, client, shop):
    rules_that_name(3, shop)
    assert queries_of(client, reverse("crm_segment:add")) <= MOST


@pytest.mark.parametrize("draft", [False, True])
def test_the_editor_of_rules_about_a_campaign_asks_at_most_fifteen(chief, client, shop, draft):
    campaign = make_campaign()
    mail = {"deed": "opened", "which": "one", "campaign": campaign.pk, "window": "ever"}
    segment = make_segment(("mail", mail), *rules_that_name(1, shop))
    if draft:
        segment.save_revision()
    assert queries_of(client, reverse("crm_segment:edit", args=[segment.pk])) <= MOST


@pytest.mark.parametrize("query", [{}, {"q": "Many"}, {"live": "true"}, {"kind": "rules"}])
def test_the_list_asks_at_most_fifteen(chief, client, shop, query):
    make_segment(*rules_that_name(3, shop), name="Many")
    url = reverse("crm_segment:list")
    client.get(url, query)
    with CaptureQueriesContext(connection) as queries:
        assert client.get(url, query).status_code == 200
    assert len(queries) <= MOST


def test_choosers_of_pages_open_where_the_page_is(chief, client, shop):
    segment = make_segment(behaviour(pages=[shop[2]]))
    html = client.get(reverse("crm_segment:edit", args=[segment.pk])).content.decode()
    assert f'"id": {shop[2].pk}, "parentId": {shop[1].pk}' in unescape(html)
