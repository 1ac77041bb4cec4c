import datetime
from decimal import Decimal

import pytest
from django import forms
from django.core.exceptions import ValidationError
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st

from wagtail_crm.members.attributes import (
    display_value,
    form_field,
    parse_text,
    stored_value,
)
from wagtail_crm.members.models import AttributeDefinition


def definition(type="text", **fields):
    return AttributeDefinition(key="x", label="X", type=type, **fields)


LIST = {"choices": "パン\nケーキ", "translations": {"en": {"choices": "Bread\nCakes"}}}


@pytest.mark.parametrize(
    ("kind", "text", "stored"),
    [
        (definition(), " hello ", "hello"),
        (definition(), "", None),
        (definition(), "１２３－４５６７", "123-4567"),
        (definition(), "１２３ー４５６７", "123-4567"),
        (definition(), "（０３）　１２３４−５６７８", "(03) 1234-5678"),
        (definition(), "コーヒー１号店", "コーヒー１号店"),
        (definition(), "ー", "ー"),
        (definition("number"), "１２", 12),
        (definition("number"), "2.50", 2.5),
        (definition("number"), "12", 12),
        (definition("date"), "1990-04-02", "1990-04-02"),
        (definition("boolean"), "はい", True),
        (definition("boolean"), "no", False),
        (definition("boolean"), "", None),
        (definition("choice", **LIST), "パン", "パン"),
        (definition("choices", **LIST), "パン、ケーキ", ["パン", "ケーキ"]),
        (definition("choices", **LIST), "パン; ケーキ", ["パン", "ケーキ"]),
        (definition("choices", **LIST), "", None),
    ],
)
def test_a_cell_becomes_what_is_stored(kind, text, stored):
    assert parse_text(kind, text) == stored


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (definition("number"), "many"),
        (definition("date"), "soon"),
        (definition("boolean"), "maybe"),
        (definition("choice", **LIST), "Rice"),
        (definition("choices", **LIST), "パン,Rice"),
    ],
)
def test_a_cell_that_does_not_fit_is_refused(kind, text):
    with pytest.raises(ValidationError):
        parse_text(kind, text)


@pytest.mark.parametrize(
    ("kind", "stored", "japanese", "english"),
    [
        (definition(), "x", "x", "x"),
        (definition(), None, "", ""),
        (definition("number"), 12000, "12,000", "12,000"),
        (definition("date"), "1990-04-02", "1990年4月2日", "April 2, 1990"),
        (definition("date"), "soon", "soon", "soon"),
        (definition("boolean"), True, "はい", "Yes"),
        (definition("boolean"), False, "いいえ", "No"),
        (definition("choice", **LIST), "パン", "パン", "Bread"),
        (definition("choice", **LIST), "gone", "gone", "gone"),
        (definition("choices", **LIST), ["パン", "ケーキ"], "パン, ケーキ", "Bread, Cakes"),
        (definition("choices", **LIST), [], "", ""),
    ],
)
def test_a_stored_value_in_words(kind, stored, japanese, english):
    said = {}
    for language in ("ja", "en"):
        with translation.override(language):
            said[language] = display_value(kind, stored)
    assert said == {"ja": japanese, "en": english}


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-1e9, max_value=1e9))
def test_numbers_are_stored_as_json_numbers_of_the_same_value(number):
    stored = stored_value(number)
    assert isinstance(stored, (int, float))
    assert round(Decimal(str(stored)), 4) == number


@given(st.dates())
def test_dates_are_stored_so_that_text_order_is_time_order(day):
    assert datetime.date.fromisoformat(stored_value(day)) == day


def test_labels_come_in_the_active_language_or_as_first_written():
    kind = definition(help_text="h", translations={"ja": {"label": "エックス", "help_text": ""}})
    with translation.override("ja"):
        assert (kind.text("label"), kind.text("help_text"), str(kind)) == (
            "エックス",
            "h",
            "エックス",
        )
    with translation.override("en"):
        assert kind.text("label") == "X"


def test_a_translation_with_too_few_choices_is_not_used():
    kind = definition("choice", choices="A\nB", translations={"ja": {"choices": "あ"}})
    with translation.override("ja"):
        assert kind.choice_pairs == [("A", "A"), ("B", "B")]


@pytest.mark.parametrize("required", [True, False])
def test_a_field_asks_as_the_definition_says(required):
    field = form_field(definition("choice", required=required, help_text="h", **LIST))
    assert (field.required, field.help_text, field.label) == (required, "h", "X")
    assert form_field(definition(required=True), required=False).required is False


@pytest.mark.parametrize("key", ["size", "size_2", "a1"])
def test_keys_that_fit_everywhere(key):
    AttributeDefinition(key=key, label="x").clean_fields()


@pytest.mark.parametrize("key", ["", "Size", "1a", "a__b", "_a", "a_", "a-b", "a b", "あ", "a\n"])
def test_keys_that_do_not(key):
    with pytest.raises(ValidationError):
        AttributeDefinition(key=key, label="x").clean_fields()


def test_help_is_no_html_however_a_form_is_drawn():
    class Profile(forms.Form):
        x = form_field(definition(help_text="<script>alert(1)</script>"))

    for html in (Profile().as_p(), Profile().as_div()):
        assert "<script>" not in html
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in html
