import datetime
import json
import uuid
from zoneinfo import ZoneInfo

import pytest
from django.db import DataError, connection, transaction

from wagtail_crm.tracking import arrays
from wagtail_crm.tracking.models import Verdict

KEY = uuid.uuid4()
UTC = datetime.UTC
LATE = datetime.datetime(2026, 3, 31, 23, 59, 59, 999_999, tzinfo=ZoneInfo("Asia/Tokyo"))
EARLY = datetime.datetime(1969, 7, 20, 20, 17, 40, 1, tzinfo=UTC)

on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="arrays of PostgreSQL")


def as_postgresql_reads(array, kind):
    with arrays.array_cursor(connection) as cursor:
        cursor.execute(f"SELECT %b::{kind}[]", [array])
        return cursor.fetchone()[0]


@on_postgresql
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("encode", "kind", "values"),
    [
        (arrays.integers, "bigint", [0, -1, 2**63 - 1, -(2**63)]),
        (arrays.optional_integers, "bigint", [None, 0, -1, 2**63 - 1]),
        (arrays.optional_integers, "bigint", [None]),
        (arrays.booleans, "boolean", [True, False]),
        (arrays.moments, "timestamptz", [LATE, EARLY]),
        (arrays.texts, "text", ["", None, "NULL", '{"a"}', "会員\n\\", "🍞" * 200]),
        (arrays.uuids, "uuid", [KEY, None, uuid.UUID(int=0)]),
    ],
)
def test_postgresql_reads_what_was_written(encode, kind, values):
    assert as_postgresql_reads(encode(values), kind) == values


@on_postgresql
@pytest.mark.django_db
def test_documents_are_json():
    found = as_postgresql_reads(arrays.documents(["{}", '{"b": 1, "a": ["é"]}']), "jsonb")
    assert [json.loads(text) for text in found] == [{}, {"a": ["é"], "b": 1}]


@on_postgresql
@pytest.mark.django_db
def test_a_constant_is_written_as_its_value():
    assert as_postgresql_reads(arrays.texts([Verdict.HUMAN, "x"]), "text") == ["human", "x"]


@on_postgresql
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("array", "kind"),
    [(arrays.texts(["a\0b"]), "text"), (arrays.documents(['"\\u0000"']), "jsonb")],
)
def test_what_no_column_holds_is_an_error_of_the_data(array, kind):
    with pytest.raises(DataError), transaction.atomic():
        as_postgresql_reads(array, kind)


@pytest.mark.parametrize("encode", [arrays.integers, arrays.optional_integers])
def test_a_number_that_is_too_large_is_refused(encode):
    with pytest.raises((ValueError, ArithmeticError)):
        encode([2**63])


def test_half_a_character_is_refused():
    with pytest.raises(ValueError, match="surrogates"):
        arrays.texts(["\ud800"])
