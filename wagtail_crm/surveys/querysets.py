"""Reads of answers, in words."""

from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count

if TYPE_CHECKING:
    from wagtail_crm.members.models import Member

    from .models import SurveyAnswer, SurveyResponse  # noqa: F401  # names in annotations below


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


class SurveyAnswerQuerySet(models.QuerySet["SurveyAnswer"]):
    def to_survey(self, page: Any) -> Self:
        return self.filter(response__page=page.pk)

    def per_choice(self) -> models.QuerySet:
        """{"question", "value", "total"} for each choice that was made."""
        chosen = self.exclude(value="").values("question", "value")
        return chosen.annotate(total=Count("pk")).order_by("question", "value")
