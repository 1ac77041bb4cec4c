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
    changes: list[tuple[str, str]] = []
    gone = came = ""
    for operation, i, j, k, m in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        was, now = "".join(old[i:j]), "".join(new[k:m])
        # A space between two changes belongs to both: words are not told apart by it.
        is_between = was.isspace() and (gone or came) and (j < len(old) or m < len(new))
        if operation == "equal" and not is_between:
            changes += [("deletion", gone), ("addition", came), ("equal", was)]
            gone = came = ""
        else:
            gone, came = gone + was, came + now
    changes += [("deletion", gone), ("addition", came)]
    return [(kind, words) for kind, words in changes if words]
