"""A file of addresses or customer codes, for a static segment."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

from django.utils.text import capfirst
from django.utils.translation import gettext as _

from wagtail_crm.members.importing.decoding import look_at
from wagtail_crm.members.importing.reader import Row, Table, open_table, plain
from wagtail_crm.members.importing.refusals import ImportProblem, Refusal
from wagtail_crm.members.models import Member
from wagtail_crm.members.names import email_key

from . import static
from .models import Membership, Segment

# Headings under which files keep what we know members by; our own exports among them.
EMAIL_NAMES = ("email", "e-mail", "mail", "e-mail address", "email address")
EMAIL_NAMES_JA = ("メール", "メールアドレス", "eメール", "eメールアドレス", "電子メール")
CODE_NAMES = ("code", "customer code", "member code", "customer id", "member id")
CODE_NAMES_JA = ("顧客コード", "顧客番号", "会員コード", "会員番号", "お客様番号")
AT_A_TIME = 2_000
# Beyond that a browser would wait too long; the file can be cut in two.
MOST_LINES = 200_000


@dataclass
class Uploaded:
    """What became of the lines of a file: each is counted once."""

    added: int = 0
    already: int = 0
    twice: int = 0
    refused: list[Refusal] = field(default_factory=list)

    @property
    def understood(self) -> int:
        return self.added + self.already + self.twice


@dataclass(frozen=True)
class _Columns:
    """Where a line says who is meant; -1 for a column that the file does not have."""

    email: int
    code: int


def add_from_file(*, segment: Segment, path: Path, by: Any) -> Uploaded:
    """Put everybody named in a CSV file into a static segment.

    By customer code where a line has one, else by e-mail address. Encoding and delimiter are
    found out. Raises ``ImportProblem`` when the file as a whole cannot be understood.
    """
    file = look_at(path)
    if file.lines > MOST_LINES:
        text = _("The file has more than %(most)s lines: cut it in two.")
        raise ImportProblem(text % {"most": f"{MOST_LINES:,}"})
    names = [*EMAIL_NAMES, *EMAIL_NAMES_JA, *CODE_NAMES, *CODE_NAMES_JA]
    table = open_table(file, names)
    columns, has_heading = _columns(table)
    lines = iter(table) if has_heading else _with_first_line(table)
    uploaded, found = Uploaded(), set[int]()
    while some := list(islice(lines, AT_A_TIME)):
        _look_up(some, columns, uploaded, found)
    inside = Membership.objects.filter(segment=segment).values_list("member_id", flat=True)
    uploaded.already = len(found & set(inside))
    uploaded.added = static.add_members(segment=segment, member_ids=found, by=by)
    return uploaded


def _columns(table: Table) -> tuple[_Columns, bool]:
    known = [plain(name) for name in table.columns]
    email = _position(known, (*EMAIL_NAMES, *EMAIL_NAMES_JA, _own("email")))
    code = _position(known, (*CODE_NAMES, *CODE_NAMES_JA, _own("code")))
    if email >= 0 or code >= 0:
        return _Columns(email, code), True
    for place, name in enumerate(table.columns):
        if "@" in name:  # a list of addresses without a heading
            return _Columns(place, -1), False
    raise ImportProblem(
        _(
            "No column is named “email” or “code”. The columns of this file are: %(columns)s. "
            "Name the column with the e-mail addresses or customer codes so in the first line."
        )
        % {"columns": ", ".join(name or "–" for name in table.columns)}
    )


def _own(field: str) -> str:
    """The heading of our own exports, in the active language."""
    return capfirst(str(Member._meta.get_field(field).verbose_name))


def _position(known: list[str], names: tuple[str, ...]) -> int:
    wanted = {plain(name) for name in names}
    return next((place for place, name in enumerate(known) if name in wanted), -1)


def _with_first_line(table: Table) -> Iterator[Row | Refusal]:
    yield Row(table.header_line, table.columns)
    yield from table


def _look_up(
    lines: list[Row | Refusal], columns: _Columns, uploaded: Uploaded, found: set[int]
) -> None:
    rows = [line for line in lines if isinstance(line, Row)]
    emails = {row.line: _cell(row, columns.email) for row in rows}
    codes = {row.line: _cell(row, columns.code) for row in rows}
    by_code = _members("code", set(codes.values()))
    by_key = _members("email_key", {email_key(email) for email in emails.values()})
    for line in lines:
        if isinstance(line, Refusal):
            uploaded.refused.append(line)
            continue
        email, code = emails[line.line], codes[line.line]
        member = by_code.get(code) if code else by_key.get(email_key(email))
        refusal = _refusal(line.line, email, code, member)
        if refusal:
            uploaded.refused.append(refusal)
        elif member and member[0] in found:
            uploaded.twice += 1
        elif member:
            found.add(member[0])


def _cell(row: Row, place: int) -> str:
    return row.cells[place].strip() if 0 <= place < len(row.cells) else ""


def _members(column: str, values: set[Any]) -> dict[Any, tuple[int, str]]:
    """(id, status) of members by what they are known by."""
    wanted = values - {"", None}
    rows = Member.objects.filter(**{f"{column}__in": wanted}).values_list(column, "pk", "status")
    return {value: (pk, status) for value, pk, status in rows}


def _refusal(line: int, email: str, code: str, member: tuple[int, str] | None) -> Refusal | None:
    value = code or email
    if not value:
        return Refusal(line, _("Neither an e-mail address nor a customer code"))
    if member is None:
        by_code = _("Nobody in the list has this customer code")
        return Refusal(
            line, by_code if code else _("Nobody in the list has this e-mail address"), value=value
        )
    if member[1] == Member.Status.WITHDRAWN:
        return Refusal(line, _("This person has left"), value=value)
    return None
