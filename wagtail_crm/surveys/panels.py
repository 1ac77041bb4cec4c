"""Surveys on my page, and a member's answers in the admin."""

from typing import Any

from django.http import HttpRequest

from wagtail_crm.members.models import Member
from wagtail_crm.tracking.rewards import promised_rewards

from . import answers
from .catalogue import surveys_by_id, surveys_to_answer
from .kinds import SURVEY_ANSWER
from .models import SurveyResponse
from .questions import Question


def to_answer(request: HttpRequest, member: Member) -> dict[str, Any] | None:
    """The card "surveys to answer"; none when there is nothing to answer."""
    pages = surveys_to_answer(request, member)
    if not pages:
        return None
    rewards = promised_rewards(SURVEY_ANSWER, pages, member.pk)
    return {"surveys": [(page, page.get_url(request), rewards[page.pk]) for page in pages]}


def answered(request: HttpRequest, member: Member) -> dict[str, Any] | None:
    """The tab "Surveys" of a member: every survey they answered, with the answers."""
    responses = SurveyResponse.objects.of_member(member).newest_first().prefetch_related("answers")
    pages = surveys_by_id(response.page_id for response in responses)
    return {
        "sheets": [
            (pages[response.page_id], response, _sheet(pages[response.page_id], response))
            for response in responses
            if response.page_id in pages
        ]
    }


def _sheet(page: Any, response: SurveyResponse) -> list[tuple[Question, str]]:
    return answers.sheet(page.question_list, response.answers.all())
