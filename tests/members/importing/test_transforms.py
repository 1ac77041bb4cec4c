import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wagtail_crm.members.importing.refusals import ImportProblem, Refused
from wagtail_crm.members.importing.transforms import TRANSFORMS, transform

TOKYO, LONDON = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/London")


@pytest.mark.parametrize(
    ("name", "argument", "text", "result"),
    [
        ("text", "", " a ", "a"),
        ("lower", "", "JA", "ja"),
        ("family", "", "大野 あや子", "大野"),
        ("family", "", "大野　あや子", "大野"),
        ("family", "", "大野", "大野"),
        ("given", "", "大野　 あや子", "あや子"),
        ("given", "", "Anna Maria　Berg", "Maria Berg"),
        ("given", "", "大野", ""),
        ("code", "", "17850.0", "17850"),
        ("code", "", "１７８５０", "17850"),
        ("code", "", "00123", "00123"),
        ("code", "", "A-17.5", "A-17.5"),
        ("number", "", "1234.50", "1234.50"),
        ("number", "", "¥1,234,567", "1234567"),
        ("number", "", "１，２３４円", "1234"),
        ("number", "", "-3.5", "-3.5"),
        ("number", "", "1e3", "1000"),
        ("number", ",", "1.234,5", "1234.5"),
        ("date", "", "1981-04-29", "1981-04-29"),
        ("date", "", "1981/4/9", "1981-04-09"),
        ("date", "", "１９８１年４月９日", "1981-04-09"),
        ("date", "", "19810409", "1981-04-09"),
        ("date", "%d.%m.%Y", "9.4.1981", "1981-04-09"),
        ("datetime", "", "2010-12-01 08:26:00", "2010-12-01T08:26:00+00:00"),
        ("datetime", "", "2011/7/1 8:26", "2011-07-01T08:26:00+01:00"),
        ("datetime", "", "2011-07-01T08:26:00+09:00", "2011-07-01T08:26:00+09:00"),
        ("datetime", "", "2011-07-01T08:26:00Z", "2011-07-01T08:26:00+00:00"),
        ("datetime", "%m/%d/%y %H:%M", "07/01/11 8:26", "2011-07-01T08:26:00+01:00"),
        ("boolean", "", "はい", "yes"),
        ("boolean", "", "FALSE", "no"),
    ],
)
def test_transform(name, argument, text, result):
    assert transform(name, argument, LONDON)(text) == result


@pytest.mark.parametrize(
    ("name", "argument", "text", "reason"),
    [
        ("code", "", "4.90123E+12", "A spreadsheet has shortened this code; its digits are lost"),
        ("number", "", "12,34", "Not a number"),
        ("number", "", "1.234,50", "Not a number"),
        ("number", "", "NaN", "Not a number"),
        ("number", "", "two", "Not a number"),
        ("number", "", "1e999999999", "A number with too many digits"),
        ("date", "", "01/02/2020", "Not a date with the year first; give its format"),
        ("date", "", "2019-02-29", "Not a date with the year first; give its format"),
        ("date", "", "20150231", "Not a date with the year first; give its format"),
        ("date", "%Y%m%d", "20150231", "Not a date of the form %Y%m%d"),
        ("datetime", "", "2020-01-01 25:00", "Not a date with the year first; give its format"),
        ("boolean", "", "maybe", "Neither yes nor no"),
    ],
)
def test_transform_refuses_rather_than_guesses(name, argument, text, reason):
    with pytest.raises(Refused) as refused:
        transform(name, argument, TOKYO)(text)

    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("name", "argument", "says"),
    [
        ("dat", "", r"There is no conversion 'dat'\..* Did you mean 'date'\?"),
        ("date", "%Y-%Q", "'%Y-%Q' is not a date format"),
        ("number", "x", "A number's format is its decimal mark"),
    ],
)
def test_transform_says_what_is_wrong_with_a_mapping(name, argument, says):
    with pytest.raises(ImportProblem, match=says):
        transform(name, argument, TOKYO)


@given(st.decimals(-(10**20), 10**20, places=4))
def test_a_number_keeps_its_value(number):
    assert Decimal(transform("number", "", TOKYO)(str(number))) == number


@given(st.datetimes(), st.sampled_from(["%Y/%m/%d %H:%M:%S.%f", "%d-%m-%Y %H:%M:%S.%f"]))
def test_a_moment_survives_its_format(moment, format):
    if moment.year < 1000:  # strftime of the C library does not pad years
        return
    text = transform("datetime", format, TOKYO)(moment.strftime(format))

    assert datetime.datetime.fromisoformat(text) == moment.replace(tzinfo=TOKYO)


@given(st.sampled_from(sorted(TRANSFORMS)), st.text(max_size=30))
def test_any_text_is_converted_or_refused(name, text):
    try:
        assert isinstance(transform(name, "", TOKYO)(text), str)
    except Refused as refused:
        assert refused.reason
