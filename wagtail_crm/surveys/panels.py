"""Surveys on my page, and a member's answers in the admin."""

from typing import Any

from django.http import HttpRequest

from wagtail_crm.members.models import Member
from wagtail_crm.tracking.rewards import promised_rewards

from .answers import sheet
from .catalogue import surveys_by_id, surveys_to_answer
from .kinds import SURVEY_ANSWER
from .models import SurveyResponse


def to_answer(request: HttpRequest, member: Member) -> dict[str, Any] | None:
    """The card "surveys to answer"; none when there is nothing to answer."""
    pages = surveys_to_answer(request, member)
    if not pages:
        return None
    rewards = promised_rewards(SURVEY_ANSWER, pages, member.pk)
    return {"surveys": [(page, page.get_url(request), rewards[page.pk]) for page in pages]}


def answered(request: HttpRequest, member: Member) -> dict[str, Any] | None:
    """The tab "Surveys" of a member: every survey they answered, with the answers."""
    answered = SurveyResponse.objects.of_member(member).with_answers()
    pages = surveys_by_id(response.page_id for response, _given in answered)
    return {
        "sheets": [
            (pages[response.page_id], response, sheet(pages[response.page_id].question_list, given))
            for response, given in answered
            if response.page_id in pages
        ]
    }
