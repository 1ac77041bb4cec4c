"""The segment rule "answered this question like that"."""

from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext

from wagtail_crm.segments.rules.base import Dependencies, Rule, Scope, WordedRule
from wagtail_crm.segments.rules.words import Clause, Ending, listed

from .actions import survey_field
from .models import SurveyAnswer, SurveyResponse


@dataclass(frozen=True)
class Named:
    """Something that a rule names: what is stored, and the words for the sentence."""

    key: str
    label: str = ""


@dataclass(frozen=True)
class Answered(WordedRule):
    """Answered a survey, one of its questions, or gave one of some answers.

    Without ``question`` it means the survey as a whole, without ``answers`` any answer. Negated
    it holds for all others, those who never saw the survey among them.
    """

    page_id: int
    survey: str
    question: Named | None = None
    answers: tuple[Named, ...] = ()
    negated: bool = False

    def condition(self, scope: Scope) -> Q:
        said = Q(pk__in=self._who_answered(scope))
        return ~said if self.negated else said

    def _who_answered(self, scope: Scope) -> Any:
        if self.question is None:
            responses = SurveyResponse.objects.filter(page=self.page_id)
            return scope.only(responses).values("member")
        rows = SurveyAnswer.objects.filter(response__page=self.page_id, question=self.question.key)
        if self.answers:
            rows = rows.filter(value__in=[answer.key for answer in self.answers])
        return scope.only(rows, "response__member").values("response__member")

    def dependencies(self) -> Dependencies:
        return Dependencies(fields=frozenset({survey_field(self.page_id)}))

    def negation(self) -> Rule:
        return replace(self, negated=not self.negated)

    def clause(self) -> Clause:
        words = {"survey": self.survey}
        if self.question is not None:
            words["question"] = self.question.label
        if self.answers:
            quoted = gettext("“%(answer)s”")
            words["answers"] = listed([quoted % {"answer": each.label} for each in self.answers])
        ending = Ending.NOT_DOING if self.negated else Ending.DOING
        return Clause(self._text() % words, ending)

    def _text(self) -> str:
        if self.question is None:
            if self.negated:
                return gettext("who did not answer “%(survey)s”")
            return gettext("who answered “%(survey)s”")
        if not self.answers:
            if self.negated:
                return gettext("who did not answer “%(question)s” (%(survey)s)")
            return gettext("who answered “%(question)s” (%(survey)s)")
        if self.negated:
            return gettext("who did not answer “%(question)s” with %(answers)s")
        return gettext("who answered “%(question)s” with %(answers)s")
