"""Writing many rows fast: ``COPY``, with the indexes made afterwards."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from django.db import connection, models

INDEXES = """
SELECT indexrelid::regclass::text, pg_get_indexdef(indexrelid) FROM pg_index
WHERE indrelid = %s::regclass AND NOT EXISTS (
    SELECT 1 FROM pg_constraint WHERE conindid = indexrelid
)
"""
# Foreign keys first: they lean on the keys of others.
CONSTRAINTS = """
SELECT conname, pg_get_constraintdef(oid) FROM pg_constraint
WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f') AND NOT (
    contype = 'p' AND EXISTS (SELECT 1 FROM pg_constraint other WHERE other.confrelid = conrelid)
)
ORDER BY contype = 'f' DESC, contype
"""


@contextmanager
def without_indexes(*tables: str) -> Iterator[None]:
    """No index and no foreign key on these tables, until all rows are there.

    A primary key that others refer to stays: dropping it would take their foreign keys along.
    """
    kept: list[str] = []
    with connection.cursor() as cursor:
        for table in tables:
            cursor.execute(CONSTRAINTS, [table])
            for name, definition in cursor.fetchall():
                cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')
                kept.append(f'ALTER TABLE {table} ADD CONSTRAINT "{name}" {definition}')
            cursor.execute(INDEXES, [table])
            for name, definition in cursor.fetchall():
                cursor.execute(f"DROP INDEX {name}")
                kept.append(definition)
        yield
        # Keys before the foreign keys that were dropped first.
        for statement in reversed(kept):
            cursor.execute(statement)


class Filler:
    """Writes rows of a model; a column that nobody names gets what Django would give it."""

    def __init__(self, model: type[models.Model], *columns: str) -> None:
        self.table = model._meta.db_table
        fields = [
            field
            for field in model._meta.concrete_fields
            if not field.generated and not field.primary_key and field.column not in columns
        ]
        self.columns = [*columns, *(field.column for field in fields)]
        self.rest = tuple(field.get_db_prep_save(_default(field), connection) for field in fields)

    def copy(self, rows: Iterable[Sequence[Any]]) -> None:
        with connection.cursor() as cursor, cursor.copy(self._statement()) as copy:
            for row in rows:
                copy.write_row((*row, *self.rest))

    def _statement(self) -> str:
        return f"COPY {self.table} ({', '.join(self.columns)}) FROM STDIN"


def _default(field: models.Field) -> Any:
    value = field.get_default()
    if value is None and not field.null:
        value = "" if field.empty_strings_allowed else field.pre_save(field.model(), add=True)
    return value
