"""Two versions of a segment side by side."""

import re
from difflib import SequenceMatcher
from typing import Any

from django.utils.safestring import SafeString
from wagtail.admin.compare import TextDiff, TextFieldComparison

# Japanese puts no spaces between words; they mostly end where the script changes.
WORD = re.compile(r"\d[\d.,]*|[々一-鿿]+|[ぁ-ゟ]+|[゠-ヿ]+|[^\W\d_々一-鿿ぁ-ヿ]+|.", re.DOTALL)


class RulesComparison(TextFieldComparison):
    """Compares what the rules say, in the words of the lists; Wagtail's own shows stored codes."""

    def __init__(self, field: Any, obj_a: Any, obj_b: Any) -> None:
        super().__init__(field, obj_a, obj_b)
        self.val_a, self.val_b = obj_a.sentence, obj_b.sentence

    def htmldiff(self) -> SafeString:
        html: SafeString = TextDiff(changes_between(self.val_a, self.val_b)).to_html()
        return html


def changes_between(before: str, after: str) -> list[tuple[str, str]]:
    """Pieces of both texts in order: ("equal" or "deletion" or "addition", words)."""
    old, new = WORD.findall(before), WORD.findall(after)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    steps = [
        (code[0], "".join(old[code[1] : code[2]]), "".join(new[code[3] : code[4]]))
        for code in codes
    ]
    following = [*(max(len(was), len(now)) for _, was, now in steps[1:]), 0]
    changes: list[tuple[str, str]] = []
    gone = came = ""
    for (operation, was, now), follows in zip(steps, following, strict=False):
        shorter = min(max(len(gone), len(came)), follows)
        if operation == "equal" and not _is_between(was, shorter):
            changes += [("deletion", gone), ("addition", came), ("equal", was)]
            gone = came = ""
        else:
            gone, came = gone + was, came + now
    changes += [("deletion", gone), ("addition", came)]
    return [(kind, words) for kind, words in changes if words]


def _is_between(words: str, shorter: int) -> bool:
    """Whether they only happen to be the same between two changes, the shorter one so long.

    A space belongs to both: words are not told apart by it.
    """
    return shorter > 0 and (words.isspace() or len(words) <= shorter)
