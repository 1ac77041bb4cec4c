"""What members answered, counted."""

import json
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Count, F, Window
from django.db.models.functions import RowNumber
from django.utils.formats import number_format
from django.utils.translation import gettext

from .answers import in_words
from .models import SurveyAnswer, SurveyResponse
from .questions import Question

# Newest answers in words that a question shows; the file has them all.
WORDS_SHOWN = 10


@dataclass(frozen=True)
class Bar:
    """How many chose one answer, and which share of those who answered the question."""

    label: str
    count: int
    share: float

    @property
    def percent(self) -> str:
        return number_format(round(self.share * 100))


@dataclass
class QuestionResult:
    """One question with everything that is shown of it."""

    question: Question
    people: int = 0
    bars: list[Bar] = field(default_factory=list)
    words: list[tuple[str, SurveyResponse]] = field(default_factory=list)

    @property
    def labels_json(self) -> str:
        return json.dumps([bar.label for bar in self.bars])

    @property
    def series_json(self) -> str:
        counts = [bar.count for bar in self.bars]
        return json.dumps([{"label": gettext("Answers"), "values": counts}])

    @property
    def mean(self) -> float | None:
        """The mean step of a scale; None for other questions and without answers."""
        if self.question.field_type != "scale" or not self.people:
            return None
        return sum(step * bar.count for step, bar in enumerate(self.bars, 1)) / self.people


def results_of(page: Any) -> list[QuestionResult]:
    """Every question the survey asks now, counted; the queries do not grow with the questions."""
    rows = SurveyAnswer.objects.to_survey(page)
    people = dict(
        rows.order_by().values_list("question").annotate(Count("response", distinct=True))
    )
    counts = {(row["question"], row["value"]): row["total"] for row in rows.per_choice()}
    words = _newest_words(page)
    results = []
    for question in page.question_list:
        key = question.clean_name
        result = QuestionResult(question, people.get(key, 0))
        result.bars = _bars(question, result.people, counts)
        result.words = [(in_words(question, [row]), row.response) for row in words.get(key, ())]
        results.append(result)
    return results


def _bars(question: Question, people: int, counts: dict[tuple[str, str], int]) -> list[Bar]:
    chosen = {value: total for (key, value), total in counts.items() if key == question.clean_name}
    offered = [(label, chosen.pop(value, 0)) for value, label in question.options]
    if chosen:
        offered.append((gettext("no longer offered"), sum(chosen.values())))
    return [Bar(label, count, count / people if people else 0.0) for label, count in offered]


def _newest_words(page: Any) -> dict[str, list[SurveyAnswer]]:
    position = Window(
        RowNumber(), partition_by=F("question"), order_by=F("response__submitted_at").desc()
    )
    rows = SurveyAnswer.objects.to_survey(page).exclude(text="").annotate(position=position)
    newest = rows.filter(position__lte=WORDS_SHOWN).select_related("response__member")
    found: dict[str, list[SurveyAnswer]] = {}
    for row in newest.order_by("question", "position"):
        found.setdefault(row.question, []).append(row)
    return found
