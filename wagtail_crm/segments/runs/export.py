"""The action that makes a file of the members of a segment."""

import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from django import forms
from django.utils.text import slugify
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.export import heading, member_rows
from wagtail_crm.members.models import AttributeDefinition, Member
from wagtail_crm.members.spreadsheets import (
    FORMATS,
    XLSX,
    file_name,
    file_pieces,
)
from wagtail_crm.members.workbooks import Cell
from wagtail_crm.segments.models import RunFileChunk, Segment, SegmentRun

from .action import ActionForm, Batch, Options, SegmentAction

# Bytes of the file in one row of the database.
CHUNK = 1 << 20


class ExportForm(ActionForm):
    format = forms.ChoiceField(
        label=_("File format"),
        choices=list(FORMATS.items()),
        initial=XLSX,
        widget=forms.RadioSelect,
    )


class ExportAction(SegmentAction):
    """One row per member. Prepared batch by batch, put together at the end."""

    slug = "export"
    label = _("Export as a file")
    description = _("A table of names, addresses, consents and attributes, for Excel or as CSV.")
    icon = "download"
    order = 100
    permission = "wagtail_crm_members.export_member"
    form_class = ExportForm
    # More than in others: nobody waits for what is only read.
    batch_size = 2000
    has_end = True

    def in_words(self, options: Options) -> str:
        return gettext("Export as a file: %(format)s") % {"format": FORMATS[options["format"]]}

    def button(self, options: Options, number: int) -> str:
        return ngettext("Make a file of %(n)s member", "Make a file of %(n)s members", number)

    def begin(self, segment: Segment, options: dict[str, Any], by: Any) -> dict[str, Any]:
        """The columns are settled now: an attribute that is made meanwhile comes too late."""
        keys = AttributeDefinition.objects.values_list("key", flat=True)
        return options | {"attributes": list(keys)}

    def apply(self, batch: Batch) -> bytes:
        members = Member.objects.filter(IsOneOf("pk", batch.member_ids)).order_by("pk")
        rows = list(member_rows(members, _definitions(batch.options)))[1:]
        return zlib.compress(json.dumps(rows).encode(), 1)

    def finish(self, run: SegmentRun) -> None:
        RunFileChunk.objects.filter(run=run).delete()
        replaced = Counter[str]()
        format = run.options["format"]
        size = 0
        for number, piece in enumerate(_chunks(file_pieces(_rows(run), format, replaced))):
            RunFileChunk.objects.create(run=run, number=number, data=piece)
            size += len(piece)
        name = slugify(run.segment.name[:80], allow_unicode=True) or f"segment-{run.segment_id}"
        SegmentRun.objects.filter(pk=run.pk).update(
            file_name=file_name(name, format),
            file_size=size,
            report={"replaced": dict(replaced.most_common(SHOWN)), "signs": replaced.total()},
        )


# Characters named when some could not be written.
SHOWN = 20


def _definitions(options: Options) -> list[AttributeDefinition]:
    found = AttributeDefinition.objects.in_bulk(options["attributes"], field_name="key")
    return [
        found.get(key) or AttributeDefinition(key=key, label=key) for key in options["attributes"]
    ]


def _rows(run: SegmentRun) -> Iterator[list[Cell]]:
    yield heading(_definitions(run.options))
    batches = run.batches.filter(output__isnull=False).order_by("number")
    for output in batches.values_list("output", flat=True).iterator(chunk_size=20):
        yield from json.loads(zlib.decompress(output or b""))


def _chunks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= CHUNK:
            yield bytes(held)
            held.clear()
    if held:
        yield bytes(held)


def stored_pieces(run: SegmentRun) -> Iterator[bytes]:
    """The file of a run, from one row after the other."""
    chunks = run.chunks.order_by("number")
    for pk in list(chunks.values_list("pk", flat=True)):
        yield bytes(RunFileChunk.objects.values_list("data", flat=True).get(pk=pk))
