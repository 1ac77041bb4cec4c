"""Members as a CSV file that spreadsheets open without harm."""

import codecs
import csv
import logging
from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Prefetch
from django.http import StreamingHttpResponse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .attributes import display_value
from .cells import neutralise
from .models import AttributeDefinition, ConsentRecord, Member
from .querysets import MemberQuerySet

logger = logging.getLogger(__name__)

# utf-8-sig begins with the mark by which Excel recognises Unicode; cp932 is Windows' Shift_JIS.
ENCODINGS = {
    "utf-8-sig": gettext_lazy("UTF-8 (Excel, Google Sheets, Numbers)"),
    "cp932": gettext_lazy("Shift_JIS (older Japanese programs)"),
}
CHARSETS = {"utf-8-sig": "utf-8", "cp932": "shift_jis"}
CHUNK = 1000


class _Line:
    """What ``csv.writer`` writes to: hands each line back instead of keeping it."""

    def write(self, text: str) -> str:
        return text


def csv_lines(members: MemberQuerySet, definitions: Iterable[AttributeDefinition]) -> Iterator[str]:
    """The file line by line, whatever its size; the first line names the columns."""
    definitions = list(definitions)
    writer = csv.writer(_Line())
    yield writer.writerow([neutralise(name) for name in _heading(definitions)])
    current = Prefetch("consent_records", ConsentRecord.objects.current(), to_attr="answers")
    people = members.with_admin_details().prefetch_related(current)
    for member in people.iterator(chunk_size=CHUNK):
        yield writer.writerow([neutralise(cell) for cell in _cells(member, definitions)])


FIELDS = (
    "code",
    "family_name",
    "given_name",
    "family_name_kana",
    "given_name_kana",
    "email",
    "status",
    "language",
    "owner",
)
MOMENTS = ("created_at", "registered_at", "last_seen_at")


def _heading(definitions: list[AttributeDefinition]) -> list[str]:
    names = [capfirst(str(Member._meta.get_field(name).verbose_name)) for name in FIELDS]
    names += [capfirst(_("tags"))]
    names += [f"{_('Consent')}: {label}" for label in ConsentRecord.Purpose.labels]
    names += [definition.text("label") for definition in definitions]
    return names + [capfirst(str(Member._meta.get_field(name).verbose_name)) for name in MOMENTS]


def _cells(member: Any, definitions: list[AttributeDefinition]) -> list[str]:
    cells = [str(getattr(member, name) or "") for name in FIELDS]
    cells[FIELDS.index("status")] = member.get_status_display()
    cells += [", ".join(sorted(item.tag.name for item in member.tagged_items.all()))]
    granted = {record.purpose: record.granted for record in member.answers}
    cells += [_("Yes") if granted.get(each) else _("No") for each in ConsentRecord.Purpose.values]
    cells += [
        display_value(definition, member.attributes.get(definition.key))
        for definition in definitions
    ]
    return cells + [_moment(getattr(member, name)) for name in MOMENTS]


def _moment(moment: Any) -> str:
    return date_format(timezone.localtime(moment), "Y-m-d H:i") if moment else ""


def csv_response(members: MemberQuerySet, *, encoding: str, by: str) -> StreamingHttpResponse:
    """A download; characters the encoding lacks become question marks. ``by`` is logged."""
    logger.info("%s exports %d members.", by, members.count())
    lines = csv_lines(members, AttributeDefinition.objects.all())
    encoder = codecs.getincrementalencoder(encoding)("replace")
    body = (encoder.encode(line) for line in lines)
    response = StreamingHttpResponse(body, content_type=f"text/csv; charset={CHARSETS[encoding]}")
    name = f"members-{timezone.localdate():%Y-%m-%d}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
