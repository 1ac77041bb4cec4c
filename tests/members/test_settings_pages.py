import pytest
from bs4 import BeautifulSoup
from django.urls import reverse
from django.utils import translation

from tests.members.factories import make_attribute, make_member
from wagtail_crm.members import actions
from wagtail_crm.members.attribute_form import key_for
from wagtail_crm.members.models import AttributeDefinition, ConsentRecord

pytestmark = pytest.mark.django_db

ADD = "/admin/crm/attributedefinition/add/"


def form(**changes):
    return {
        "type": "choice",
        "place": "registration",
        "label": "都道府県",
        "help_text": "",
        "choices": "東京都\n京都府",
        "label_en": "Prefecture",
        "help_text_en": "",
        "choices_en": "Tokyo\nKyoto",
    } | changes


def test_an_attribute_is_defined_in_every_language(editor):
    make_attribute("first", sort_order=4)
    editor.post(ADD, form())
    definition = AttributeDefinition.objects.get(label="都道府県")
    assert definition.translations == {
        "en": {"label": "Prefecture", "choices": "Tokyo\nKyoto"},
    }
    with translation.override("ja"):
        assert definition.choice_pairs == [("東京都", "東京都"), ("京都府", "京都府")]
    with translation.override("en"):
        assert definition.choice_pairs == [("東京都", "Tokyo"), ("京都府", "Kyoto")]
    assert (definition.key, definition.sort_order) == (key_for("都道府県").removesuffix("_2"), 5)


def test_choices_are_shown_only_for_types_with_choices(editor):
    page = BeautifulSoup(editor.get(ADD).text, "html.parser")
    shown = page.select('[data-controller="w-rules"] [data-w-rules-target="show"]')
    assert [each.find("textarea")["name"] for each in shown] == ["choices", "choices_en"]
    assert {each["data-w-rules"] for each in shown} == {'{"type": ["choice", "choices"]}'}


def test_editing_shows_and_keeps_the_translations(editor):
    definition = make_attribute(
        "pref",
        label="都道府県",
        translations={"en": {"label": "Prefecture"}, "de": {"label": "Präfektur"}},
    )
    address = reverse("crm_attributedefinition:edit", args=[definition.pk])
    assert editor.get(address).context["form"]["label_en"].value() == "Prefecture"
    editor.post(address, form(label_en="Region", type="text", choices="", choices_en=""))
    definition.refresh_from_db()
    assert definition.key == "pref"
    assert definition.translations == {"en": {"label": "Region"}, "de": {"label": "Präfektur"}}


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"choices": " \n "}, "choices"),
        ({"choices": "A\nA", "choices_en": ""}, "choices"),
        ({"choices_en": "Tokyo"}, "choices_en"),
        ({"label": ""}, "label"),
    ],
)
def test_choices_are_checked(editor, changes, field):
    response = editor.post(ADD, form(**changes))
    assert field in response.context["form"].errors
    assert AttributeDefinition.objects.count() == 0


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Favourite bread?", "favourite_bread"),
        ("2nd phone", "field_2nd_phone"),
        ("!?", "field"),
        ("x" * 60, "x" * 40),
    ],
)
def test_key_reads_like_the_label(label, key):
    assert key_for(label) == key


def test_key_is_new():
    make_attribute("size")
    make_attribute("size_2")
    assert key_for("Size") == "size_3"


def test_key_of_kanji_is_a_valid_key():
    definition = AttributeDefinition(key=key_for("都道府県"), label="都道府県")
    definition.full_clean()


def test_the_empty_list_says_what_an_attribute_is(editor):
    assert "No attributes yet" in editor.get("/admin/crm/attributedefinition/").text


@pytest.mark.parametrize("number", [1, 3])
def test_attribute_list_asks_at_most_fifteen_questions(
    editor, number, django_assert_max_num_queries
):
    for n in range(number):
        make_attribute(f"key{n}")
    editor.get("/admin/crm/attributedefinition/")
    with django_assert_max_num_queries(15):
        editor.get("/admin/crm/attributedefinition/")


@pytest.mark.parametrize("number", [1, 3])
def test_consent_list_asks_at_most_fifteen_questions(editor, number, django_assert_max_num_queries):
    for _n in range(number):
        actions.record_consent(
            member=make_member(), purpose="email", granted=True, source="registration"
        )
    editor.get("/admin/crm/consentrecord/")
    with django_assert_max_num_queries(15):
        text = editor.get("/admin/crm/consentrecord/").text
    assert text.count("Registration") >= number


def test_consents_cannot_be_changed_even_by_a_superuser(editor):
    record = actions.record_consent(
        member=make_member(), purpose="email", granted=True, source="test"
    )
    pages = {
        name: reverse(f"crm_consentrecord:{name}", args=[record.pk]) for name in ("edit", "delete")
    }
    pages["add"] = reverse("crm_consentrecord:add")
    pages["bulk"] = f"/admin/bulk/wagtail_crm_members/consentrecord/delete/?id={record.pk}"
    for address in pages.values():
        editor.post(address, {})
    assert list(ConsentRecord.objects.all()) == [record]
    assert {name: editor.get(address).status_code for name, address in pages.items()} == {
        "edit": 302,
        "delete": 302,
        "add": 302,
        "bulk": 302,
    }
