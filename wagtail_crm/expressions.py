"""Conditions that the ORM cannot say, the same on PostgreSQL and SQLite, and never NULL."""

import json
from collections.abc import Iterable
from typing import Any

from django.db.models import BooleanField, F, Func, JSONField

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


class WithAnswer(PerVendor):
    """An object of JSON with one of its values written, or taken away by None."""

    output_field = JSONField()

    def __init__(self, column: str, key: str = "", value: Any = None, **extra: Any) -> None:
        super().__init__(column, key, value, **extra)

    def as_sql(self, compiler: Any, connection: Any, **context: Any) -> Sql:  # type: ignore[override]
        sql, parameters = self._column(compiler)
        key, value = self.values
        if value is None:
            return f"{sql} - %s::text", (*parameters, key)
        return f"{sql} || jsonb_build_object(%s::text, %s::jsonb)", (
            *parameters,
            key,
            json.dumps(value),
        )

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Sql:
        sql, parameters = self._column(compiler)
        key, value = self.values
        return f"json_patch({sql}, json_object(%s, json(%s)))", (
            *parameters,
            key,
            json.dumps(value),
        )
