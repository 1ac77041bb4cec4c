import datetime

import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import timezone, translation
from wagtail.models import ReferenceIndex

from tests.members.factories import (
    make_attribute,
    make_member,
    make_registered_member,
    make_user,
)
from wagtail_crm.members import actions
from wagtail_crm.members.models import Member
from wagtail_crm.members.views.listing import CappedPaginator

pytestmark = pytest.mark.django_db

LIST = "/admin/crm/member/"
ADD = LIST + "add/"


def edit_url(member):
    return reverse("crm_member:edit", args=[member.pk])


def names(response):
    return [str(member) for member in response.context["object_list"]]


def form(**changes):
    return {
        "family_name": "田中",
        "given_name": "陽子",
        "family_name_kana": "",
        "given_name_kana": "",
        "email": "yoko@example.jp",
        "code": "",
        "language": "ja",
        "owner": "",
        "tags": "",
    } | changes


def test_list_is_newest_first_with_reading_tags_and_owner(editor):
    owner = make_user("sato@example.jp", is_staff=True, is_superuser=True, last_name="佐藤")
    now = timezone.now()
    make_member(family_name="鈴木", created_at=now - datetime.timedelta(days=1))
    newest = make_member(family_name="田中", family_name_kana="たなか", owner=owner, created_at=now)
    actions.tag_members(members=[newest], add=["VIP"])
    response = editor.get(LIST)
    assert names(response) == ["田中", "鈴木"]
    for word in ("たなか", "VIP", "佐藤", reverse("crm_member:inspect", args=[newest.pk])):
        assert word in response.text


@pytest.mark.parametrize(("minutes", "words"), [(59, "Within the hour"), (61, "1 hour ago")])
def test_the_list_says_no_more_of_a_visit_than_its_hour(editor, minutes, words):
    make_member(last_seen_at=timezone.now() - datetime.timedelta(minutes=minutes))
    cells = BeautifulSoup(editor.get(LIST).content, "html.parser").select("tbody td")
    assert [" ".join(cell.text.split()) for cell in cells[-2:]] == [words, "Just now"]


@pytest.mark.parametrize(("number", "count"), [(1, 1), (2, 2), (3, 2)])
def test_the_list_stops_counting_where_nobody_reads_on(number, count):
    for _n in range(number):
        make_member()
    paginator = CappedPaginator(Member.objects.order_by("pk"), 1)
    paginator.most = 2
    with translation.override("en"):
        assert (paginator.count, paginator.items_count_label) == (
            count,
            "1 member" if number == 1 else "2 members or more",
        )


@pytest.mark.parametrize("number", [1, 3])
def test_list_asks_at_most_fifteen_questions(editor, number, django_assert_max_num_queries):
    make_attribute(type="choice", choices="Tokyo")
    for _n in range(number):
        member = make_member(owner=make_user(is_staff=True, is_superuser=True))
        actions.tag_members(members=[member], add=["VIP", "Tokyo"])
    editor.get(LIST)
    with django_assert_max_num_queries(15):
        editor.get(LIST)


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("田中", ["田中 陽子"]),
        ("陽子 田中", ["田中 陽子"]),
        ("田中陽子", ["田中 陽子"]),
        ("たなか", ["田中 陽子"]),
        ("タナカ", ["田中 陽子"]),
        ("ﾀﾅｶ", ["田中 陽子"]),
        ("YOKO@", ["田中 陽子"]),
        ("c07", ["田中 陽子"]),
        ("%", []),
        ("鈴木 陽子", []),
        ("陽", ["田中 陽子"]),
        ("なか", ["田中 陽子"]),
        ("ko@exam", ["田中 陽子"]),
        ("ｙｏｋｏ", ["田中 陽子"]),
        ("y", ["田中 陽子"]),
        ("陽中", []),
        ("_oko", []),
        ("\\", []),
        ("なたか", []),
    ],
)
def test_search_finds_names_readings_addresses_and_codes(editor, words, found):
    make_member(
        family_name="田中",
        given_name="陽子",
        family_name_kana="たなか",
        email="yoko@example.jp",
        code="C07",
    )
    make_member(family_name="鈴木", given_name="健太")
    assert names(editor.get(LIST, {"q": words})) == found


def two_people(owner, day):
    """One and Two, who differ in everything a filter asks for."""
    make_attribute("prefecture", type="choice", choices="東京都\n京都府")
    make_attribute("bakes", type="choices", choices="パン\nケーキ")
    one = make_registered_member(
        family_name="One", language="ja", last_seen_at=timezone.now() - 10 * day
    )
    actions.update_member(
        member=one, attributes={"prefecture": "東京都", "bakes": ["パン", "ケーキ"]}
    )
    two = make_member(family_name="Two", language="en", owner=owner)
    actions.update_member(member=two, attributes={"prefecture": "京都府", "bakes": ["ケーキ"]})
    actions.tag_members(members=[one, two], add=["VIP"])
    actions.tag_members(members=[two], add=["東京"])
    actions.record_consent(member=one, purpose="email", granted=True, source="test")
    actions.record_consent(member=two, purpose="email", granted=False, source="test")
    return two


def test_filters_narrow_the_list(editor):
    owner, day = make_user(is_staff=True, is_superuser=True), datetime.timedelta(days=1)
    two = two_people(owner, day)
    tags = {tag.tag.name: tag.tag_id for tag in two.tagged_items.all()}
    today = timezone.localdate()
    asked = {
        (("status", "registered"),): ["One"],
        (("status", "registered"), ("status", "prospect")): ["One", "Two"],
        (("tag", tags["VIP"]),): ["One", "Two"],
        (("tag", tags["東京"]), ("tag", tags["VIP"])): ["One", "Two"],
        (("tag", tags["東京"]),): ["Two"],
        (("owner", owner.pk),): ["Two"],
        (("language", "en"),): ["Two"],
        (("consent", "email"),): ["One"],
        (("consent", "-email"),): ["Two"],
        (("registered_at_from", today),): ["One"],
        (("registered_at_to", today - day),): [],
        (("last_seen_at_to", today - 9 * day),): ["One"],
        (("attribute_prefecture", "東京都"),): ["One"],
        (("attribute_bakes", "パン"),): ["One"],
        (("attribute_bakes", "ケーキ"),): ["One", "Two"],
        (("attribute_bakes", "パン"), ("language", "en")): [],
    }
    found = {}
    for query in asked:
        pairs = {}
        for name, value in query:
            pairs.setdefault(name, []).append(str(value))
        found[query] = sorted(names(editor.get(LIST, pairs)))
    assert found == asked


def test_an_empty_list_says_how_people_get_into_it(editor):
    text = editor.get(LIST).text
    assert "Nobody is here yet" in text
    assert ADD in text
    assert "Nobody matches" in editor.get(LIST, {"q": "x"}).text


def test_adding_writes_through_the_action(editor):
    make_attribute("size", type="number")
    make_attribute("birthday", type="date")
    make_attribute("bakes", type="choices", choices="Bread\nCakes")
    response = editor.post(
        ADD,
        form(
            family_name_kana="タナカ",
            code=" C1 ",
            tags="VIP, 東京",
            attribute_size="2",
            attribute_birthday="1990-04-02",
            attribute_bakes=["Bread"],
        ),
    )
    member = Member.objects.get()
    assert (response.status_code, response.url) == (
        302,
        reverse("crm_member:inspect", args=[member.pk]),
    )
    assert (member.status, member.email_key, member.code) == (
        "prospect",
        "yoko@example.jp",
        "C1",
    )
    assert member.family_name_kana == "たなか"
    assert member.attributes == {"size": 2, "birthday": "1990-04-02", "bakes": ["Bread"]}
    assert member.tag_names == ["VIP", "東京"]


def test_a_taken_address_is_refused_with_a_link_to_its_owner(editor):
    owner = make_member(email="yoko@example.jp", family_name="鈴木")
    response = editor.post(ADD, form(email="YOKO@example.jp "))
    [error] = response.context["form"].errors["email"]
    address = reverse("crm_member:inspect", args=[owner.pk])
    assert error == (
        f'Somebody in the list already has this e-mail address: <a href="{address}">鈴木</a>'
    )
    assert f'<a href="{address}">鈴木</a>' in response.text
    assert Member.objects.count() == 1


def test_a_name_in_a_refusal_is_escaped(editor):
    make_member(email="yoko@example.jp", family_name="<script>")
    text = editor.post(ADD, form()).text
    assert "&lt;script&gt;" in text
    assert "<script></a>" not in text


def test_a_taken_code_is_refused(editor):
    make_member(code="C1")
    response = editor.post(ADD, form(code="C1"))
    assert list(response.context["form"].errors) == ["code"]


def test_editing_changes_fields_attributes_and_tags(editor):
    make_attribute("size", type="number")
    make_attribute("agreed", type="boolean")
    member = make_member(attributes={"size": 1, "kept": "by an import"})
    actions.tag_members(members=[member], add=["old", "both"])
    editor.post(edit_url(member), form(tags="both, new", attribute_size="", attribute_agreed="on"))
    member = Member.objects.get()
    assert member.full_name == "田中 陽子"
    assert member.attributes == {"agreed": True, "kept": "by an import"}
    assert member.tag_names == ["both", "new"]


def test_editing_shows_stored_values(editor):
    make_attribute("birthday", type="date")
    make_attribute("bakes", type="choices", choices="Bread\nCakes")
    member = make_member(attributes={"birthday": "1990-04-02", "bakes": ["Cakes"]})
    shown = editor.get(edit_url(member)).context["form"]
    assert (shown["attribute_birthday"].value(), shown["attribute_bakes"].value()) == (
        "1990-04-02",
        ["Cakes"],
    )


def test_the_address_of_an_account_is_changed_by_its_owner_only(editor):
    member = make_registered_member("yoko@example.jp")
    editor.post(edit_url(member), form(email="other@example.jp"))
    member.refresh_from_db()
    assert (member.email, member.family_name) == ("yoko@example.jp", "田中")


def test_owners_are_colleagues_only(editor):
    make_user("customer@example.jp")
    colleague = make_user("sato@example.jp", is_staff=True, is_superuser=True)
    choices = editor.get(ADD).context["form"].fields["owner"].queryset
    assert {user.email for user in choices} == {"boss@example.jp", colleague.email}


def test_history_names_who_changed_what(editor):
    editor.post(ADD, form())
    member = Member.objects.get()
    editor.post(edit_url(member), form(given_name="洋子"))
    text = editor.get(reverse("crm_member:history", args=[member.pk])).text
    assert text.count("boss@example.jp") >= 2


@pytest.mark.parametrize(("outcome", "email"), [("keep", "yoko@example.jp"), ("erase", "")])
def test_closing_keeps_or_erases(editor, outcome, email):
    member = make_registered_member("yoko@example.jp", family_name="田中")
    editor.post(reverse("crm_member:delete", args=[member.pk]), {"outcome": outcome})
    member.refresh_from_db()
    assert (member.status, member.email) == ("withdrawn", email)


def test_erasing_leaves_no_name_in_the_history(editor):
    editor.post(ADD, form())
    member = Member.objects.get()
    editor.post(reverse("crm_member:delete", args=[member.pk]), {"outcome": "erase"})
    editor.get(LIST)  # shows the messages of both
    text = editor.get(reverse("crm_member:history", args=[member.pk])).text
    assert "田中" not in text
    assert "Data erased" in text


PAGES = {
    "list": ["view", "add", "change", "delete"],
    "add": ["add"],
    "edit": ["change"],
    "inspect": ["view", "add", "change", "delete"],
    "history": ["add", "change", "delete"],
    "delete": ["delete"],
    "data": ["export"],
}


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("permission", ["none", "view", "add", "change", "delete", "export"])
def test_each_page_needs_its_permission(colleague, page, permission):
    member = make_member()
    browser = colleague(f"{permission}_member")
    arguments = [] if page in ("list", "add") else [member.pk]
    response = browser.get(reverse(f"crm_member:{page}", args=arguments))
    assert (response.status_code == 200) == (permission in PAGES[page])
    assert response.status_code in (200, 302)


def test_the_last_button_of_a_row_says_that_nobody_is_deleted(editor):
    member = make_member()
    page = BeautifulSoup(editor.get(reverse("crm_member:list")).content, "html.parser")
    [link] = page.find_all("a", href=reverse("crm_member:delete", args=[member.pk]))
    assert link.text.strip() == "Withdraw or erase"


def test_the_chooser_finds_by_name(editor):
    make_member(family_name="田中", family_name_kana="たなか")
    make_member(family_name="鈴木")
    chooser = Member.snippet_viewset.chooser_viewset
    text = editor.get(reverse(chooser.get_url_name("choose_results")), {"q": "タナカ"}).text
    assert ("田中" in text, "鈴木" in text) == (True, False)


def test_members_cost_nothing_in_the_reference_index():
    make_member(owner=make_user(is_staff=True))
    assert (
        ReferenceIndex.objects.filter(base_content_type__app_label="wagtail_crm_members").count()
        == 0
    )
