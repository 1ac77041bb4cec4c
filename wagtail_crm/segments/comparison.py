"""Two versions of a segment side by side."""

from typing import Any

from wagtail.admin.compare import TextFieldComparison


class RulesComparison(TextFieldComparison):
    """Compares what the rules say, in the words of the lists; Wagtail's own shows stored codes."""

    def __init__(self, field: Any, obj_a: Any, obj_b: Any) -> None:
        super().__init__(field, obj_a, obj_b)
        self.val_a, self.val_b = obj_a.sentence, obj_b.sentence
