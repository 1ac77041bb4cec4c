import asyncio
import uuid

import pytest
from django.contrib.auth.models import AnonymousUser
from django.contrib.sessions.backends.db import SessionStore
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext
from django.urls import path
from django.utils.functional import SimpleLazyObject

from tests.members.factories import PASSWORD, make_registered_member, make_user
from tests.tracking.factories import CHROME, GOOGLEBOT, make_browser
from wagtail_crm.members.actions import record_consent, withdraw_member
from wagtail_crm.tracking.context import Crm
from wagtail_crm.tracking.kinds import UnknownKind
from wagtail_crm.tracking.schemas import InvalidFacts

pytestmark = pytest.mark.django_db


@pytest.fixture
def member(db, django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks(execute=True):
        member = make_registered_member()
        record_consent(member=member, purpose="profiling", granted=True, source="test")
    return member


@pytest.fixture
def ask(rf):
    """``request.crm`` of a visitor with these cookies and headers."""

    def make(cookies=None, user=None, session=None, **headers):
        headers.setdefault("user_agent", CHROME)
        request = rf.get("/", headers={name.replace("_", "-"): v for name, v in headers.items()})
        request.COOKIES = cookies or {}
        request.session = session or SessionStore()
        request.user = AnonymousUser() if user is None else user
        return Crm(request)

    return make


def unloaded():
    return SimpleLazyObject(lambda: pytest.fail("the user was loaded"))


def session_of(user):
    return SessionStore(make_browser(None, user=user).session.session_key)


def test_asking_nothing_touches_nothing(ask):
    crm = ask(user=unloaded())
    assert (crm.may_track, crm.must_ask, crm.member_id) == (False, True, 0)
    assert (crm.segments, crm.part("points"), crm.visitor_id) == (frozenset(), None, None)
    assert crm.request.session.accessed is False


def test_the_account_of_a_session_is_known_without_loading_it(ask, member):
    session = session_of(member.user)
    session.load()
    ask(user=unloaded(), session=session).member_id  # noqa: B018  # fills the cache
    with CaptureQueriesContext(connection) as captured:
        crm = ask(user=unloaded(), session=session)
        assert (crm.member_id, crm.may_track) == (member.pk, True)
    assert captured.captured_queries == []


def test_a_loaded_user_is_believed(ask, member):
    assert ask(user=member.user).member == member
    assert ask(user=AnonymousUser(), session=session_of(member.user)).member_id == 0


def test_a_session_from_before_a_new_password_is_nobodys(
    ask, member, django_capture_on_commit_callbacks
):
    session = session_of(member.user)
    assert ask(user=unloaded(), session=session).member_id == member.pk
    with django_capture_on_commit_callbacks(execute=True):
        member.user.set_password(PASSWORD + "!")
        member.user.save()
    assert ask(user=unloaded(), session=session).member_id == 0


def test_a_session_of_somebody_who_left_is_nobodys(ask, member, django_capture_on_commit_callbacks):
    session = session_of(member.user)
    assert ask(user=unloaded(), session=session).member_id == member.pk
    with django_capture_on_commit_callbacks(execute=True):
        withdraw_member(member=member)
    assert ask(user=unloaded(), session=session).member_id == 0


def test_a_session_of_an_account_that_is_gone_is_nobodys(ask):
    user = make_user()
    session = session_of(user)
    user.delete()
    assert ask(user=unloaded(), session=session).member_id == 0


def test_staff_are_not_recorded_unless_the_site_says_so(ask, crm_settings):
    editor = make_user(is_superuser=True)
    cookies = {"crm_consent": "1:yes"}
    assert ask(cookies, user=editor).may_track is False
    crm_settings(TRACK_STAFF=True)
    assert ask(cookies, user=editor).may_track is True


def test_machines_are_not_recorded(ask):
    cookies = {"crm_consent": "1:yes"}
    assert ask(cookies).may_track is True
    assert ask(cookies, user_agent=GOOGLEBOT).may_track is False
    assert ask(cookies, user_agent="").may_track is False


def test_track_notes_who_and_with_what(ask, member):
    crm = ask(user=member.user)
    event = crm.track("cart_add", subject="rye" + "x" * 200 + "\0", value=3, quantity=3)
    assert crm.pending == [event]
    assert (event.member_id, event.subject, event.value) == (member.pk, "rye" + "x" * 117, 3)
    assert event.visitor_id == crm.new_visitor_id
    assert event.data == {
        "device": "computer",
        "os": "Windows",
        "browser": "Chrome",
        "quantity": 3,
    }


def test_track_uses_the_browsers_id(ask):
    visitor = uuid.uuid4()
    crm = ask({"crm_consent": "1:yes", "crm_visitor": str(visitor)})
    assert crm.track("search").visitor_id == visitor
    assert crm.new_visitor_id is None


@pytest.fixture(scope="module")
def outside_of_loops():
    """Playwright's loop counts as running in this thread as long as a browser is open.

    Of the module, so that it comes before the database: Django has one connection for
    code in a loop and another for code outside of one.
    """
    loop = asyncio._get_running_loop()
    asyncio._set_running_loop(None)
    yield
    asyncio._set_running_loop(loop)


def test_an_async_view_waits_for_who_is_looking(member, settings, outside_of_loops):
    async def shop(request):
        event = await request.crm.atrack("search", subject="rye")
        return HttpResponse(str(event.member_id))

    settings.ROOT_URLCONF = type("urls", (), {"urlpatterns": [path("shop/", shop)]})
    response = make_browser(None, user=member.user).get("/shop/")
    assert response.content.decode() == str(member.pk)


def test_track_without_consent_notes_nothing(ask):
    crm = ask()
    assert (crm.track("search"), crm.pending, crm.new_visitor_id) == (None, [], None)


def test_track_refuses_an_unknown_kind_whoever_is_looking(ask):
    with pytest.raises(UnknownKind):
        ask().track("dance")


def test_track_refuses_what_the_schema_does_not_allow_whoever_is_looking(ask):
    with pytest.raises(InvalidFacts, match="results: Input should be greater than or equal to 0"):
        ask().track("search", results=-1)
