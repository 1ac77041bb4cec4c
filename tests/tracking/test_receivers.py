import functools
from uuid import UUID

import pytest
from allauth.account.models import EmailAddress
from allauth.account.signals import email_confirmed, user_signed_up
from django.contrib.auth import login
from django.contrib.auth.models import AnonymousUser, Group, Permission
from django.contrib.sessions.backends.db import SessionStore
from django.core.cache import caches

from tests.members.factories import PASSWORD, make_registered_member, make_user
from tests.segments.factories import make_segment
from tests.tracking.factories import CHROME, make_browser, make_page
from wagtail_crm.members.actions import record_consent, withdraw_member
from wagtail_crm.members.models import Member
from wagtail_crm.segments.actions import refresh_segment
from wagtail_crm.tracking import actions, snapshots
from wagtail_crm.tracking.context import Crm
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import DailyTotal, Event, RefusedEvent, Visitor

pytestmark = pytest.mark.django_db
make_browser = functools.partial(make_browser, commits=True)


@pytest.fixture
def commit(django_capture_on_commit_callbacks):
    """Do something, and what is to follow once it is committed."""

    def run(action, *args, **kwargs):
        with django_capture_on_commit_callbacks(execute=True):
            return action(*args, **kwargs)

    return run


@pytest.fixture
def member(page, commit):
    return commit(make_registered_member)


def kinds(member=None):
    actions.drain_buffer()
    events = Event.objects.of_member(member) if member else Event.objects.all()
    return list(events.order_by("at").values_list("kind", flat=True))


def log_in(client, user):
    response = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert response.status_code == 302


def log_out(client):
    assert client.post("/accounts/logout/").status_code == 302


def lose_session(client):
    del client.cookies["sessionid"]


@pytest.fixture
def sign_up(rf):
    """What allauth tells once somebody has made an account on this browser."""

    def send(client, user):
        request = rf.post("/", headers={"user-agent": CHROME})
        request.COOKIES = {name: morsel.value for name, morsel in client.cookies.items()}
        request.session, request.user = SessionStore(), AnonymousUser()
        request.crm = Crm(request)
        user_signed_up.send(type(user), request=request, user=user)
        if request.crm.new_visitor_id:
            client.cookies["crm_visitor"] = str(request.crm.new_visitor_id)

    return send


def test_logging_in_makes_earlier_views_the_members(page, member):
    client = make_browser()
    client.get(page.url)
    log_in(client, member.user)
    client.get(page.url)
    assert kinds(member) == ["registration", "page_view", "login", "page_view"]
    assert Visitor.objects.get().member == member


def test_logging_out_gives_the_browser_a_new_id(page, member):
    client = make_browser()
    log_in(client, member.user)
    before = client.cookies["crm_visitor"].value
    log_out(client)
    after = client.cookies["crm_visitor"].value
    assert before != after
    client.get(page.url)
    assert "logout" in kinds(member)
    assert Event.objects.get(visitor_id=after).member_id == 0


def test_a_browser_that_agreed_to_nothing_has_no_id_once_its_member_left(page, member, commit):
    commit(record_consent, member=member, purpose="profiling", granted=True, source="test")
    client = make_browser(None)
    log_in(client, member.user)
    visitor = client.cookies["crm_visitor"].value
    log_out(client)
    assert client.cookies["crm_visitor"].value == ""
    assert "crm_visitor" not in client.get(page.url).cookies
    assert "logout" in kinds(member)
    assert set(Event.objects.exclude(visitor=None).values_list("visitor")) == {(UUID(visitor),)}


def test_two_people_on_one_browser(page, member, commit):
    other = commit(make_registered_member)
    client = make_browser()
    client.get(page.url)
    log_in(client, member.user)
    log_out(client)
    between = make_page("Between")
    client.get(between.url)
    log_in(client, other.user)
    kinds()
    seen = set(Event.objects.of_kinds("page_view").values_list("page_id", "member_id"))
    assert (page.pk, member.pk) in seen
    assert (between.pk, other.pk) in seen
    assert (page.pk, other.pk) not in seen


def test_the_second_person_after_a_session_ran_out_gets_a_new_id(page, member, commit):
    other = commit(make_registered_member)
    client = make_browser()
    log_in(client, member.user)
    mine = client.cookies["crm_visitor"].value
    lose_session(client)
    between = make_page("Between")
    client.get(between.url)
    kinds()
    log_in(client, other.user)
    assert client.cookies["crm_visitor"].value != mine
    kinds()
    assert Event.objects.get(page_id=between.pk).member_id == 0
    owners = dict(Visitor.objects.values_list("pk", "member"))
    assert {str(key): owner for key, owner in owners.items()} == {
        mine: member.pk,
        client.cookies["crm_visitor"].value: other.pk,
    }


def test_a_member_who_said_no_is_not_followed(page, member, commit):
    commit(record_consent, member=member, purpose="profiling", granted=False, source="test")
    client = make_browser("yes")
    client.get(page.url)
    log_in(client, member.user)
    client.get(page.url)
    assert kinds(member) == ["registration", "consent"]
    assert Visitor.objects.filter(member=member).count() == 0


def test_what_a_page_knew_before_somebody_signed_in_on_it_is_not_believed(rf, member, commit):
    """A view that asked who was there, and then signs in a member who said no."""
    commit(record_consent, member=member, purpose="profiling", granted=False, source="test")
    everybody = make_segment(("status", {"status": "registered"}))
    commit(refresh_segment, segment=everybody)
    request = rf.post("/", headers={"user-agent": CHROME})
    request.COOKIES = {"crm_consent": "1:yes"}
    request.session, request.user = SessionStore(), AnonymousUser()
    request.crm = Crm(request)
    assert (request.crm.may_track, request.crm.member_id) == (True, 0)
    assert list(request.crm.segments) == []
    login(request, member.user, backend="django.contrib.auth.backends.ModelBackend")
    assert (request.crm.may_track, request.crm.member_id) == (False, member.pk)
    assert list(request.crm.segments) == [everybody.pk]
    assert (request.crm.pending, Visitor.objects.count()) == ([], 0)


def test_a_forged_visitor_cookie_cannot_take_somebodys_history(page, member, commit):
    """Whoever copies the id of a member's browser and logs in as somebody else gets nothing."""
    client = make_browser()
    client.get(page.url)
    log_in(client, member.user)
    kinds()
    thief, other = make_browser(), commit(make_registered_member)
    thief.cookies["crm_visitor"] = client.cookies["crm_visitor"].value
    log_in(thief, other.user)
    assert set(Event.objects.of_kinds("page_view").values_list("member_id", flat=True)) == {
        member.pk
    }
    assert thief.cookies["crm_visitor"].value != client.cookies["crm_visitor"].value


def test_a_registration_confirmed_in_another_browser_finds_its_visits(page, rf, sign_up, commit):
    client, user = make_browser(), make_user("yoko@example.jp", confirmed=False)
    client.get(page.url)
    sign_up(client, user)
    client.get(page.url)
    address = EmailAddress.objects.get(user=user)
    address.set_verified()
    commit(email_confirmed.send, EmailAddress, request=rf.get("/"), email_address=address)
    member = Member.objects.get(user=user)
    assert kinds(member) == ["page_view", "page_view", "registration"]
    assert Visitor.objects.get().member == member


def test_two_people_registering_on_one_browser_are_kept_apart(page, sign_up):
    client = make_browser()
    first, second = make_user(confirmed=False), make_user(confirmed=False)
    client.get(page.url)
    sign_up(client, first)
    sign_up(client, second)
    assert Visitor.objects.filter(user=first).count() == 1
    assert str(Visitor.objects.get(user=second).pk) == client.cookies["crm_visitor"].value


def test_registration_consent_and_withdrawal_are_events(page, member, commit):
    commit(record_consent, member=member, purpose="profiling", granted=True, source="test")
    commit(withdraw_member, member=member)
    assert kinds(member) == ["registration", "consent", "consent", "withdrawal"]
    answers = Event.objects.of_kinds("consent").order_by("at").values_list("data", flat=True)
    assert list(answers) == [{"granted": True}, {"granted": False}]


def test_nothing_is_known_of_an_account_whose_member_left(member, commit):
    """A colleague's account stays open: its cached snapshot must not outlive the membership."""
    user = member.user
    type(user).objects.update(is_staff=True)
    caches["default"].clear()  # a new account's snapshot is held off for a moment
    assert snapshots.snapshot_of(user.pk)["member_id"] == member.pk
    assert caches["default"].get(f"crm:snapshot:{user.pk}")["member_id"] == member.pk
    commit(withdraw_member, member=Member.objects.get(pk=member.pk))
    assert snapshots.snapshot_of(user.pk)["member_id"] == 0


def test_erasure_leaves_nothing_of_the_log(page, member, commit):
    client = make_browser()
    client.get(page.url)
    log_in(client, member.user)
    client.get(page.url)
    actions.set_aside(payloads=[NewEvent("login", member_id=member.pk).to_json()], reason="?")
    commit(withdraw_member, member=member, erase=True)
    actions.drain_buffer()
    assert kinds(member) == ["withdrawal"]
    assert list(DailyTotal.objects.filter(member=member).values_list("kind", flat=True)) == [
        "withdrawal"
    ]
    assert (Visitor.objects.count(), RefusedEvent.objects.count()) == (0, 0)


def test_a_login_without_our_middleware_is_no_event(rf, page, member):
    request = rf.get("/", headers={"user-agent": CHROME})
    request.session = SessionStore()
    login(request, member.user, backend="django.contrib.auth.backends.ModelBackend")
    assert kinds(member) == ["registration"]


def through_group(user, entry):
    group = Group.objects.create(name="Bakers")
    group.permissions.add(entry)
    user.groups.add(group)


def through_permission(user, entry):
    user.user_permissions.add(entry)


def as_superuser(user, entry):
    user.is_superuser = True
    user.save()


@pytest.mark.parametrize("promote", [through_group, through_permission, as_superuser])
def test_a_new_colleague_is_staff_on_the_next_page(member, commit, promote):
    entry = Permission.objects.get(content_type__app_label="wagtailadmin", codename="access_admin")
    assert snapshots.snapshot_of(member.user.pk)["staff"] is False
    commit(promote, member.user, entry)
    assert snapshots.snapshot_of(member.user.pk)["staff"] is True
