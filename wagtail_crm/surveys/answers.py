"""Answers between the form, the tables, and words."""

import datetime
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from django.utils.dateparse import parse_date
from django.utils.formats import date_format, number_format

from .models import SurveyAnswer, SurveyResponse
from .questions import Question

# Longer answers are cut in the event log; the whole text is in the answer.
SHORT = 80


def rows_of(
    response: SurveyResponse, questions: Iterable[Question], cleaned: Mapping[str, Any]
) -> Iterator[SurveyAnswer]:
    """The rows that hold a cleaned form; unanswered questions have none."""
    for question in questions:
        value = cleaned.get(question.clean_name)
        if value in (None, "", []):
            continue
        if question.is_countable:
            for choice in [value] if isinstance(value, str) else value:
                yield _row(response, question, value=choice)
        else:
            yield _row(response, question, text=_stored(value))


def _row(response: SurveyResponse, question: Question, **fields: str) -> SurveyAnswer:
    return SurveyAnswer(response=response, question=question.clean_name, **fields)


def _stored(value: Any) -> str:
    if isinstance(value, datetime.date):
        return value.isoformat()
    if isinstance(value, Decimal):
        return f"{value.normalize():f}"
    return str(value)


def by_question(rows: Iterable[SurveyAnswer]) -> dict[str, list[SurveyAnswer]]:
    found: dict[str, list[SurveyAnswer]] = {}
    for row in rows:
        found.setdefault(row.question, []).append(row)
    return found


def in_words(question: Question, rows: Sequence[SurveyAnswer]) -> str:
    """The answers to one question as people read them; "" for none."""
    if not rows:
        return ""
    if question.is_countable:
        order = [value for value, _label in question.options]
        chosen = {row.value for row in rows}
        known = [value for value in order if value in chosen]
        return question.display([*known, *sorted(chosen - set(order))])
    text = rows[0].text
    if question.field_type == "date" and (day := parse_date(text)):
        return date_format(day, "DATE_FORMAT")
    if question.field_type == "number":
        return number_format(text, force_grouping=True)
    return text


def sheet(
    questions: Sequence[Question], rows: Iterable[SurveyAnswer]
) -> list[tuple[Question, str]]:
    """Every question of a survey with one member's answer."""
    answered = by_question(rows)
    return [
        (question, in_words(question, answered.get(question.clean_name, ())))
        for question in questions
    ]


def short_answers(questions: Sequence[Question], rows: Iterable[SurveyAnswer]) -> dict[str, str]:
    """Question to answer for the event log, cut to what a timeline shows."""
    return {question.label: _cut(words) for question, words in sheet(questions, rows) if words}


def _cut(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHORT else f"{text[: SHORT - 1]}…"


def initial(questions: Iterable[Question], rows: Iterable[SurveyAnswer]) -> dict[str, Any]:
    """What the form shows of earlier answers."""
    answered = by_question(rows)
    found: dict[str, Any] = {}
    for question in questions:
        given = answered.get(question.clean_name)
        if not given:
            continue
        if question.field_type == "choices":
            found[question.clean_name] = [row.value for row in given]
        else:
            found[question.clean_name] = given[0].value or given[0].text
    return found
