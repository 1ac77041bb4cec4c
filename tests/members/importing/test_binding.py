import pytest

from wagtail_crm.members.importing.binding import LineReader
from wagtail_crm.members.importing.decoding import look_at
from wagtail_crm.members.importing.mapping import FieldSource, ImportMapping, LineRule
from wagtail_crm.members.importing.reader import open_table
from wagtail_crm.members.importing.refusals import ImportProblem, Refused

FIELDS = {"code": "text", "price": "number", "at": "datetime", "kind": "text", "place": "text"}


@pytest.fixture
def values(file):
    """The values of each line of a file."""

    def read(content, fields, **settings):
        mapping = ImportMapping(fields=fields, **settings)
        table = open_table(look_at(file(content)), mapping.columns)
        reader = LineReader(mapping, table, FIELDS)
        return [reader.read(row) for row in table]

    return read


def test_columns_are_found_however_they_are_spelt(values):
    fields = {"code": FieldSource("customer id"), "price": FieldSource("ＰＲＩＣＥ")}

    assert values("Customer ID , price\n7,¥1\n", fields) == [{"code": "7", "price": "1"}]


def test_an_exact_name_wins_over_a_similar_one(values):
    assert values("Code,code\n1,2\n", {"code": FieldSource("code")}) == [{"code": "2"}]


def test_empty_cells_have_no_value(values):
    fields = {"code": FieldSource("a"), "place": FieldSource("b", default="x")}

    assert values("a,b\n1,\n", fields) == [{"code": "1", "place": "x"}]


def test_steps_follow_each_other(values):
    fields = {
        "code": FieldSource(value="constant"),
        "kind": FieldSource("a", map={"buy": "purchase", "*": "page_view"}),
        "place": FieldSource("b", pattern="^(.{2,3}?[都道府県])"),
        "price": FieldSource("c", times="1.5"),
    }

    assert values('a,b,c\nbuy,神奈川県横浜市,"1,000"\nsee,London,2\n', fields) == [
        {"code": "constant", "kind": "purchase", "place": "神奈川県", "price": "1500.0"},
        {"code": "constant", "kind": "page_view", "price": "3.0"},
    ]


def test_constants_and_defaults_are_converted_too(values):
    fields = {
        "code": FieldSource(value="7.0", as_="code"),
        "price": FieldSource("a", pattern=r"\d+", default="1,000", times="2"),
        "at": FieldSource(value="2026/1/31"),
    }

    assert values("a\n-\n", fields, time_zone="UTC") == [
        {"code": "7", "price": "2000", "at": "2026-01-31T00:00:00+00:00"}
    ]


def test_what_the_map_does_not_have_is_refused(values):
    with pytest.raises(Refused) as refused:
        values("a\nz\n", {"kind": FieldSource("a", map={"x": "y"})})

    assert (refused.value.reason, refused.value.column, refused.value.value) == (
        "The mapping does not say what this value means",
        "a",
        "z",
    )


def test_lines_are_left_out_or_refused_by_rule(values):
    fields, skip = {"code": FieldSource("a")}, (LineRule("b", "^test$", "skip"),)

    assert values("a,b\n1,test\n2,\n", fields, skip=skip) == [None, {"code": "2"}]
    with pytest.raises(Refused) as refused:
        values("a,b\nC1,x\n", fields, refuse=(LineRule("a", "^C", "Cancelled"),))
    assert (refused.value.reason, refused.value.value) == ("Cancelled", "C1")


@pytest.mark.parametrize(
    ("fields", "says"),
    [
        (
            {"code": FieldSource("cod")},
            "people.csv has no column 'cod'. Did you mean 'code'? "
            "Its columns are: code, name, name.",
        ),
        (
            {"code": FieldSource("name")},
            "people.csv has 2 columns called 'name'; rename one of them.",
        ),
        (
            {"cod": FieldSource("code")},
            "There is no field 'cod' to fill. Did you mean 'code'? "
            "There are: code, price, at, kind, place.",
        ),
        ({"price": FieldSource(value="one")}, "'one' in the mapping: Not a number."),
        ({"price": FieldSource("code", default="one")}, "'one' in the mapping: Not a number."),
        ({"code": FieldSource("code", pattern="(")}, "The pattern '(' cannot be read"),
        (
            {"price": FieldSource("code", times="x")},
            "'times' in the mapping must be a number, not 'x'.",
        ),
    ],
)
def test_a_mapping_that_does_not_fit_gets_a_clear_sentence(values, fields, says):
    with pytest.raises(ImportProblem) as problem:
        values("code,name,name\n", fields)

    assert str(problem.value).startswith(says)
