import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_crm.members.names import email_key, full_name, reading, spellings

HIRAGANA = st.text(st.characters(min_codepoint=0x3041, max_codepoint=0x3096), min_size=1)


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("Yoko@Example.JP ", "yoko@example.jp"),
        ("yoko+shop@example.jp", "yoko+shop@example.jp"),
        ("\uff39\uff4f\uff4b\uff4f\uff20example.jp", "yoko@example.jp"),
        ("yoko@\u65e5\u672c\u8a9e.jp", "yoko@xn--wgv71a119e.jp"),
        ("  ", None),
        ("", None),
    ],
)
def test_email_key(address, key):
    assert email_key(address) == key


@given(st.text())
def test_email_key_of_a_key_is_itself(text):
    key = email_key(text)
    assert key is None or email_key(key) == key


@given(st.emails())
def test_email_key_ignores_case_and_outer_space_and_fits_its_column(address):
    assert email_key(f" {address.upper()} ") == email_key(address)
    assert len(email_key(address)) <= 320


@pytest.mark.parametrize(
    ("family", "given_name", "language", "name"),
    [
        ("田中", "陽子", "en", "田中 陽子"),
        ("Tanaka", "Yoko", "ja", "Tanaka Yoko"),
        ("Tanaka", "Yoko", "en-gb", "Yoko Tanaka"),
        ("Tanaka", "", "en", "Tanaka"),
        ("", "", "en", ""),
    ],
)
def test_full_name(family, given_name, language, name):
    assert full_name(family, given_name, language) == name


def test_reading_is_full_width_hiragana():
    assert reading(" タナカ ﾖｳｺ ") == "たなか ようこ"


@given(HIRAGANA)
def test_reading_of_hiragana_is_found_by_either_kana(text):
    katakana = "".join(chr(ord(character) + 0x60) for character in text)
    assert reading(katakana) == reading(text)
    assert reading(text) in spellings(katakana)
    assert katakana in spellings(text)


@given(st.text())
def test_reading_twice_changes_nothing(text):
    assert reading(reading(text)) == reading(text)
