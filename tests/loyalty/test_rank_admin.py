"""Ranks in the admin: the list, the form, giving up; and what members read of theirs."""

import datetime

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import dateformat, timezone
from wagtail.models import ModelLogEntry

from tests.loyalty.factories import earn, make_ranks, make_staff, rank_name
from tests.members.factories import make_member, make_registered_member
from tests.segments.factories import make_segment
from tests.segments.posting import ENGLISH
from wagtail_crm.loyalty import tasks
from wagtail_crm.loyalty.actions import adjust_points
from wagtail_crm.loyalty.actions import ranks as rank_actions
from wagtail_crm.loyalty.models import Account, Rank, Recount
from wagtail_crm.loyalty.period import leaves_on
from wagtail_crm.loyalty.tasks import sweep_ranks
from wagtail_crm.segments.rules.person import site_today

pytestmark = pytest.mark.django_db


@pytest.fixture
def editor(client):
    client.force_login(make_staff())
    return client


def read(response):
    return " ".join(BeautifulSoup(response.text, "html.parser").text.split())


def test_an_editor_makes_a_rank_and_who_has_the_points_has_it(editor):
    member = make_member()
    earn(member, 500)
    data = {"name": "Gold", "points": "500", "benefit": "Free shipping"}
    assert editor.post(reverse("crm_rank:add"), data).status_code == 302
    assert rank_name(member) == "Gold"
    assert Recount.objects.get().done_at is not None


def test_a_changed_rank_is_saved_before_anybody_is_looked_at(editor, monkeypatch):
    rank = make_ranks(Gold=600)["Gold"]
    member = make_member()
    earn(member, 500)
    data = {"name": "Gold", "points": "500", "benefit": ""}
    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(rank_actions, "record_events", lambda **events: 1 / 0)
        editor.post(reverse("crm_rank:edit", args=[rank.pk]), data)
    rank.refresh_from_db()
    assert (rank.points, rank_name(member)) == (500, None)
    sweep_ranks()
    assert rank_name(member) == "Gold"


@pytest.mark.parametrize(
    "data", [{"name": "Gold", "points": "5"}, {"name": "New", "points": "100"}]
)
def test_two_ranks_cannot_be_the_same(editor, data):
    make_ranks(Gold=100)
    response = editor.post(reverse("crm_rank:add"), data)
    assert len(response.context["form"].errors) == 1
    assert Rank.objects.count() == 1


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_says_how_many_have_each(editor, number, django_assert_max_num_queries):
    make_ranks(**{f"Rank {n}": 100 * (n + 1) for n in range(number)})
    Rank.objects.create(name="Given up", points=1000, is_ending=True)
    for points in (100, 150, 300):
        earn(make_member(), points)
    editor.get(reverse("crm_rank:list"))
    with django_assert_max_num_queries(15):
        response = editor.get(reverse("crm_rank:list"))
    sizes = [rank.size for rank in response.context["object_list"]]
    assert sizes == {1: [3], 3: [2, 0, 1]}[number]


def test_a_rank_that_a_segment_asks_for_stays(editor):
    rank = make_ranks(Gold=100)["Gold"]
    make_segment(("rank", {"comparison": "is", "rank": rank.pk}), name="Best")
    bulk = reverse("wagtail_bulk_action", args=["wagtail_crm_loyalty", "rank", "delete"])
    for address in (reverse("crm_rank:delete", args=[rank.pk]), f"{bulk}?id={rank.pk}"):
        for send in (editor.get, editor.post):
            assert send(address, **ENGLISH).url == reverse("crm_rank:list")
    assert "“Best”" in read(editor.get(reverse("crm_rank:list"), **ENGLISH))
    assert Rank.objects.in_use().count() == 1


def test_the_list_says_how_far_a_recount_is(editor, monkeypatch):
    monkeypatch.setattr(rank_actions, "BATCH", 1)
    monkeypatch.setattr(tasks, "AT_MOST", 0)
    for _number in range(4):
        earn(make_member(), 100)
    editor.post(reverse("crm_rank:add"), {"name": "Gold", "points": "100", "benefit": ""})
    done, last = Recount.objects.get().position, Account.objects.latest("pk").pk
    bar = BeautifulSoup(editor.get(reverse("crm_rank:list")).text, "html.parser").progress
    assert (bar["value"], Account.objects.ranked().count()) == (str(100 * done // last), 1)
    sweep_ranks()
    bar = BeautifulSoup(editor.get(reverse("crm_rank:list")).text, "html.parser").progress
    assert (bar, Account.objects.ranked().count()) == (None, 4)


def test_a_long_recount_is_left_to_workers(
    editor, monkeypatch, settings, django_capture_on_commit_callbacks
):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"USE_WORKERS": True}
    monkeypatch.setattr(rank_actions, "BATCH", 1)
    monkeypatch.setattr(tasks, "AT_MOST", 0)
    monkeypatch.setattr(tasks, "PATIENCE", 0)
    for _number in range(4):
        earn(make_member(), 100)
    with django_capture_on_commit_callbacks(execute=True):
        editor.post(reverse("crm_rank:add"), {"name": "Gold", "points": "100", "benefit": ""})
    assert Account.objects.ranked().count() == 4


@pytest.mark.parametrize("in_bulk", [True, False])
def test_who_had_a_deleted_rank_gets_what_the_points_reach(editor, in_bulk):
    ranks = make_ranks(Bronze=100, Gold=1000)
    member = make_member()
    earn(member, 1000)
    address = reverse("crm_rank:delete", args=[ranks["Gold"].pk])
    if in_bulk:
        address = reverse("wagtail_bulk_action", args=["wagtail_crm_loyalty", "rank", "delete"])
        address += f"?id={ranks['Gold'].pk}"
    assert editor.get(address).status_code == 200
    editor.post(address)
    assert (rank_name(member), Rank.objects.count()) == ("Bronze", 1)
    assert ModelLogEntry.objects.get(action="wagtail.delete").label == "Gold"


def test_the_head_of_a_member_says_rank_and_points(editor):
    make_ranks(Gold=1000)
    member = make_member()
    earn(member, 1240)
    page = read(editor.get(reverse("crm_member:inspect", args=[member.pk])))
    assert "Gold · 1,240 pt" in page


def test_my_page_draws_the_way_to_the_next_rank(client):
    make_ranks(Silver=300, Gold=1000)
    member = make_registered_member()
    client.force_login(member.user)
    earn(member, 250)
    card = BeautifulSoup(client.get("/crm/me/", **ENGLISH).text, "html.parser").find(id="rank")
    bar = card.find("progress")
    assert (bar["max"], bar["value"], bar.text) == ("300", "250", "250 pt")
    assert card.find("label", {"for": bar["id"]}).text == "50 pt to Silver"
    earn(member, 800)
    card = BeautifulSoup(client.get("/crm/me/", **ENGLISH).text, "html.parser").find(id="rank")
    assert (card.find("strong").text, card.find("progress")) == ("Gold", None)


def test_my_page_says_until_when_a_rank_stays(client):
    ranks, member = make_ranks(Silver=300, Gold=1000), make_registered_member()
    client.force_login(member.user)
    earn(member, 300)
    text = read(client.get("/crm/me/", **ENGLISH))
    last = leaves_on(site_today(), 12) - datetime.timedelta(days=1)
    assert "700 pt to Gold" in text
    assert f"you are Silver until {dateformat.format(last, 'N j, Y')}." in text
    Account.objects.update(rank=ranks["Gold"])  # points have left, and nobody has looked yet
    assert "You have reached the highest rank." in read(client.get("/crm/me/", **ENGLISH))


def test_less_than_nothing_is_further_from_the_next_rank(client):
    make_ranks(Silver=300)
    member = make_registered_member()
    client.force_login(member.user)
    earn(member, 100, timezone.now() - datetime.timedelta(days=500))
    adjust_points(member=member, points=-40, reason="Mistake", staff=make_staff())
    card = BeautifulSoup(client.get("/crm/me/", **ENGLISH).text, "html.parser").find(id="rank")
    assert (card.find("progress")["value"], card.find("label").text) == ("0", "340 pt to Silver")


def test_my_page_says_nothing_of_ranks_where_there_are_none(client):
    member = make_registered_member()
    client.force_login(member.user)
    assert 'id="rank"' not in client.get("/crm/me/").text
