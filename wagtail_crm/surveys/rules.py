"""The segment rule "answered this question like that"."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from django.db.models import Q, QuerySet
from django.utils.translation import gettext

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.segments.rules.base import Dependencies, Rule, Scope, WordedRule
from wagtail_crm.segments.rules.person import Person
from wagtail_crm.segments.rules.words import Clause, Ending, listed
from wagtail_crm.tracking.models import Event

from .actions import survey_field
from .kinds import SURVEY_ANSWER
from .models import SurveyAnswer, SurveyResponse

# The family of the fields that ``survey_field`` names.
SURVEY_FACT = "survey"


@dataclass
class Said:
    """What one member answered in one survey: question → values, "" for words of their own."""

    answers: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))


def load_answers(member_ids: Sequence[int]) -> dict[int, Mapping[int, Said]]:
    """The answers of members by survey: the fact that this rule reads."""
    responses = SurveyResponse.objects.filter(IsOneOf("member", member_ids)).order_by()
    fields = ("member_id", "page_id", "answers__question", "answers__value")
    found: dict[int, dict[int, Said]] = defaultdict(lambda: defaultdict(Said))
    for member_id, page_id, question, value in responses.values_list(*fields):
        said = found[member_id][page_id]
        if question is not None:
            said.answers[question].add(value)
    return dict(found)


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

    def holds(self, person: Person) -> bool:
        return self._answered(person.facts[SURVEY_FACT].get(self.page_id)) is not self.negated

    def _answered(self, said: Said | None) -> bool:
        if said is None or self.question is None:
            return said is not None
        given = said.answers.get(self.question.key, set())
        wanted = {answer.key for answer in self.answers}
        return bool(given & wanted if wanted else given)

    def evidence(self, person: Person) -> QuerySet[Event]:
        answers = Event.objects.filter(member=person.pk, page=self.page_id)
        return answers.of_kinds(SURVEY_ANSWER).newest_first()

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
