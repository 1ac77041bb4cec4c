"""Names and addresses as people write them, and as they are compared."""

import unicodedata

# Languages that put the family name first.
FAMILY_NAME_FIRST = {"ja", "zh", "ko", "hu", "vi"}

# Katakana and hiragana are the same list of sounds, 96 code points apart (Unicode 3040, 30A0).
KATAKANA = range(0x30A1, 0x30F7)
KANA_DISTANCE = 0x60
TO_HIRAGANA = {code: code - KANA_DISTANCE for code in KATAKANA}
TO_KATAKANA = {code - KANA_DISTANCE: code for code in KATAKANA}
KATAKANA_LETTERS = "".join(map(chr, TO_HIRAGANA))
HIRAGANA_LETTERS = "".join(map(chr, TO_KATAKANA))


def full_name(family: str, given: str, language: str) -> str:
    """Both parts in the order of ``language`` (``田中 陽子``, ``Yoko Tanaka``).

    A name written in kanji or kana keeps the family name first whatever the language.
    """
    family_first = language.split("-")[0] in FAMILY_NAME_FIRST or _is_east_asian(family + given)
    parts = (family, given) if family_first else (given, family)
    return " ".join(part for part in parts if part)


def _is_east_asian(text: str) -> bool:
    return any(unicodedata.east_asian_width(character) in "WF" for character in text)


def reading(text: str) -> str:
    """A reading as it is stored: hiragana of full width (``ﾀﾅｶ`` and ``タナカ`` are ``たなか``)."""
    return unicodedata.normalize("NFKC", text).strip().translate(TO_HIRAGANA)


def spellings(word: str) -> set[str]:
    """How the same sounds may stand in the list: as typed, in hiragana, in katakana; lower case."""
    plain = unicodedata.normalize("NFKC", word).lower()
    return {word.lower(), plain, plain.translate(TO_HIRAGANA), plain.translate(TO_KATAKANA)}


def folded(text: str) -> str:
    """A text as it is searched in: normal width, lower case, katakana as hiragana.

    The same as the database makes of what it stores: ``sql.SEARCH_TABLE``.
    """
    return unicodedata.normalize("NFKC", text).translate(TO_HIRAGANA).lower()


def pieces(word: str) -> list[str]:
    """What a folded text that has this folded word has too, as the database indexes it.

    Each two characters that follow each other; one character alone unless it is ASCII, where
    it would be in every text.
    """
    if len(word) == 1:
        return [] if word.isascii() else [word]
    return sorted({word[place : place + 2] for place in range(len(word) - 1)})


def clean_email(address: str) -> str:
    """The address as it is kept and mailed to: trimmed, full-width characters made half-width."""
    return unicodedata.normalize("NFKC", address).strip()


def email_key(address: str) -> str | None:
    """The form in which two spellings of one mailbox are equal, or None for no address.

    Lower case of :func:`clean_email`, an international domain in its ASCII form (RFC 5891). The
    local part is case-sensitive by RFC 5321 §2.4 but no provider of note treats it so; dots and
    ``+tags`` are kept because they are different mailboxes at most providers.
    """
    lowered = unicodedata.normalize("NFKC", clean_email(address).lower())
    local, at, domain = lowered.rpartition("@")
    return f"{local}{at}{_ascii_domain(domain)}" or None


def _ascii_domain(domain: str) -> str:
    if domain.isascii():
        return domain
    try:
        return domain.encode("idna").decode("ascii")
    except UnicodeError:
        return domain
