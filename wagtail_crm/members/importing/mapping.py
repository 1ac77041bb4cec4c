"""Which column is what: everything that must be said about a file to read it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.utils import timezone
from django.utils.translation import gettext as _

from .refusals import ImportProblem


@dataclass(frozen=True)
class FieldSource:
    """Where the value of one field comes from.

    The text of ``column`` (or the constant ``value``) goes through ``pattern`` (its first group,
    or all it found), ``map`` and the conversion ``as_``, in this order; ``default`` stands in
    for an empty cell or one the pattern does not find. A text that ``map`` does not have is
    refused unless it has ``*``. ``times`` multiplies a number, e.g. by an exchange rate.
    """

    column: str = ""
    value: str | None = None
    pattern: str = ""
    map: Mapping[str, str] = field(default_factory=dict)
    as_: str = ""
    format: str = ""
    times: str = ""
    default: str = ""


@dataclass(frozen=True)
class LineRule:
    """Lines whose ``column`` matches ``pattern`` are refused, or left out, for ``reason``."""

    column: str
    pattern: str
    reason: str


@dataclass(frozen=True)
class ImportMapping:
    """How a kind of file is read. Only ``fields`` must be there; see docs/how-to/import.md."""

    fields: Mapping[str, FieldSource] = field(default_factory=dict)
    kind: str = ""
    source: str = ""
    encoding: str = ""
    delimiter: str = ""
    header_line: int = 1
    time_zone: str = ""
    customers: str = ""
    refuse: Sequence[LineRule] = ()
    skip: Sequence[LineRule] = ()
    attributes: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)

    @property
    def columns(self) -> list[str]:
        """Every column the mapping speaks of, once."""
        named = [source.column for source in self.fields.values() if source.column]
        named += [rule.column for rule in (*self.refuse, *self.skip)]
        return list(dict.fromkeys(named))

    @property
    def column_of(self) -> dict[str, str]:
        """The column that each field is read from; "" for a constant."""
        return {name: source.column for name, source in self.fields.items()}

    @property
    def zone(self) -> ZoneInfo:
        """The zone of times that name none. Raises ``ImportProblem`` for one that is not."""
        name = self.time_zone or timezone.get_default_timezone_name()
        try:
            return ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise ImportProblem(
                _("There is no time zone '%(name)s'. An example of one: Europe/London.")
                % {"name": name}
            ) from error
