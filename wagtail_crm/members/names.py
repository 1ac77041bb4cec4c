"""Names and addresses as people write them, and as they are compared."""

import unicodedata

# Languages that put the family name first.
FAMILY_NAME_FIRST = {"ja", "zh", "ko", "hu", "vi"}


def full_name(family: str, given: str, language: str) -> str:
    """Both parts in the order of ``language`` (``田中 陽子``, ``Yoko Tanaka``).

    A name written in kanji or kana keeps the family name first whatever the language.
    """
    family_first = language.split("-")[0] in FAMILY_NAME_FIRST or _is_east_asian(family + given)
    parts = (family, given) if family_first else (given, family)
    return " ".join(part for part in parts if part)


def _is_east_asian(text: str) -> bool:
    return any(unicodedata.east_asian_width(character) in "WF" for character in text)


def email_key(address: str) -> str | None:
    """The form in which two spellings of one mailbox are equal, or None for no address.

    Trimmed, full-width characters made half-width (NFKC), and lower case. The local part is
    case-sensitive by RFC 5321 §2.4 but no provider of note treats it so; dots and ``+tags``
    are kept because they are different mailboxes at most providers.
    """
    key = unicodedata.normalize("NFKC", address).strip().lower()
    return key or None
