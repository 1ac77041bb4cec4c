import csv
import io

import pytest
from bs4 import BeautifulSoup
from wagtail.models import ModelLogEntry

from tests.members.factories import make_attribute, make_member, make_registered_member, make_user
from wagtail_crm.members import actions
from wagtail_crm.members.export import member_rows
from wagtail_crm.members.models import Member

pytestmark = pytest.mark.django_db


def bulk(action, *members, **query):
    ids = "&".join(f"id={member.pk}" for member in members) or "id=all"
    more = "".join(f"&{name}={value}" for name, value in query.items())
    return f"/admin/bulk/wagtail_crm_members/member/{action}/?{ids}{more}&next=/admin/crm/member/"


def said(response):
    return [str(message).strip() for message in response.context["messages"]]


def test_tags_are_put_on_and_taken_off(editor):
    one, two, other = make_member(), make_member(), make_member()
    actions.tag_members(members=[one, other], add=["old"])
    old = one.tagged_items.get().tag_id
    response = editor.post(bulk("tag", one, two), {"add": "new, 東京", "remove": [old]})
    assert (response.status_code, response.url) == (302, "/admin/crm/member/")
    tags = [Member.objects.get(pk=member.pk).tag_names for member in (one, two, other)]
    assert tags == [["new", "東京"], ["new", "東京"], ["old"]]


def test_the_message_counts_those_who_lost_the_tag_they_were_found_by(editor):
    member = make_member()
    actions.tag_members(members=[member], add=["old"])
    old = member.tagged_items.get().tag_id
    response = editor.post(bulk("tag", tag=old), {"add": "", "remove": [old]}, follow=True)
    assert Member.objects.get().tag_names == []
    assert said(response) == ["The tags of 1 member were changed."]


def test_no_tag_chosen_is_told_and_not_called_a_change(editor):
    member = make_member()
    response = editor.post(bulk("tag", member), {"add": ""})
    assert response.status_code == 200
    assert response.context["form"].non_field_errors() == [
        "Choose at least one tag to add or to remove."
    ]
    assert "Choose at least one tag" in response.text


def test_nobody_chosen_takes_no_owner_away(editor):
    boss = make_user(is_superuser=True)
    member = make_member(owner=boss)
    response = editor.post(bulk("owner", member), {"owner": ""})
    assert response.context["form"].errors == {"owner": ["This field is required."]}
    assert Member.objects.get().owner == boss


@pytest.mark.parametrize("count", [1, 2])
def test_the_message_says_who_looks_after_whom(editor, count):
    boss = make_user(is_superuser=True, first_name="50%(x)s", last_name="")
    members = [make_member() for _number in range(count)]
    noun = "member" if count == 1 else "members"
    response = editor.post(bulk("owner", *members), {"owner": boss.pk}, follow=True)
    assert said(response) == [f"{boss} now looks after {count} {noun}."]
    response = editor.post(bulk("owner", *members), {"owner": "nobody"}, follow=True)
    verb = "has" if count == 1 else "have"
    assert said(response) == [f"{count} {noun} {verb} no owner now."]
    assert [member.owner for member in Member.objects.all()] == [None] * count


@pytest.mark.parametrize(
    ("outcome", "words"),
    [
        ("keep", "2 members have been withdrawn."),
        ("erase", "The data of 2 members are erased."),
    ],
)
def test_the_message_says_what_became_of_them(editor, outcome, words):
    members = [make_member(), make_member()]
    response = editor.post(bulk("delete", *members), {"outcome": outcome}, follow=True)
    assert said(response) == [words]


def test_the_button_names_the_outcome(editor):
    member = make_member()
    for address in (bulk("delete", member), f"/admin/crm/member/delete/{member.pk}/"):
        page = BeautifulSoup(editor.get(address).text, "html.parser")
        words = page.select(
            '[data-controller="w-rules"] button.serious [data-w-rules-target="show"]'
        )
        assert [(each["data-w-rules"], each.text) for each in words] == [
            ('{"outcome": "keep"}', "Withdraw"),
            ('{"outcome": "erase"}', "Withdraw and erase"),
        ]


def test_days_and_numbers_are_exported_as_spreadsheets_calculate_with_them(editor):
    make_attribute("birthday", type="date", label="Birthday")
    make_attribute("height", type="number", label="Height")
    make_member(attributes={"birthday": "1986-05-14", "height": 1234.5})
    make_member(attributes={"height": 0})
    response = editor.post(bulk("export"), {"format": "utf-8-sig"})
    heading, *rows = exported(response, "utf-8-sig")
    place = heading.index("Birthday")
    assert sorted(row[place : place + 2] for row in rows) == [["", "0"], ["1986-05-14", "1234.5"]]


def test_all_means_all_that_search_and_filters_leave(editor):
    found = make_member(family_name="田中", language="ja")
    make_member(family_name="田中", language="en")
    make_member(family_name="鈴木", language="ja")
    address = bulk("tag", q="田中", language="ja")
    assert editor.get(address).context["count"] == 1
    editor.post(address, {"add": "VIP"})
    assert [member.pk for member in Member.objects.filter(tags__name="VIP")] == [found.pk]


def test_all_with_a_broken_filter_is_nobody(editor):
    make_member()
    editor.post(bulk("tag", language="xx"), {"add": "VIP"})
    assert Member.objects.filter(tags__name="VIP").count() == 0


def test_the_confirmation_names_a_few_and_counts_the_rest(editor):
    for number in range(12):
        make_member(family_name=f"Name{number}")
    response = editor.get(bulk("tag"))
    assert (response.context["count"], response.context["hidden_count"]) == (12, 2)
    assert "and 2 more" in response.text


def test_owner_is_set_for_many(editor):
    one, two = make_member(), make_member()
    boss = make_user("sato@example.jp", is_staff=True, is_superuser=True)
    editor.post(bulk("owner", one, two), {"owner": boss.pk})
    assert Member.objects.filter(owner=boss).count() == 2


@pytest.mark.parametrize(("outcome", "emails"), [("keep", 2), ("erase", 0)])
def test_closing_many_never_deletes_a_row(editor, outcome, emails):
    make_registered_member()
    make_member()
    editor.post(bulk("delete"), {"outcome": outcome})
    assert Member.objects.withdrawn().count() == 2
    assert Member.objects.exclude(email="").count() == emails


def exported(response, encoding):
    text = b"".join(response.streaming_content).decode(encoding)
    return list(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("outcome", ["keep", "erase"])
def test_closing_many_says_who_did_it_and_not_whom(editor, outcome):
    members = [make_member(family_name="田中") for _n in range(2)]

    editor.post(bulk("delete", *members), {"outcome": outcome})

    entries = ModelLogEntry.objects.filter(action__startswith="wagtail_crm.")
    assert [(entry.user.email, entry.label) for entry in entries.order_by("pk")] == [
        ("boss@example.jp", f"Member {member.pk}") for member in members
    ]
    assert {entry.action for entry in entries} == {
        {"keep": "wagtail_crm.withdraw", "erase": "wagtail_crm.erase"}[outcome]
    }


def test_nobody_is_called_by_a_sign_that_is_none(editor):
    assert editor.get(bulk("tag", q="a%00b")).status_code == 200


def test_export_has_a_line_for_each_with_readable_values(editor):
    make_attribute("prefecture", type="choice", choices="Tokyo", label="Prefecture")
    member = make_member(
        email="yoko@example.jp",
        family_name="田中",
        given_name="陽子",
        code="C1",
        attributes={"prefecture": "Tokyo"},
    )
    actions.tag_members(members=[member], add=["b", "a"])
    actions.record_consent(member=member, purpose="email", granted=True, source="test")
    response = editor.post(bulk("export", member), {"format": "utf-8-sig"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"].startswith('attachment; filename="members-')
    heading, row = exported(response, "utf-8-sig")
    told = dict(zip(heading, row, strict=True))
    assert {name: value for name, value in told.items() if value and "since" not in name} == {
        "Customer code": "C1",
        "Family name": "田中",
        "Given name": "陽子",
        "E-mail": "yoko@example.jp",
        "Status": "Prospect",
        "Tags": "a, b",
        "Consent: E-mail": "Yes",
        "Consent: Personal content": "No",
        "Prefecture": "Tokyo",
    }


def test_export_for_excel_begins_with_the_byte_order_mark(editor):
    response = editor.post(bulk("export"), {"format": "utf-8-sig"})
    assert b"".join(response.streaming_content)[:3] == b"\xef\xbb\xbf"


def test_export_in_shift_jis_replaces_what_it_lacks(editor):
    make_member(family_name="髙橋", given_name="😀")
    response = editor.post(bulk("export"), {"format": "cp932"})
    _heading, row = exported(response, "cp932")
    assert (row[1], row[2]) == ("髙橋", "〓")


def test_every_exported_cell_is_neutralised(editor):
    make_member(family_name="=cmd", code="@x", attributes={"a": "+1"})
    make_attribute("a", label="-label")
    response = editor.post(bulk("export"), {"format": "utf-8-sig"})
    heading, row = exported(response, "utf-8-sig")
    assert [cell for cell in heading + row if cell.startswith(("=", "+", "-", "@"))] == []
    assert row[1] == "'=cmd"


@pytest.mark.parametrize("number", [1, 3])
def test_export_asks_the_same_number_of_questions(number, django_assert_max_num_queries):
    for _n in range(number):
        member = make_member(owner=make_user(is_staff=True))
        actions.tag_members(members=[member], add=["VIP"])
    with django_assert_max_num_queries(4):
        list(member_rows(Member.objects.all(), []))


NEEDED = {"tag": "change", "owner": "change", "export": "export", "delete": "delete"}


@pytest.mark.parametrize("action", NEEDED)
@pytest.mark.parametrize("permission", ["view", "change", "delete", "export"])
def test_each_bulk_action_needs_its_permission(colleague, action, permission):
    member = make_member()
    browser = colleague(f"{permission}_member")
    allowed = permission == NEEDED[action]
    posted = {"add": "VIP", "owner": "", "format": "cp932", "outcome": "keep"}
    assert (browser.get(bulk(action, member)).status_code == 200) == allowed
    response = browser.post(bulk(action, member), posted)
    member.refresh_from_db()
    changed = member.status == "withdrawn" or bool(member.tag_names) or response.streaming
    assert changed == (allowed and action != "owner")
