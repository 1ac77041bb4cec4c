import pytest

from wagtail_crm.members.importing.mapping import FieldSource, LineRule
from wagtail_crm.members.importing.notation import parse_mapping
from wagtail_crm.members.importing.refusals import ImportProblem

FILE = """
kind: orders
source: shop
delimiter: ";"
header_line: 3
time_zone: Europe/London
fields:
  order: InvoiceNo
  code: {column: CustomerID, as: code}
  currency: {value: GBP}
  attributes.gender: {column: sex, map: {0: male, no: unknown}}
refuse:
  - {column: InvoiceNo, pattern: ^C, reason: Cancelled order}
skip:
  - {column: Note}
attributes:
  gender: {label: Gender, choices: [male, unknown]}
"""


def test_words_of_the_command_line():
    mapping = parse_mapping(
        [
            "email=メール,family_name=氏名:family",
            "created_at=date:datetime:%d/%m/%Y %H:%M",
            "language==ja",
        ]
    )

    assert mapping.fields == {
        "email": FieldSource(column="メール"),
        "family_name": FieldSource(column="氏名", as_="family"),
        "created_at": FieldSource(column="date", as_="datetime", format="%d/%m/%Y %H:%M"),
        "language": FieldSource(value="ja"),
    }


def test_a_yaml_file(file):
    mapping = parse_mapping([str(file(FILE, "shop.yaml"))])

    assert mapping.fields == {
        "order": FieldSource(column="InvoiceNo"),
        "code": FieldSource(column="CustomerID", as_="code"),
        "currency": FieldSource(value="GBP"),
        "attributes.gender": FieldSource(column="sex", map={"0": "male", "no": "unknown"}),
    }
    assert mapping.refuse == (LineRule("InvoiceNo", "^C", "Cancelled order"),)
    assert mapping.skip == (LineRule("Note", r"^\s*$", "Refused by the mapping"),)
    assert (mapping.kind, mapping.source, mapping.delimiter) == ("orders", "shop", ";")
    assert (mapping.header_line, mapping.zone.key) == (3, "Europe/London")
    assert mapping.columns == ["InvoiceNo", "CustomerID", "sex", "Note"]


def test_the_command_line_wins_over_the_file(file):
    mapping = parse_mapping(["currency==JPY", str(file(FILE, "shop.yml"))])

    assert mapping.fields["currency"] == FieldSource(value="JPY")
    assert mapping.fields["order"] == FieldSource(column="InvoiceNo")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("fields: [a", "is not YAML"),
        ("- a", "must be lines of the form 'name: value'"),
        ("field: {a: b}", "'field' means nothing in the mapping. Did you mean 'fields'?"),
        ("fields: {a: {colum: b}}", "'colum' means nothing in a. Did you mean 'column'?"),
        (
            "fields: {a: {as: date}}",
            "'a' in the mapping needs either a column or a constant value.",
        ),
        ("fields: {a: [b]}", "'a' in the mapping must be lines of the form"),
        ("refuse: [{pattern: x}]", "A rule under 'refuse' names no column."),
        (
            "fields: {a: {column: b, pattern: [c]}}",
            "'pattern' of 'a' in the mapping must be a text.",
        ),
        ("fields: {a: {column: b, map: {c: [d]}}}", "'c' of 'a' in the mapping must be a text."),
        ("attributes: {a: b}", "'a' in the mapping must be lines of the form"),
        ("header_line: first", "'header_line' must be the number of a line, from 1."),
    ],
)
def test_a_wrong_file_gets_a_clear_sentence(file, text, says):
    with pytest.raises(ImportProblem) as problem:
        parse_mapping([str(file(text, "wrong.yaml"))])

    assert says in str(problem.value)


@pytest.mark.parametrize("word", ["email", "=email", "email="])
def test_a_wrong_word_gets_a_clear_sentence(word):
    with pytest.raises(ImportProblem, match="is not a mapping. Write field=column"):
        parse_mapping([word])


def test_a_file_that_is_not_there_gets_a_clear_sentence():
    with pytest.raises(ImportProblem, match="nothing.yaml cannot be read: No such file"):
        parse_mapping(["nothing.yaml"])


def test_a_time_zone_that_is_none_gets_a_clear_sentence(file):
    with pytest.raises(ImportProblem, match="There is no time zone 'Mars/Base'"):
        _zone = parse_mapping([str(file("time_zone: Mars/Base", "mars.yaml"))]).zone
