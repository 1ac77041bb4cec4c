import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.members.factories import make_attribute, make_member, make_registered_member
from wagtail_crm.members import actions, signals
from wagtail_crm.members.importing.binding import LineReader
from wagtail_crm.members.importing.decoding import look_at
from wagtail_crm.members.importing.loading import LoadOptions, load
from wagtail_crm.members.importing.notation import parse_mapping
from wagtail_crm.members.importing.outcome import Outcome
from wagtail_crm.members.importing.people import PeopleImporter
from wagtail_crm.members.importing.reader import open_table
from wagtail_crm.members.importing.refusals import ImportProblem
from wagtail_crm.members.models import AttributeDefinition, Member

pytestmark = pytest.mark.django_db
SHORT = "code=code,email=email,family_name=family,given_name=given"


@pytest.fixture
def load_people(file):
    """Import a text; returns the outcome."""

    def run(content, *words, create_attributes=False, **options):
        mapping = parse_mapping(words or [SHORT])
        table = open_table(look_at(file(content)), mapping.columns)
        importer = PeopleImporter(mapping, create_attributes=create_attributes)
        outcome = Outcome()
        load(
            table=table,
            lines=LineReader(mapping, table, importer.conversions),
            importer=importer,
            outcome=outcome,
            options=LoadOptions(**options),
        )
        return outcome

    return run


@pytest.fixture
def announced(django_capture_on_commit_callbacks):
    """Run something; get what member_changed and member_created said."""

    def run(action, *arguments):
        heard = []
        receivers = {
            signals.member_changed: lambda member_ids, fields, **rest: heard.append(
                (member_ids, fields)
            ),
            signals.member_created: lambda member, **rest: heard.append(member),
        }
        for signal, receiver in receivers.items():
            signal.connect(receiver)
        try:
            with django_capture_on_commit_callbacks(execute=True):
                action(*arguments)
        finally:
            for signal, receiver in receivers.items():
                signal.disconnect(receiver)
        return heard

    return run


def refusals(outcome):
    return {
        refusal.line: (refusal.reason, refusal.column, refusal.value)
        for examples in outcome.examples.values()
        for refusal in examples
    }


def test_people_are_added(load_people):
    outcome = load_people(
        "code,email,family,given\nA1,Yoko@Example.jp,田中,陽子\n,b@example.jp,,\n"
    )

    assert outcome.fates == {"new": 2}
    rows = Member.objects.order_by("pk").values_list(
        "code", "email", "email_key", "family_name", "given_name", "status", "attributes"
    )
    assert list(rows) == [
        ("A1", "Yoko@Example.jp", "yoko@example.jp", "田中", "陽子", "prospect", {}),
        (None, "b@example.jp", "b@example.jp", "", "", "prospect", {}),
    ]
    assert Member.objects.named("田中").get().code == "A1"


def test_people_can_be_saved_again_like_any_other(load_people):
    load_people("code,email,family,given\nA1,,田中,陽子\n")

    member = Member.objects.get(code="A1")
    actions.update_member(member=member, fields={"given_name": "洋子"})

    assert Member.objects.named("洋子").get() == member


def test_the_same_file_twice_changes_nothing(load_people, announced):
    text = "code,email,family,given\nA1,a@example.jp,田中,陽子\nA2,,佐藤,\n"
    load_people(text)
    before = list(Member.objects.values())

    heard = announced(load_people, text)

    assert list(Member.objects.values()) == before
    assert load_people(text).fates == {"same": 2}
    assert heard == []


def test_members_are_brought_up_to_date_by_code(load_people, announced):
    kept = make_member(code="A1", email="a@example.jp", family_name="田中", given_name="陽子")

    heard = announced(load_people, "code,email,family,given\nA1,new@example.jp,鈴木,\n")

    member = Member.objects.get()
    assert (member.pk, member.email, member.email_key) == (
        kept.pk,
        "new@example.jp",
        "new@example.jp",
    )
    assert member.full_name == "鈴木 陽子"
    assert member.updated_at > kept.updated_at
    assert heard == [({kept.pk}, {"email", "family_name"})]


def test_members_are_recognised_by_address_and_get_their_code(load_people):
    kept = make_member(email="Yoko@example.jp")

    outcome = load_people("code,email,family,given\nA1,ｙｏｋｏ@EXAMPLE.jp,,\n")

    assert outcome.fates == {"changed": 1}
    assert Member.objects.get() == kept
    assert Member.objects.get().code == "A1"


def test_new_people_are_announced_together(load_people, announced):
    heard = announced(load_people, "code,email,family,given\nA1,,田中,\nA2,,佐藤,\n")

    ids = set(Member.objects.values_list("pk", flat=True))
    assert heard == [(ids, {"code", "family_name", "status", "email", "language", "created_at"})]


def test_whoever_comes_twice_is_one(load_people):
    outcome = load_people(
        "code,email,family,given\nA1,a@example.jp,田中,\nA1,a@example.jp,鈴木,\n,A@example.jp,佐藤,\n"
    )

    assert outcome.fates == {"new": 1, "changed": 2}
    assert Member.objects.get().family_name == "佐藤"


def test_an_address_may_change_hands_within_a_batch(load_people):
    load_people("code,email,family,given\nA1,one@example.jp,,\nA2,two@example.jp,,\n")

    load_people(
        "code,email,family,given\nA2,,b,\nA1,new@example.jp,,\nA2,one@example.jp,,\nA1,,a,\n"
    )

    assert dict(Member.objects.values_list("code", "email")) == {
        "A1": "new@example.jp",
        "A2": "one@example.jp",
    }


def test_two_people_with_one_address_are_not_mixed(load_people):
    make_member(code="A0", email="zero@example.jp")

    outcome = load_people(
        "code,email,family,given\n"
        "A1,one@example.jp,,\nA2,one@example.jp,,\nA3,zero@example.jp,,\nA1,zero@example.jp,,\n"
    )

    reason = "Somebody else in the list has this e-mail address"
    assert refusals(outcome) == {
        3: (reason, "email", "one@example.jp"),
        4: (reason, "email", "zero@example.jp"),
        5: (reason, "email", "zero@example.jp"),
    }
    assert dict(Member.objects.values_list("code", "email")) == {
        "A0": "zero@example.jp",
        "A1": "one@example.jp",
    }


def test_an_address_that_was_given_up_is_free(load_people):
    load_people("code,email,family,given\nA1,one@example.jp,,\n")

    outcome = load_people("code,email,family,given\nA1,new@example.jp,,\n,one@example.jp,,\n")

    assert outcome.fates == {"changed": 1, "new": 1}


def test_who_has_left_stays_away(load_people):
    member = make_member(code="A1")
    actions.withdraw_member(member=member)

    outcome = load_people("code,email,family,given\nA1,,田中,\n")

    assert refusals(outcome) == {2: ("This person has left", "code", "")}
    assert Member.objects.get().family_name == ""


def test_an_account_keeps_its_address(load_people):
    member = make_registered_member("own@example.jp", code="A1")

    outcome = load_people(
        "code,email,family,given\nA1,other@example.jp,田中,\nA1,OWN@example.jp,,花\n"
    )

    assert refusals(outcome) == {
        2: ("This member has an account and changes the address there", "email", "other@example.jp")
    }
    member.refresh_from_db()
    assert (member.email, member.given_name, member.status) == (
        "own@example.jp",
        "花",
        "registered",
    )


def test_values_that_do_not_fit_are_refused(load_people):
    header = "code,email,kana,language,zone,since\n"
    words = "code=code,email=email,family_name_kana=kana,language=language"
    words = f"{words},time_zone=zone,created_at=since"
    coming = f"{timezone.localdate() + datetime.timedelta(days=2):%Y-%m-%d}"

    outcome = load_people(
        f"{header}A1,a@example.jp,ﾀﾅｶ,ja,Asia/Tokyo,2015/9/5\n"
        f",,,,,\n,,かな,,,\n{'x' * 65},,,,,\nA2,a@b@c,,,,\nA3,,,fr,,\n"
        f"A4,,,,Mars,\nA5,,,,,{coming}\nA6,,,,,1969-12-31\nA7,,,,,last year\n",
        words,
    )

    assert refusals(outcome) == {
        4: ("Neither a customer code nor an e-mail address", "", ""),
        5: ("Longer than 64 characters", "code", "x" * 65),
        6: ("Not an e-mail address", "email", "a@b@c"),
        7: ("Not a language of this site", "language", "fr"),
        8: ("Not a time zone", "zone", "Mars"),
        9: ("In the future", "since", f"{coming}T00:00:00+09:00"),
        10: ("Before 1970", "since", "1969-12-31T00:00:00+09:00"),
        11: ("Not a date with the year first; give its format", "since", "last year"),
    }
    member = Member.objects.get()
    assert (member.family_name_kana, member.time_zone) == ("たなか", "Asia/Tokyo")
    assert timezone.localtime(member.created_at).date() == datetime.date(2015, 9, 5)


def test_a_full_name_fills_what_has_no_column(load_people):
    load_people(
        "code,name,first\nA1,大野　あや子,\nA2,佐藤,花\n",
        "code=code,full_name=name,given_name=first",
    )

    assert list(Member.objects.order_by("code").values_list("family_name", "given_name")) == [
        ("大野", "あや子"),
        ("佐藤", "花"),
    ]


def test_attributes_are_stored_by_their_type(load_people):
    make_attribute("birthday", type="date")
    make_attribute("children", type="number")
    make_attribute("newsletter", type="boolean")
    make_attribute("prefecture", type="choice", choices="東京都\n大阪府")
    make_attribute("likes", type="choices", choices="bread\ncake")
    words = [
        "code=code",
        *(f"attributes.{key}={key}" for key in ("birthday", "children", "newsletter")),
        *(f"attributes.{key}={key}" for key in ("prefecture", "likes")),
    ]

    outcome = load_people(
        "code,birthday,children,newsletter,prefecture,likes\n"
        "A1,1981/4/29,2,はい,東京都,cake;bread\nA2,,,,,\nA3,,,,Tokyo,\nA4,,two,,,\n",
        *words,
    )

    assert dict(Member.objects.values_list("code", "attributes")) == {
        "A1": {
            "birthday": "1981-04-29",
            "children": 2,
            "newsletter": True,
            "prefecture": "東京都",
            "likes": ["cake", "bread"],
        },
        "A2": {},
    }
    assert refusals(outcome) == {
        4: ("Not a value that the attribute 'prefecture' can have", "prefecture", "Tokyo"),
        5: ("Not a number", "children", "two"),
    }


def test_attributes_that_the_file_does_not_have_stay(load_people):
    make_attribute("size")
    make_member(code="A1", attributes={"prefecture": "東京都", "size": "S"})

    outcome = load_people("code,size\nA1,M\n", "code=code,attributes.size=size")

    assert outcome.fates == {"changed": 1}
    assert Member.objects.get().attributes == {"prefecture": "東京都", "size": "M"}


def test_an_unknown_attribute_stops_the_import(load_people):
    make_attribute("prefecture")

    with pytest.raises(ImportProblem) as problem:
        load_people("code,x\nA1,1\n", "code=code,attributes.prefectur=x")

    assert str(problem.value) == (
        "There is no attribute 'prefectur'. Make it in the admin, or let --create-attributes make "
        "it. Did you mean 'prefecture'?"
    )


def test_attributes_are_created_when_asked_for(load_people, file):
    yaml = file(
        "fields: {code: code, attributes.sex: sex, attributes.note: note}\n"
        "attributes:\n  sex: {label: Sex, type: choice, choices: [m, f], ja: {label: 性別}}\n",
        "people.yaml",
    )

    load_people("code,sex,note\nA1,m,hello\n", str(yaml), create_attributes=True)

    fields = ("key", "label", "type", "choices", "translations")
    assert list(AttributeDefinition.objects.order_by("key").values_list(*fields)) == [
        ("note", "note", "text", "", {}),
        ("sex", "Sex", "choice", "m\nf", {"ja": {"label": "性別"}}),
    ]
    assert Member.objects.get().attributes == {"sex": "m", "note": "hello"}


def test_an_attribute_that_cannot_be_created_stops_the_import(load_people):
    with pytest.raises(ImportProblem, match="The attribute 'No Good' cannot be made"):
        load_people("code,x\nA1,1\n", "code=code", "attributes.No Good=x", create_attributes=True)


def test_a_formula_is_imported_as_text(load_people):
    load_people('code,email,family,given\nA1,,=1+1,"@SUM(A1)"\n')

    assert Member.objects.values_list("family_name", "given_name").get() == ("=1+1", "@SUM(A1)")


def test_a_dry_run_keeps_nothing(load_people, announced):
    options = {"dry_run": True, "create_attributes": True}
    text = "code,x\nA1,1\n"

    heard = announced(lambda: load_people(text, "code=code,attributes.x=x", **options))

    assert (Member.objects.count(), AttributeDefinition.objects.count(), heard) == (0, 0, [])


def test_strict_keeps_nothing_when_a_line_is_refused(load_people):
    text = "code,email,family,given\nA1,,,\nA2,wrong,,\n"

    assert load_people(text, strict=True).fates == {"new": 1}
    assert Member.objects.count() == 0
    load_people(text)
    assert Member.objects.get().code == "A1"


@pytest.mark.parametrize("batch", [0, 1, 2, 7])
def test_batches_make_the_same_members(load_people, batch):
    lines = [f"A{number % 4},,name{number}," for number in range(10)]

    outcome = load_people("\n".join(["code,email,family,given", *lines]), batch=batch)

    assert outcome.fates == {"new": 4, "changed": 6}
    assert dict(Member.objects.values_list("code", "family_name")) == {
        "A0": "name8",
        "A1": "name9",
        "A2": "name6",
        "A3": "name7",
    }


def test_the_number_of_queries_does_not_depend_on_the_people(load_people):
    def queries(first, last):
        lines = [f"A{line},a{line}@example.jp,," for line in range(first, last)]
        with CaptureQueriesContext(connection) as captured:
            load_people("\n".join(["code,email,family,given", *lines]))
        return len(captured)

    assert queries(0, 1) == queries(1, 30)
