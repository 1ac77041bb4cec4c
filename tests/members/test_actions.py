import datetime
import re
import threading
from functools import partial

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from tests.members.factories import (
    make_member,
    make_registered_member,
    make_user,
)
from wagtail_crm.members import actions, signals
from wagtail_crm.members.importing.actions import Person, save_people
from wagtail_crm.members.models import ConsentRecord, Member, MemberTag, Registration

pytestmark = pytest.mark.django_db
SIGNALS = (
    "member_created",
    "member_changed",
    "member_registered",
    "member_withdrawn",
    "consent_changed",
)


@pytest.fixture
def facts(django_capture_on_commit_callbacks):
    """Run something; get the names of the signals it sent, with the fields that changed."""

    def run(action, **arguments):
        heard = []

        def note(name, fields=(), **rest):
            heard.append((name, sorted(fields)))

        hear = {name: partial(note, name) for name in SIGNALS}
        for name, receiver in hear.items():
            getattr(signals, name).connect(receiver, weak=False)
        with django_capture_on_commit_callbacks(execute=True):
            action(**arguments)
        for name, receiver in hear.items():
            getattr(signals, name).disconnect(receiver)
        return heard

    return run


def test_create_member_normalises_what_was_typed():
    member = actions.create_member(
        email=" Yoko@Example.jp ", code=" A1 ", family_name_kana="タナカ", given_name_kana="ﾖｳｺ"
    )
    member.refresh_from_db()
    assert (member.email, member.email_key) == ("Yoko@Example.jp", "yoko@example.jp")
    assert (member.code, member.full_name_kana) == ("A1", "たなか ようこ")


def test_create_member_announces_it(facts):
    assert facts(actions.create_member, email="a@example.jp") == [("member_created", [])]


def test_create_member_with_a_taken_mailbox_names_its_owner():
    owner = make_member(email="yoko@example.jp")
    with pytest.raises(actions.MemberExists) as refusal:
        actions.create_member(email="YOKO@example.jp")
    assert (refusal.value.member, refusal.value.field) == (owner, "email")


def test_create_member_with_a_taken_code_names_its_owner():
    owner = make_member(code="A1")
    with pytest.raises(actions.MemberExists) as refusal:
        actions.create_member(code=" A1")
    assert (refusal.value.member, refusal.value.field) == (owner, "code")


def test_members_without_address_or_code_do_not_collide():
    actions.create_member(family_name="A", code="")
    actions.create_member(family_name="B", code="")
    assert Member.objects.count() == 2


def test_update_member_tells_what_really_changed(facts):
    member = make_member(family_name="A", attributes={"size": 1, "old": "x"})
    heard = facts(
        actions.update_member,
        member=member,
        fields={"family_name": "B", "given_name": ""},
        attributes={"size": 2, "old": None, "missing": None},
    )
    assert heard == [("member_changed", ["attributes.old", "attributes.size", "family_name"])]
    member.refresh_from_db()
    assert (member.family_name, member.attributes) == ("B", {"size": 2})


def test_update_member_with_the_same_values_says_nothing(facts):
    member = make_member(family_name="A")
    assert facts(actions.update_member, member=member, fields={"family_name": "A"}) == []


def test_update_member_keeps_what_others_wrote_meanwhile():
    member = make_member()
    actions.update_member(member=member, attributes={"a": 1})
    actions.update_member(member=member, attributes={"b": 2})
    member.refresh_from_db()
    assert member.attributes == {"a": 1, "b": 2}


def test_update_member_may_not_take_a_mailbox():
    make_member(email="a@example.jp")
    member = make_member(email="b@example.jp")
    with pytest.raises(actions.MemberExists):
        actions.update_member(member=member, fields={"email": "A@example.jp"})
    member.refresh_from_db()
    assert member.email == "b@example.jp"


def test_tag_members_adds_and_removes_by_name(facts):
    one, two = make_member(), make_member()
    actions.tag_members(members=[one], add=["東京", "VIP"])
    heard = facts(actions.tag_members, members=[one, two], add=["VIP"], remove=["東京"])
    assert heard == [("member_changed", ["tags"])]
    tags = [sorted(tag.name for tag in member.tags.all()) for member in (one, two)]
    assert tags == [["VIP"], ["VIP"]]


def test_assign_owner_counts_those_who_changed_hands():
    colleague = make_user(is_staff=True)
    one, two = make_member(owner=colleague), make_member()
    assert actions.assign_owner(members=[one, two], owner=colleague) == 1
    assert actions.assign_owner(members=[one, two], owner=None) == 2
    assert Member.objects.filter(owner=None).count() == 2


def test_tagging_counts_members_and_makes_each_tag_once():
    one, two = make_member(), make_member()
    assert actions.tag_members(members=[two, one, two], add=["b", " a ", "b", ""]) == 2
    assert [member.tag_names for member in (one, two)] == [["a", "b"], ["a", "b"]]
    assert MemberTag.objects.count() == 2


def test_set_attribute_leaves_other_answers_as_they_are(facts):
    kept = {"other": "x", "deep": {"a": None, "b": [1]}}
    people = [make_member(attributes=kept | {"likes": likes}) for likes in ("Tea", ["Tea"])]
    ids = [member.pk for member in people]

    def write(value):
        heard = facts(actions.set_attribute, member_ids=ids, key="likes", value=value)
        return heard, list(Member.objects.order_by("pk").values_list("attributes", flat=True))

    changed = [("member_changed", ["attributes.likes"])]
    assert write(["茶", "Cake"]) == (changed, [kept | {"likes": ["茶", "Cake"]}] * 2)
    assert write(["茶", "Cake"])[0] == []
    assert write(None) == (changed, [kept] * 2)


def _assign(members):
    actions.assign_owner(members=members, owner=make_user(is_staff=True))


def _import(members):
    people = [Person(n, {"code": f"C{n}", "email": m.email}) for n, m in enumerate(members)]
    save_people(people=people)


@pytest.mark.postgresql
@pytest.mark.parametrize("change", [_assign, _import])
def test_many_members_are_locked_at_once_and_in_one_order(change):
    """Whoever locks some of the same members waits then, and never in a ring."""
    members = [make_member() for _n in range(3)]
    with CaptureQueriesContext(connection) as queries:
        change(members[::-1])
    locking = [query["sql"] for query in queries if " FOR " in query["sql"]]
    in_order = re.compile(r'ORDER BY (1|"wagtail_crm_members_member"."id") ASC FOR ')
    assert [bool(in_order.search(sql)) for sql in locking] == [True]


def start(user, **changes):
    given = {
        "names": {"family_name": "田中", "family_name_kana": "タナカ"},
        "attributes": {"prefecture": "Tokyo"},
        "consents": {"email": True, "profiling": False},
        "language": "ja",
    }
    return actions.start_registration(user=user, **given | changes)


def test_register_member_takes_over_what_was_typed(facts):
    user = make_user("yoko@example.jp")
    start(user)
    heard = facts(actions.register_member, user=user, verified_email="yoko@example.jp")
    member = Member.objects.get(user=user)
    assert (member.status, member.email, member.language) == (
        "registered",
        "yoko@example.jp",
        "ja",
    )
    assert (member.family_name, member.family_name_kana) == ("田中", "たなか")
    assert member.attributes == {"prefecture": "Tokyo"}
    assert Registration.objects.count() == 0
    assert [name for name, _fields in heard] == [
        "member_created",
        "consent_changed",
        "member_changed",
        "member_registered",
        "member_changed",
    ]


def test_an_empty_box_is_not_an_answer():
    user = make_user()
    start(user)
    member = actions.register_member(user=user, verified_email=user.email)
    answers = list(ConsentRecord.objects.filter(member=member).values_list("purpose", "granted"))
    assert answers == [("email", True)]


def test_register_member_claims_the_prospect_with_their_history():
    prospect = make_member(email="yoko@example.jp", given_name="陽子", attributes={"size": 1})
    user = make_user("YOKO@example.jp")
    start(user)
    member = actions.register_member(user=user, verified_email="YOKO@example.jp")
    assert member.pk == prospect.pk
    assert member.full_name == "田中 陽子"
    assert member.attributes == {"size": 1, "prefecture": "Tokyo"}


def test_register_member_twice_changes_nothing(facts):
    user = make_user()
    first = actions.register_member(user=user, verified_email=user.email)
    assert facts(actions.register_member, user=user, verified_email=user.email) == []
    assert Member.objects.get().registered_at == first.registered_at


def test_a_mailbox_belongs_to_whoever_proved_it():
    """An import may have given somebody else's row the address that a new account confirms."""
    other = make_registered_member()
    actions.update_member(member=other, fields={"email": "shared@example.jp"})
    user = make_user("shared@example.jp")
    member = actions.register_member(user=user, verified_email="shared@example.jp")
    other.refresh_from_db()
    assert member.pk != other.pk
    assert (member.email_key, other.email_key) == ("shared@example.jp", None)


def test_record_consent_keeps_the_history_and_one_answer_in_force():
    member = make_member()
    for granted in (True, True, False):
        actions.record_consent(member=member, purpose="email", granted=granted, source="test")
    records = ConsentRecord.objects.filter(member=member).order_by("pk")
    assert [(record.granted, record.is_current) for record in records] == [
        (True, False),
        (False, True),
    ]
    assert not Member.objects.consented_to("email").exists()


def test_record_consent_to_another_text_is_another_answer(settings):
    member = make_member()
    actions.record_consent(member=member, purpose="email", granted=True, source="test")
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"CONSENT_VERSION": "2"}
    actions.record_consent(member=member, purpose="email", granted=True, source="test")
    assert [record.version for record in ConsentRecord.objects.order_by("pk")] == ["1", "2"]


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite lets one writer in at a time")
def test_two_answers_at_once_leave_one_in_force():
    member = make_member()

    def answer(granted):
        actions.record_consent(member=member, purpose="email", granted=granted, source="test")
        connection.close()

    threads = [threading.Thread(target=answer, args=[granted]) for granted in (True, False)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert ConsentRecord.objects.count() == 2
    assert ConsentRecord.objects.current().count() == 1


def test_withdraw_member_closes_the_account_and_ends_consent(facts):
    member = make_registered_member("yoko@example.jp", family_name="田中")
    actions.record_consent(member=member, purpose="email", granted=True, source="test")
    user = member.user
    heard = facts(actions.withdraw_member, member=member)
    member.refresh_from_db()
    user.refresh_from_db()
    assert (member.status, member.user, member.full_name) == ("withdrawn", None, "田中")
    assert (user.is_active, user.has_usable_password()) == (False, False)
    assert "yoko" not in user.email
    assert not EmailAddress.objects.filter(user=user).exists()
    assert not Member.objects.consented_to("email").exists()
    assert [name for name, _fields in heard] == [
        "consent_changed",
        "member_changed",
        "member_withdrawn",
        "member_changed",
    ]


def test_withdraw_member_leaves_a_colleagues_account_open():
    user = make_user(is_staff=True)
    member = actions.register_member(user=user, verified_email=user.email)
    actions.withdraw_member(member=member)
    user.refresh_from_db()
    assert (user.is_active, user.has_usable_password()) == (True, True)


def test_withdraw_member_twice_tells_once(facts):
    member = make_registered_member()
    actions.withdraw_member(member=member)
    first = Member.objects.get().withdrawn_at
    heard = facts(actions.withdraw_member, member=member, erase=True)
    assert [name for name, _fields in heard] == ["member_changed"]
    assert Member.objects.get().withdrawn_at == first


def test_a_former_member_registers_again_and_keeps_their_history():
    member = make_registered_member("yoko@example.jp", attributes={})
    actions.update_member(member=member, attributes={"size": 1})
    actions.withdraw_member(member=member)
    again = actions.register_member(
        user=make_user("yoko@example.jp"), verified_email="yoko@example.jp"
    )
    assert (again.pk, again.status, again.withdrawn_at) == (member.pk, "registered", None)
    assert again.attributes == {"size": 1}


def test_an_erased_member_who_registers_again_is_somebody_new():
    member = make_registered_member("yoko@example.jp", family_name="田中")
    actions.withdraw_member(member=member, erase=True)
    again = actions.register_member(
        user=make_user("yoko@example.jp"), verified_email="yoko@example.jp"
    )
    assert again.pk != member.pk


def test_join_with_account_needs_a_confirmed_address():
    with pytest.raises(actions.UnconfirmedAddress):
        actions.join_with_account(user=make_user(confirmed=False))
    assert Member.objects.count() == 0


def test_forget_unconfirmed_deletes_only_accounts_nobody_ever_used():
    month_ago = timezone.now() - datetime.timedelta(days=31)
    stale = make_user("stale@example.jp", confirmed=False)
    used = make_user("used@example.jp", confirmed=False, last_login=month_ago)
    confirmed = make_user("confirmed@example.jp")
    for user in (stale, used, confirmed):
        start(user)
    Registration.objects.update(started_at=month_ago)
    start(fresh := make_user("fresh@example.jp", confirmed=False))
    Registration.objects.filter(user=fresh).update(started_at=timezone.now())
    removed = actions.forget_unconfirmed(before=timezone.now() - datetime.timedelta(days=30))
    assert removed == 1
    left = set(get_user_model().objects.values_list("email", flat=True))
    assert left == {"used@example.jp", "confirmed@example.jp", "fresh@example.jp"}
