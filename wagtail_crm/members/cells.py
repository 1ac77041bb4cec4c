"""Cells of files that a spreadsheet will open."""

# A cell that starts so may be run as a formula (OWASP: CSV injection); where Japanese is typed,
# the wide forms too.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def neutralise(text: str) -> str:
    """The cell as text, never as a formula: with an apostrophe before it if need be."""
    return f"'{text}" if text.startswith(FORMULA_STARTS) else text
