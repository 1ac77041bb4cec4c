"""Every change of answers."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from wagtail_crm.members.actions import announce_change
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent, event_id_for

from .answers import rows_of, short_answers
from .kinds import SURVEY_ANSWER
from .models import SurveyAnswer, SurveyResponse


class SurveyClosed(Exception):
    """The survey takes no answers any more."""


class AlreadyAnswered(Exception):
    """The member answered before, and this survey's answers cannot be changed."""


@transaction.atomic
def answer_survey(
    *, page: Any, member: Member, answers: Mapping[str, Any], site_id: int | None = None
) -> SurveyResponse:
    """Keep a member's answers, ``cleaned_data`` of the page's form, and write the log.

    A second time changes the answers where the survey allows it; the log, and what it earned,
    stay. Raises ``SurveyClosed`` and ``AlreadyAnswered``.
    """
    if not page.is_open:
        raise SurveyClosed
    response, is_first = _open_response(page, member)
    if not is_first:
        if not page.answers_can_change:
            raise AlreadyAnswered
        response.answers.all().delete()
        response.changed_at = timezone.now()
        response.save(update_fields=["changed_at"])
    rows = SurveyAnswer.objects.bulk_create(rows_of(response, page.question_list, answers))
    if is_first:
        record_events(events=[_event(page, response, rows, site_id)])
    announce_change(member_ids={member.pk}, fields={survey_field(page.pk)})
    return response


def _open_response(page: Any, member: Member) -> tuple[SurveyResponse, bool]:
    """The member's response, locked, and whether it was made just now.

    The database decides which of two presses of the button was the first.
    """
    try:
        with transaction.atomic():
            return SurveyResponse.objects.create(page_id=page.pk, member=member), True
    except IntegrityError:
        responses = SurveyResponse.objects.select_for_update()
        return responses.get(page=page.pk, member=member), False


def survey_field(page_id: int) -> str:
    """The name under which segment rules depend on a survey."""
    return f"survey.{page_id}"


def event_id_of(response: SurveyResponse) -> UUID:
    """The id of the event that tells of a response, always the same."""
    return event_id_for(response.submitted_at, SURVEY_ANSWER, response.page_id, response.member_id)


def _event(
    page: Any, response: SurveyResponse, rows: list[SurveyAnswer], site_id: int | None
) -> NewEvent:
    return NewEvent(
        kind=SURVEY_ANSWER,
        id=event_id_of(response),
        at=response.submitted_at,
        member_id=response.member_id,
        page_id=page.pk,
        site_id=site_id,
        subject=page.subject,
        data={"answers": short_answers(page.question_list, rows)},
    )
