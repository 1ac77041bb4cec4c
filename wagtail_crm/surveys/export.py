"""Answers as a CSV file that spreadsheets open without harm."""

import codecs
import csv
import logging
from collections.abc import Iterator
from typing import Any

from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _

from wagtail_crm.members.cells import neutralise
from wagtail_crm.members.export import CHARSETS

from . import answers
from .models import SurveyResponse

logger = logging.getLogger(__name__)

CHUNK = 500


class _Line:
    """What ``csv.writer`` writes to: hands each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(page: Any) -> Iterator[str]:
    """One line per response, newest first; the first line names the columns."""
    questions = page.question_list
    writer = csv.writer(_Line())
    heading = [_("Customer code"), _("Full name"), _("E-mail address"), _("Answered")]
    yield writer.writerow(
        [neutralise(cell) for cell in (*heading, *(question.label for question in questions))]
    )
    responses = SurveyResponse.objects.to_survey(page).newest_first().with_details()
    for response in responses.iterator(chunk_size=CHUNK):
        member = response.member
        moment = date_format(timezone.localtime(response.submitted_at), "Y-m-d H:i")
        cells = [member.code or "", member.full_name, member.email, moment]
        cells += [words for _question, words in answers.sheet(questions, response.answers.all())]
        yield writer.writerow([neutralise(cell) for cell in cells])


def csv_response(page: Any, *, encoding: str, by: str) -> StreamingHttpResponse:
    """A download; characters the encoding lacks become question marks. ``by`` is logged."""
    logger.info("%s exports the answers to survey %s.", by, page.pk)
    encoder = codecs.getincrementalencoder(encoding)("replace")
    body = (encoder.encode(line) for line in csv_lines(page))
    response = StreamingHttpResponse(body, content_type=f"text/csv; charset={CHARSETS[encoding]}")
    name = f"survey-{page.pk}-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
