import csv
import io

import pytest
from django.core.management import CommandError, call_command
from django.db import OperationalError, connection
from django.utils import translation

from tests.members.factories import make_member
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.django_db
PEOPLE = "code,mail\nA1,a@example.jp\nA2,=wrong\nA3,b@example.jp\n"


@pytest.fixture
def crm_import(file):
    """Run the command on a text; returns what it says."""

    def run(kind, content, *arguments, **options):
        out = io.StringIO()
        call_command("crm_import", kind, str(file(content)), *arguments, stdout=out, **options)
        return out.getvalue()

    return run


def test_the_summary_says_what_became_of_the_lines(crm_import):
    make_member(code="A3", email="b@example.jp")

    said = crm_import("members", PEOPLE, "--mapping", "code=code,email=mail").splitlines()

    assert said[0] == "Reading lines.csv as utf-8 with the columns code, mail."
    assert said[1].startswith("3 lines read in ")
    assert [line.split(maxsplit=1) for line in said[2:7]] == [
        ["1", "new"],
        ["0", "changed"],
        ["1", "same as before"],
        ["0", "left out by the mapping"],
        ["1", "refused"],
    ]
    assert said[7].strip() == "1  Not an e-mail address (line 3: '=wrong')"
    assert said[8] == "Use --report FILE to get every refused line with its reason."


def test_the_summary_is_in_the_language_of_the_site(crm_import):
    with translation.override("ja"):
        said = crm_import("members", PEOPLE, "--mapping", "code=code,email=mail")

    assert "メールアドレスではありません" in said


def test_the_report_lists_refused_lines_without_formulas(crm_import, tmp_path):
    path = tmp_path / "refused.csv"

    crm_import("members", PEOPLE, "--mapping", "code=code", "email=mail", "--report", str(path))

    with path.open(encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["Line", "Reason", "Column", "Value"],
            ["3", "Not an e-mail address", "mail", "'=wrong"],
        ]


def test_a_dry_run_says_so(crm_import):
    said = crm_import("members", PEOPLE, "--mapping", "code=code", "--dry-run")

    assert said.splitlines()[-1] == "A dry run: nothing was kept."
    assert Member.objects.count() == 0


def test_strict_fails_when_a_line_is_refused(crm_import):
    with pytest.raises(CommandError, match="Nothing was kept, because lines were refused."):
        crm_import("members", PEOPLE, "--mapping", "code=code,email=mail", "--strict")

    assert Member.objects.count() == 0


def test_orders_say_who_was_added(crm_import):
    said = crm_import(
        "orders",
        "no;sku;at;who\n1;P1;2026-01-31;K1\n",
        "--mapping",
        "order=no,sku=sku,at=at,code=who",
    )

    assert said.splitlines()[-1] == "1 customer was added to the list of members."


def test_without_a_mapping_it_says_what_there_is(crm_import):
    with pytest.raises(CommandError) as error:
        crm_import("orders", "no,sku\n1,P1\n")

    assert str(error.value) == (
        "Say with --mapping which column is what, e.g. code=no. Fields: at, code, email, order, "
        "line, sku, name, quantity, price, amount, country, currency. Columns of the file: no, sku."
    )


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--mapping", "code=cod"], "lines.csv has no column 'cod'. Did you mean 'code'?"),
        (["--mapping", "x=code"], "There is no field 'x' to fill."),
        (["--mapping", "code"], "'code' is not a mapping."),
        (["--mapping", "code=code", "--encoding", "x"], "There is no encoding 'x'."),
        (["--mapping", "code=code", "--report", "/none/x.csv"], "The report /none/x.csv cannot be"),
        (["--mapping", "code=code", "--batch", "-1"], "--batch is a number of lines"),
    ],
)
def test_what_is_wrong_is_said_in_a_sentence(crm_import, arguments, says):
    with pytest.raises(CommandError) as error:
        crm_import("members", PEOPLE, *arguments)

    assert str(error.value).startswith(says)


def test_the_report_does_not_overwrite_the_file(crm_import, file):
    path = file(PEOPLE)

    with pytest.raises(CommandError, match="The report would overwrite the file"):
        crm_import("members", PEOPLE, "--mapping", "code=code", "--report", str(path))

    assert path.read_text() == PEOPLE


def test_a_mapping_of_another_kind_is_not_used(crm_import, file):
    mapping = file("kind: orders\nfields: {code: code}", "orders.yaml")

    with pytest.raises(CommandError, match="This mapping is for orders: crm_import orders"):
        crm_import("members", PEOPLE, "--mapping", str(mapping))


def test_a_tab_may_be_named(crm_import):
    crm_import(
        "members", "code\tmail\nA1\ta@x.jp\n", "--mapping", "code=code", "--delimiter", "\\t"
    )

    assert Member.objects.get().code == "A1"


def test_what_fails_in_the_middle_leaves_nothing(crm_import, monkeypatch):
    """The connection breaks at the second chunk."""
    monkeypatch.setattr("wagtail_crm.members.importing.loading.CHUNK", 1)

    def break_at_second(execute, sql, params, many, context):
        if "wagtail_crm_tracking_event" in sql and Member.objects.filter(code="K2").exists():
            raise OperationalError("server closed the connection unexpectedly")
        return execute(sql, params, many, context)

    with (
        connection.execute_wrapper(break_at_second),
        pytest.raises(CommandError, match="the database refused near line 3: server closed"),
    ):
        crm_import(
            "orders",
            "no,sku,at,who\n1,P1,2026-01-31,K1\n2,P2,2026-01-31,K2\n",
            "--mapping",
            "order=no,sku=sku,at=at,code=who",
        )

    assert (Event.objects.count(), Member.objects.count()) == (0, 0)
