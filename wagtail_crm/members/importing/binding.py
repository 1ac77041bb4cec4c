"""A mapping applied to one file: its columns are found once, then each line is read."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.utils.translation import gettext as _

from .mapping import FieldSource, ImportMapping, LineRule
from .reader import Row, Table, plain
from .refusals import ImportProblem, Refused, did_you_mean
from .transforms import Transform, transform

T = TypeVar("T")
Values = dict[str, str]
Cell = Callable[[list[str]], str]
# Days, names of products and words for yes come again and again: each is converted once. Long
# texts do not, and would fill the memory.
REMEMBERED, REMEMBERED_LENGTH = 10_000, 100


class LineReader:
    """Reads what a line says about each field.

    ``conversions`` names the fields there are, each with the conversion it gets when the mapping
    names none (``at`` is a ``datetime``). Raises ``ImportProblem`` when the mapping fills a field
    that is not there or reads a column that the file does not have.
    """

    def __init__(
        self, mapping: ImportMapping, table: Table, conversions: Mapping[str, str]
    ) -> None:
        _refuse_unknown_fields(mapping, conversions)
        zone = mapping.zone
        self._cells = {
            target: _cell(source, table, conversions.get(target, ""), zone)
            for target, source in mapping.fields.items()
        }
        self.columns = mapping.column_of
        self._refuse = [_rule(rule, table) for rule in mapping.refuse]
        self._skip = [_rule(rule, table) for rule in mapping.skip]

    def read(self, row: Row) -> Values | None:
        """The fields that have a value; None for a line that the mapping leaves out.

        Raises ``Refused`` for a line that cannot be understood.
        """
        if any(applies(row.cells) for applies, _rule in self._skip):
            return None
        for applies, rule in self._refuse:
            if text := applies(row.cells):
                raise Refused(rule.reason, column=rule.column, value=text.strip())
        values = ((target, cell(row.cells)) for target, cell in self._cells.items())
        return {target: value for target, value in values if value}


def _refuse_unknown_fields(mapping: ImportMapping, known: Mapping[str, str]) -> None:
    for name in mapping.fields:
        if name not in known:
            raise ImportProblem(
                _("There is no field '%(name)s' to fill.") % {"name": name}
                + did_you_mean(name, list(known))
                + " "
                + _("There are: %(known)s.") % {"known": ", ".join(known)}
            )


def _rule(rule: LineRule, table: Table) -> tuple[Callable[[list[str]], str], LineRule]:
    index, pattern = _position(rule.column, table), _regex(rule.pattern)

    def applies(cells: list[str]) -> str:
        return (cells[index] or " ") if pattern.search(cells[index]) else ""

    return applies, rule


def _cell(source: FieldSource, table: Table, conversion: str, zone: ZoneInfo) -> Cell:
    convert = _chain(_conversions(source, conversion, zone))
    default = _fixed(convert, source.value if source.value is not None else source.default)
    if source.value is not None:
        return lambda cells: default
    index, prepare = _position(source.column, table), _chain(_preparations(source))
    remembered = remembering(lambda text: convert(prepare(text)))

    def read(cells: list[str]) -> str:
        text = cells[index].strip()
        try:
            return remembered(text) or default
        except Refused as refused:
            raise Refused(refused.reason, column=source.column, value=text) from None

    return read


def remembering(convert: Callable[[str], T]) -> Callable[[str], T]:
    """``convert``, but short texts that come again are not converted again."""
    remembered = lru_cache(maxsize=REMEMBERED)(convert)
    return lambda text: remembered(text) if len(text) <= REMEMBERED_LENGTH else convert(text)


def _preparations(source: FieldSource) -> Iterator[Transform]:
    if source.pattern:
        yield _finder(_regex(source.pattern))
    if source.map:
        yield _translator(source.map)


def _conversions(source: FieldSource, name: str, zone: ZoneInfo) -> Iterator[Transform]:
    if source.as_ or source.format or name:
        yield transform(source.as_ or name or "text", source.format, zone)
    if source.times:
        yield _multiplier(source.times)


def _chain(steps: Iterable[Transform]) -> Transform:
    """One step after the other, until nothing is left."""
    steps = tuple(steps)

    def convert(text: str) -> str:
        for step in steps:
            if not text:
                break
            text = step(text)
        return text

    return convert


def _fixed(convert: Transform, text: str) -> str:
    try:
        return convert(text)
    except Refused as refused:
        raise ImportProblem(
            _("'%(text)s' in the mapping: %(reason)s.") % {"text": text, "reason": refused.reason}
        ) from refused


def _finder(pattern: re.Pattern[str]) -> Transform:
    group = 1 if pattern.groups else 0

    def find(text: str) -> str:
        found = pattern.search(text)
        return (found[group] or "") if found else ""

    return find


def _translator(words: Mapping[str, str]) -> Transform:
    other = words.get("*")

    def translate(text: str) -> str:
        found = words.get(text, other)
        if found is None:
            raise Refused(_("The mapping does not say what this value means"))
        return found

    return translate


def _multiplier(times: str) -> Transform:
    try:
        factor = Decimal(times)
    except InvalidOperation as error:
        raise ImportProblem(
            _("'times' in the mapping must be a number, not '%(text)s'.") % {"text": times}
        ) from error
    return lambda text: f"{Decimal(text) * factor:f}"


def _regex(pattern: str) -> re.Pattern[str]:
    try:
        return re.compile(pattern)
    except re.error as error:
        raise ImportProblem(
            _("The pattern '%(pattern)s' cannot be read: %(reason)s.")
            % {"pattern": pattern, "reason": error}
        ) from error


def _position(column: str, table: Table) -> int:
    exact = [index for index, name in enumerate(table.columns) if name == column.strip()]
    found = exact or [
        index for index, name in enumerate(table.columns) if plain(name) == plain(column)
    ]
    if len(found) == 1:
        return found[0]
    if found:
        raise ImportProblem(
            _("%(file)s has %(count)d columns called '%(name)s'; rename one of them.")
            % {"file": table.file.path.name, "count": len(found), "name": column}
        )
    raise ImportProblem(
        _("%(file)s has no column '%(name)s'.") % {"file": table.file.path.name, "name": column}
        + did_you_mean(column, table.columns)
        + " "
        + _("Its columns are: %(columns)s.")
        % {"columns": ", ".join(name for name in table.columns if name)}
    )
