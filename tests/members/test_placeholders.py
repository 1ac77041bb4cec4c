import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from wagtail import hooks

from tests.members.factories import make_attribute
from wagtail_crm.members.models import Member
from wagtail_crm.members.placeholders import (
    Placeholder,
    available_placeholders,
    fill,
    unknown_words,
)

KNOWN = {
    "name": Placeholder("name", "Name", lambda member: member.full_name),
    "code": Placeholder("code", "Code", lambda member: member.code or ""),
}
YOKO = Member(family_name="田中", given_name="陽子")


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ name }} さん", "田中 陽子 さん"),
        ("{{name}}", "田中 陽子"),
        ("{{ name|お客様 }}", "田中 陽子"),
        ("{{ code|なし }}", "なし"),
        ("{{ code }}!", "!"),
        ("{{ other }} { name } {{ name", "{{ other }} { name } {{ name"),
        ("{{ name.upper }}", "{{ name.upper }}"),
        ("{% now 'Y' %}", "{% now 'Y' %}"),
    ],
)
def test_fill_replaces_known_words_only(text, filled):
    assert fill(text, YOKO, KNOWN) == filled


def test_fill_without_a_member_says_the_alternative():
    assert fill("{{ name|お客様 }}{{ code }}", None, KNOWN) == "お客様"


def test_fill_escapes_values_in_html_but_not_the_text():
    member = Member(family_name="<b>", code="&")
    text = "<p>{{ name|A &amp; B }} {{ code|A &amp; B }}</p>"
    assert fill(text, member, KNOWN, html=True) == "<p>&lt;b&gt; &amp;</p>"
    assert fill(text, None, KNOWN, html=True) == "<p>A &amp; B A &amp; B</p>"


@given(st.text(max_size=60))
def test_a_value_is_never_filled_again(value):
    member = Member(family_name=value + "{{ code }}", code="secret")
    assert "secret" not in fill("{{ name }}", member, KNOWN).replace(value, "")


def test_unknown_words_are_named():
    assert unknown_words("{{ nmae }} {{ name }} {{ x|y }}", KNOWN) == ["nmae", "x"]


@pytest.mark.django_db
def test_available_are_ours_attributes_and_what_rooms_add(registries):
    make_attribute(
        "prefecture", type="choice", choices="東京都", translations={"en": {"choices": "Tokyo"}}
    )
    shoe = Placeholder("shoe_size", "Shoe size", lambda member: "7")
    with hooks.register_temporarily("register_crm_placeholders", lambda: [shoe]):
        known = available_placeholders()
    ours = ["name", "family_name", "given_name", "name_kana", "email", "code"]
    assert set(known) >= {*ours, "attributes.prefecture", "shoe_size"}
    member = Member(attributes={"prefecture": "東京都"})
    with translation.override("en"):
        filled = fill("{{ attributes.prefecture }} {{ shoe_size }}", member, known)
    assert filled == "Tokyo 7"


@pytest.mark.django_db
@pytest.mark.parametrize("number", [1, 3])
def test_available_placeholders_are_read_in_one_query(number, django_assert_num_queries):
    for n in range(number):
        make_attribute(f"key{n}")
    with django_assert_num_queries(1):
        available_placeholders()
