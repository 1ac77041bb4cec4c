import pytest
from django.utils import translation

from wagtail_crm.members.importing.decoding import look_at
from wagtail_crm.members.importing.reader import Row, open_table


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def file(tmp_path):
    """Make a file of text or bytes."""

    def make(content, name="people.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return make


@pytest.fixture
def read(file):
    """What a file is read as: (rows, {line: reason of its refusal})."""

    def reader(content, wanted=(), **options):
        table = open_table(look_at(file(content)), wanted, **options)
        records = list(table)
        rows = [record for record in records if isinstance(record, Row)]
        refused = {record.line: record.reason for record in records if record not in rows}
        return rows, refused

    return reader
