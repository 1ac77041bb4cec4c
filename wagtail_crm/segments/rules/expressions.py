"""SQL that the ORM cannot say, the same on PostgreSQL and SQLite, and never NULL."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, CharField, F, Func, QuerySet, Subquery

from wagtail_crm.expressions import PerVendor, Sql
from wagtail_crm.members.sql import dates_in

from .letters import lowered


class IsPairOf(Func):
    """Whether one integer column is among some ids, and another among others.

    PostgreSQL looks up each pair. With two separate conditions it may take an index that begins
    with the second column, and read it for everybody.
    """

    output_field = BooleanField()

    def __init__(
        self, columns: tuple[str, str], ids: Iterable[int], others: Iterable[int], **extra: Any
    ) -> None:
        super().__init__(*map(F, columns), **extra)
        self.values = list(ids), list(others)

    def _columns(self, compiler: Any) -> tuple[str, str]:
        one, other = (compiler.compile(column)[0] for column in self.source_expressions)
        return one, other

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Sql:  # type: ignore[override]
        one, other = self._columns(compiler)
        pairs = "SELECT * FROM unnest(%s::bigint[]) AS one, unnest(%s::bigint[]) AS other"
        return f"({one}, {other}) IN ({pairs})", self.values

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        one, other = self._columns(compiler)
        among = "{} IN (SELECT value FROM json_each(%s))"
        sql = f"({among.format(one)} AND {among.format(other)})"
        return sql, tuple(json.dumps(values) for values in self.values)


class IsOneOfTexts(PerVendor):
    """Whether a column of texts is one of some: one parameter instead of hundreds."""

    output_field = BooleanField()

    def __init__(self, column: str, texts: Iterable[str] = (), **extra: Any) -> None:
        super().__init__(column, list(texts), **extra)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Sql:  # type: ignore[override]
        sql, parameters = self._column(compiler)
        return f"{sql} = ANY(%s::text[])", (*parameters, self.values[0])

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        sql, parameters = self._column(compiler)
        texts = json.dumps(self.values[0])
        return f"{sql} IN (SELECT value FROM json_each(%s))", (*parameters, texts)  # noqa: S608


class HasDate(PerVendor):
    """Whether one of some dates, or days of the year, is among the dates of a JSON column.

    Dates are ISO texts under any key; days of the year look like "02-29". PostgreSQL answers by
    the index ``crm_member_dates``; elsewhere it is true of everybody: say the rest beside it.
    """

    output_field = BooleanField()

    def __init__(self, column: str, dates: Iterable[str] = (), **extra: Any) -> None:
        super().__init__(column, sorted(dates), **extra)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Sql:  # type: ignore[override]
        sql, parameters = self._column(compiler)
        return f"{dates_in(sql)} && %s::text[]", (*parameters * 2, self.values[0])

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        return "1 = 1", ()


class JsonType(PerVendor):
    """The type of what is under a key of a JSON column, or under keys in keys; "" for nothing.

    The names differ: PostgreSQL says ``string``, ``number``, ``boolean``, where SQLite says
    ``text``, ``integer`` or ``real``, ``true`` or ``false``.
    """

    output_field = CharField()

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Sql:  # type: ignore[override]
        sql, parameters = self._column(compiler)
        return f"COALESCE(jsonb_typeof({sql} #> %s::text[]), '')", (*parameters, list(self.values))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        sql, parameters = self._column(compiler)
        path = "$." + ".".join(f'"{key}"' for key in self.values)
        return f"COALESCE(json_type({sql}, %s), '')", (*parameters, path)


class JsonListHolds(PerVendor):
    """Whether the list under a key of a JSON column contains a text; false for what is no list."""

    output_field = BooleanField()

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Sql:  # type: ignore[override]
        sql, parameters = self._column(compiler)
        key, text = self.values
        return f"{sql} @> %s::jsonb", (*parameters, json.dumps({key: [text]}))

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        sql, parameters = self._column(compiler)
        key, text = self.values
        is_list = f"COALESCE(json_type({sql}, %s), '') = 'array'"
        holds = f"EXISTS (SELECT 1 FROM json_each({sql}, %s) WHERE json_each.value = %s)"  # noqa: S608
        path = f"$.{key}"
        return f"({is_list} AND {holds})", (*parameters, path, *parameters, path, text)


class HasText(Func):
    """Whether a text contains a part, or starts with it; of letters, only A to Z are as a to z."""

    output_field = BooleanField()

    def __init__(self, text: Any, part: str, *, at_start: bool = False, **extra: Any) -> None:
        super().__init__(text, **extra)
        self.part, self.at_start = lowered(part), at_start

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Sql:  # type: ignore[override]
        sql, parameters = compiler.compile(self.source_expressions[0])
        return self._found(f"""strpos(lower(({sql}) COLLATE "C"), %s::text)""", parameters)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        sql, parameters = compiler.compile(self.source_expressions[0])
        return self._found(f"instr(lower({sql}), %s)", parameters)

    def _found(self, place: str, parameters: Any) -> Sql:
        return f"({place} {'=' if self.at_start else '>='} 1)", (*parameters, self.part)


class Exactly(Func):
    """An amount to its fourth decimal, as it is stored: SQLite adds them up as binary fractions."""

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Sql:  # type: ignore[override]
        sql, parameters = compiler.compile(self.source_expressions[0])
        return sql, tuple(parameters)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        sql, parameters = compiler.compile(self.source_expressions[0])
        return f"CAST(ROUND({sql}, 4) AS NUMERIC)", tuple(parameters)


class IsAmong(Func):
    """Whether a column is one of what a query finds, which is asked once and first.

    PostgreSQL then searches its index for these values; it does not for a join that it expects to
    be large, and it expects every join with pages by their paths to be large.
    """

    output_field = BooleanField()

    def __init__(self, column: str, rows: QuerySet[Any], **extra: Any) -> None:
        super().__init__(F(column), Subquery(rows), **extra)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Sql:  # type: ignore[override]
        column, rows, parameters = self._compiled(compiler)
        return f"{column} = ANY(ARRAY{rows})", parameters

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        column, rows, parameters = self._compiled(compiler)
        return f"{column} IN {rows}", parameters

    def _compiled(self, compiler: Any) -> tuple[str, str, tuple[Any, ...]]:
        (column, first), (rows, second) = map(compiler.compile, self.source_expressions)
        return column, rows, (*first, *second)


class HashIsBetween(PerVendor):
    """Whether the MD5 of a UUID's 32 digits and a text lies from ``low`` until before ``high``.

    Both are the beginnings of hexadecimal hashes.
    """

    output_field = BooleanField()

    def __init__(
        self, column: str, text: str = "", low: str = "", high: str = "", **extra: Any
    ) -> None:
        super().__init__(column, text, low, high, **extra)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Sql:  # type: ignore[override]
        sql, parameters = self._column(compiler)
        # Bytes, not the letters of some language: "g" comes after "f" everywhere, but "C" is fast.
        digits = f"""(md5(replace({sql}::text, '-', '') || %s::text) COLLATE "C")"""
        return self._between(digits, parameters)

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        sql, parameters = self._column(compiler)
        return self._between(f"MD5(replace({sql}, '-', '') || %s)", parameters)

    def _between(self, digits: str, parameters: tuple[Any, ...]) -> Sql:
        text, low, high = self.values
        both = (*parameters, text, low, *parameters, text, high)
        return f"({digits} >= %s AND {digits} < %s)", both
