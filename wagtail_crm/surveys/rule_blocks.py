"""The rule "answered" as editors fill it in: a question, and the answers that count."""

from typing import Any

from django import forms
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks

from wagtail_crm.segments.rules.base import Broken, Rule
from wagtail_crm.segments.rules.blocks import RuleBlock

from .catalogue import all_surveys
from .rules import Answered

# "12:<question>:<choice>": a choice names its question, and a question its survey.
SEPARATOR = ":"

Groups = list[tuple[str, list[tuple[str, str]]]]


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
        for page in all_surveys()
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
        for page in all_surveys()
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


class SurveyRuleBlock(RuleBlock):
    slug = "survey"

    question = blocks.ChoiceBlock(choices=question_choices, label=_("Question"))
    comparison = blocks.ChoiceBlock(
        choices=[("did", _("answered with")), ("did_not", _("did not answer with"))],
        default="did",
        label=_("Members who"),
    )
    answers = blocks.MultipleChoiceBlock(
        choices=answer_choices,
        required=False,
        widget=AnswerBoxes,
        label=_("one of these answers"),
        help_text=_("None ticked: whatever they answered."),
    )

    def rule(self, value: Any) -> Rule:
        survey, _separator, question = (value["question"] or "").partition(SEPARATOR)
        if not survey:
            return Broken(gettext("No question is chosen."))
        return Answered(
            page_id=int(survey),
            question=question,
            values=tuple(
                answer.rpartition(SEPARATOR)[2]
                for answer in value["answers"] or ()
                if answer.rpartition(SEPARATOR)[0] == value["question"]
            ),
            negated=value["comparison"] == "did_not",
        )

    class Meta:
        icon = "form"
        label = _("Survey")
