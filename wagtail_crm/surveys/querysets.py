"""Reads of answers, in words."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count

if TYPE_CHECKING:
    from wagtail_crm.members.models import Member

    from .models import SurveyAnswer, SurveyResponse  # names in annotations below


class SurveyResponseQuerySet(models.QuerySet["SurveyResponse"]):
    def to_survey(self, page: Any) -> Self:
        return self.filter(page=page.pk)

    def of_member(self, member: "Member") -> Self:
        return self.filter(member=member)

    def with_details(self) -> Self:
        """With who answered what."""
        return self.select_related("member").prefetch_related("answers")

    def newest_first(self) -> Self:
        return self.order_by("-submitted_at", "-pk")

    def with_answers(self) -> "list[tuple[SurveyResponse, list[SurveyAnswer]]]":
        """Each, newest first, with its answers, if there are any; one query."""
        answer: Any = self.model._meta.get_field("answers").related_model
        own = ("pk", "page_id", "submitted_at", "changed_at")
        parts = ("question", "value", "text")
        rows = self.order_by("-submitted_at", "-pk", "answers").values(
            *own, *(f"answers__{part}" for part in parts)
        )
        found: dict[int, tuple[SurveyResponse, list[SurveyAnswer]]] = {}
        for row in rows:
            response = self.model(**{name: row[name] for name in own})
            _response, answers = found.setdefault(response.pk, (response, []))
            if row["answers__question"] is not None:
                answers.append(answer(**{part: row[f"answers__{part}"] for part in parts}))
        return list(found.values())


class SurveyAnswerQuerySet(models.QuerySet["SurveyAnswer"]):
    def to_survey(self, page: Any) -> Self:
        return self.filter(response__page=page.pk)

    def per_choice(self) -> models.QuerySet:
        """{"question", "value", "total"} for each choice that was made."""
        chosen = self.exclude(value="").values("question", "value")
        return chosen.annotate(total=Count("pk")).order_by("question", "value")
