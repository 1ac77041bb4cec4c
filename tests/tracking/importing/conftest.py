import pytest
from django.utils import translation

from wagtail_crm.members.importing.binding import LineReader
from wagtail_crm.members.importing.decoding import look_at
from wagtail_crm.members.importing.loading import LoadOptions, load
from wagtail_crm.members.importing.notation import parse_mapping
from wagtail_crm.members.importing.outcome import Outcome
from wagtail_crm.members.importing.reader import open_table


@pytest.fixture(autouse=True)
def _in_english():
    with translation.override("en"):
        yield


@pytest.fixture
def file(tmp_path):
    """Make a file of text."""

    def make(content, name="lines.csv"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return path

    return make


@pytest.fixture
def load_facts(file):
    """Import a text by an importer; returns the outcome."""

    def run(importer_class, content, words, **settings):
        lines = [words.replace(",", "\n  ").replace("=", ": ")]
        yaml = [f"{name}: {value}" for name, value in settings.items()]
        mapping = parse_mapping([str(file("\n".join([*yaml, "fields:\n  " + lines[0]]), "m.yaml"))])
        table = open_table(look_at(file(content)), mapping.columns)
        importer = importer_class(mapping)
        outcome = Outcome()
        load(
            table=table,
            lines=LineReader(mapping, table, importer.conversions),
            importer=importer,
            outcome=outcome,
            options=LoadOptions(),
        )
        return outcome

    return run


@pytest.fixture
def refusals():
    """{line: (reason, column, value)} of an outcome."""

    def said(outcome):
        return {
            refusal.line: (refusal.reason, refusal.column, refusal.value)
            for examples in outcome.examples.values()
            for refusal in examples
        }

    return said
