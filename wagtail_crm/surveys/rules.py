"""The segment rule "answered this question like that"."""

from dataclasses import dataclass
from typing import Any

from django.db.models import Q
from django.utils.functional import cached_property
from django.utils.translation import gettext

from wagtail_crm.segments.rules.base import Dependencies, Rule, Scope

from .actions import survey_field
from .catalogue import find_survey
from .models import SurveyAnswer, SurveyResponse
from .questions import Question


@dataclass(frozen=True)
class Answered(Rule):
    """Answered a survey, one of its questions, or gave one of some answers.

    ``question`` "" means the survey as a whole, no ``values`` any answer. ``negated`` holds for
    all others, those who never saw the survey among them.
    """

    page_id: int
    question: str = ""
    values: tuple[str, ...] = ()
    negated: bool = False

    def condition(self, scope: Scope) -> Q:
        if self.question:
            rows: Any = SurveyAnswer.objects.filter(
                response__page=self.page_id, question=self.question
            )
            if self.values:
                rows = rows.filter(value__in=self.values)
            member = "response__member"
        else:
            rows = SurveyResponse.objects.filter(page=self.page_id)
            member = "member"
        said = Q(pk__in=scope.only(rows, member).values(member))
        return ~said if self.negated else said

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({survey_field(self.page_id)}))

    @cached_property
    def _page(self) -> Any | None:
        return find_survey(self.page_id)

    @property
    def _question(self) -> Question | None:
        questions = self._page.question_list if self._page else ()
        return next((each for each in questions if each.clean_name == self.question), None)

    def problems(self) -> list[str]:
        if self._page is None:
            return [gettext("The survey that the rule names no longer exists.")]
        if self.question and self._question is None:
            return [gettext("The question that the rule names is no longer asked.")]
        offered = dict(self._question.options) if self._question else {}
        if not set(self.values) <= set(offered):
            return [gettext("An answer that the rule names is no longer offered.")]
        return []

    def sentence(self) -> str:
        words = {"survey": self._page.title if self._page else "?"}
        if self._question is None:
            if self.negated:
                return gettext("who did not answer “%(survey)s”") % words
            return gettext("who answered “%(survey)s”") % words
        words["question"] = self._question.label
        labels = dict(self._question.options)
        words["answers"] = gettext(" or ").join(labels.get(value, "?") for value in self.values)
        if not self.values:
            if self.negated:
                return gettext("who did not answer “%(question)s” in “%(survey)s”") % words
            return gettext("who answered “%(question)s” in “%(survey)s”") % words
        if self.negated:
            return gettext("who did not answer “%(question)s” with %(answers)s") % words
        return gettext("who answered “%(question)s” with %(answers)s") % words
