"""Conditions that the ORM cannot say, the same on PostgreSQL and SQLite, and never NULL."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, F, Func

Sql = tuple[str, tuple[Any, ...]]


class PerVendor(Func):
    """A function of one column; ``value`` travels as a single parameter."""

    def __init__(self, column: str, *values: Any, **extra: Any) -> None:
        super().__init__(F(column), **extra)
        self.values = values

    def _column(self, compiler: Any) -> Sql:
        sql, parameters = compiler.compile(self.source_expressions[0])
        return sql, tuple(parameters)


class IsOneOf(PerVendor):
    """Whether an integer column is one of some ids: one parameter instead of thousands."""

    output_field = BooleanField()

    def __init__(self, column: str, ids: Iterable[int] = (), **extra: Any) -> None:
        super().__init__(column, list(ids), **extra)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Sql:  # type: ignore[override]
        sql, parameters = self._column(compiler)
        return f"{sql} = ANY(%s::bigint[])", (*parameters, self.values[0])

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        sql, parameters = self._column(compiler)
        ids = json.dumps(self.values[0])
        return f"{sql} IN (SELECT value FROM json_each(%s))", (*parameters, ids)  # noqa: S608
