import csv

import pytest

from wagtail_crm.members.importing.outcome import Outcome, open_report
from wagtail_crm.members.importing.refusals import ImportProblem, Refusal


def test_the_report_has_every_refused_line(tmp_path):
    path = tmp_path / "refused.csv"
    with open_report(path) as report:
        outcome = Outcome(report)
        outcome.refuse(Refusal(7, "No customer"))
        outcome.refuse(Refusal(9, "Not a number", "=price", "=1+1"))

    with path.open(encoding="utf-8-sig", newline="") as stream:
        assert list(csv.reader(stream)) == [
            ["Line", "Reason", "Column", "Value"],
            ["7", "No customer", "", ""],
            ["9", "Not a number", "'=price", "'=1+1"],
        ]
    assert outcome.reasons == {"No customer": 1, "Not a number": 1}


def test_few_examples_of_a_reason_are_kept():
    outcome = Outcome()
    for line in range(100):
        outcome.refuse(Refusal(line, "No customer"))

    assert (outcome.refused, len(outcome.examples["No customer"])) == (100, 5)


def test_a_report_that_cannot_be_written_gets_a_clear_sentence(tmp_path):
    with (
        pytest.raises(ImportProblem, match="cannot be written: No such file or directory"),
        open_report(tmp_path / "nowhere" / "refused.csv"),
    ):
        pass
