"""The rule "answered" as editors fill it in: a question, and the answers that count."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import swapper
from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.segments.rules.base import Broken, Rule
from wagtail_crm.segments.rules.blocks import RuleBlock
from wagtail_crm.segments.rules.reading import (
    RuleChoices,
    instances,
    is_together,
    offered,
    once,
)

from .catalogue import survey_models, surveys_by_id
from .questions import Question
from .rules import Answered, Named

# "12:<question>:<choice>": a choice names its question, and a question its survey.
SEPARATOR = ":"

Groups = list[tuple[str, list[tuple[str, str]]]]


COLUMNS = ("pk", "title", "questions")
# What this rule offers, for the hook.
CHOICES = RuleChoices("surveys", lambda: [m.objects.all() for m in survey_models()], COLUMNS)


def offered_surveys() -> list[Any]:
    """Every survey, drafts too, newest first; as much of each as its questions need."""
    return once("surveys", _offered_surveys)


def _offered_surveys() -> list[Any]:
    pages: list[Any] = instances(offered("surveys"), COLUMNS)
    return sorted(pages, key=lambda page: page.pk, reverse=True)


def question_choices() -> Groups:
    """Every question of every survey, grouped by survey; and each survey as a whole."""
    return [
        (
            page.title,
            [(f"{page.pk}{SEPARATOR}", gettext("Anything in “%s”") % page.title)]
            + [
                (SEPARATOR.join((str(page.pk), question.clean_name)), question.label)
                for question in page.question_list
            ],
        )
        for page in offered_surveys()
    ]


def answer_choices() -> Groups:
    """Every choice of every question, grouped by question."""
    return [
        (
            f"{page.title} › {question.label}",
            [
                (SEPARATOR.join((str(page.pk), question.clean_name, value)), label)
                for value, label in question.options
            ],
        )
        for page in offered_surveys()
        for question in page.question_list
        if question.options
    ]


class AnswerBoxes(forms.CheckboxSelectMultiple):
    """Boxes of which a script shows only those of the question chosen beside them."""

    class Media:
        js = ["wagtail_crm/surveys/answers.js"]

    def render(self, *args: Any, **kwargs: Any) -> SafeString:
        boxes = super().render(*args, **kwargs)
        return format_html('<div data-controller="crm-answers">{}</div>', boxes)


class Chosen(str):
    """The chosen question as it is stored, with the survey that asks it."""

    survey: Any = None

    @property
    def page_id(self) -> int:
        """The survey's page id; 0 when none is chosen."""
        page_id = self.partition(SEPARATOR)[0]
        return int(page_id) if page_id.isdigit() else 0

    @property
    def question(self) -> str:
        """The id of the question; "" for the survey as a whole."""
        return self.partition(SEPARATOR)[2]


class QuestionChoiceBlock(blocks.ChoiceBlock):
    """Chooses among the questions of all surveys; the surveys of many rules are read at once."""

    def to_python(self, value: Any) -> Chosen:
        return self.bulk_to_python([value])[0]

    def bulk_to_python(self, values: Any) -> list[Chosen]:
        chosen = [Chosen(value or "") for value in values]
        wanted = {each.page_id for each in chosen} - {0}
        if is_together():
            pages = {page.pk: page for page in offered_surveys()} if wanted else {}
        else:
            pages = surveys_by_id(wanted)
        for each in chosen:
            each.survey = pages.get(each.page_id)
        return chosen

    def value_from_form(self, value: Any) -> Chosen:
        return self.normalize_choice(value)

    def normalize_choice(self, value: Any) -> Chosen:
        return value if isinstance(value, Chosen) else self.to_python(value)

    def get_prep_value(self, value: Any) -> str:
        return str(value or "")

    def extract_references(self, value: Any) -> Iterator[tuple[Any, str, str, str]]:
        """Lets Wagtail know that the survey is used here, as choosers do."""
        if value and value.page_id:
            yield swapper.load_model("wagtailcore", "Page"), str(value.page_id), "", ""


class AnswerChoicesBlock(blocks.MultipleChoiceBlock):
    """Chooses among the answers of all surveys."""

    def normalize_choice(self, value: Any) -> Any:
        # Stored as they are chosen: no need to read every survey for each of them.
        return value


class SurveyRuleBlock(RuleBlock):
    slug = "survey"

    question = QuestionChoiceBlock(choices=question_choices, label=_("Question"))
    comparison = blocks.ChoiceBlock(
        choices=[("did", _("answered with")), ("did_not", _("did not answer with"))],
        default="did",
        label=_("Members who"),
    )
    answers = AnswerChoicesBlock(
        choices=answer_choices,
        required=False,
        widget=AnswerBoxes,
        label=_("one of these answers"),
        help_text=_("None ticked: whatever they answered."),
    )

    def rule(self, value: Any) -> Rule:
        chosen = value["question"]
        page, key = chosen.survey, chosen.question
        if page is None:
            return Broken(gettext("No question is chosen, or its survey no longer exists."))
        asked = next((each for each in page.question_list if each.clean_name == key), None)
        if key and asked is None:
            text = gettext("“%(survey)s” no longer asks the question.")
            return Broken(text % {"survey": page.title})
        rule = Answered(page.pk, page.title, negated=value["comparison"] == "did_not")
        if asked is None:
            return rule
        return self._rule_of_question(rule, asked, value)

    def _rule_of_question(self, rule: Answered, question: Question, value: Any) -> Rule:
        offered = dict(question.options)
        prefix = f"{value['question']}{SEPARATOR}"
        chosen = [
            answer.removeprefix(prefix)
            for answer in value["answers"] or ()
            if answer.startswith(prefix)
        ]
        if not set(chosen) <= set(offered):
            text = gettext("“%(question)s” no longer offers one of the answers.")
            return Broken(text % {"question": question.label})
        return replace(
            rule,
            question=Named(question.clean_name, question.label),
            answers=tuple(Named(answer, offered[answer]) for answer in chosen),
        )

    class Meta:
        icon = "form"
        label = _("Survey")
