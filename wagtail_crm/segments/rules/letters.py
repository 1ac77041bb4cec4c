"""Comparing texts without regard to case, the same in Python and in every database.

A to Z are as a to z. What else is the same, large and small, each database knows in its own way:
then it alone can say.
"""

import string

SMALL = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def lowered(text: str) -> str:
    """With small letters for A to Z; all others as they are."""
    return text.translate(SMALL)


def has_other_letters(text: str) -> bool:
    """Whether it has letters beyond A to Z that are large or small."""
    return any(not letter.isascii() and letter.lower() != letter.upper() for letter in text)
