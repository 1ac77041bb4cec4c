"""Answers as rows of a file."""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from . import answers
from .models import SurveyResponse

CHUNK = 500


def answer_rows(page: Any, *, with_names: bool) -> Iterator[list[str]]:
    """One row per response, newest first; the first row names the columns.

    Who may not see members gets no name, address or code either.
    """
    questions = page.question_list
    names = [_("Customer code"), _("Full name"), _("E-mail address")] if with_names else []
    yield [*names, _("Answered"), *(question.label for question in questions)]
    responses = SurveyResponse.objects.to_survey(page).newest_first().with_details()
    for response in responses.iterator(chunk_size=CHUNK):
        member = response.member
        moment = date_format(timezone.localtime(response.submitted_at), "Y-m-d H:i")
        words = [words for _question, words in answers.sheet(questions, response.answers.all())]
        names = [member.code or "", member.full_name, member.email] if with_names else []
        yield [*names, moment, *words]
