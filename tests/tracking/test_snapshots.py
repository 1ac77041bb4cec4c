import threading
import time

import pytest
from django.contrib.auth.models import Group, Permission
from django.core.cache import caches
from django.db import DatabaseError, connection
from django.test.utils import CaptureQueriesContext

from tests.members.factories import make_member, make_registered_member, make_user
from wagtail_crm.members.actions import record_consent, withdraw_member
from wagtail_crm.members.models import Member
from wagtail_crm.tracking import snapshots
from wagtail_crm.tracking.snapshots import SnapshotPart, snapshot_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def part(monkeypatch):
    """Contribute a part: ``part("rank", lambda ids: {…})``."""

    def add(slug, build):
        parts = dict(snapshots.snapshot_parts) | {slug: SnapshotPart(slug, build)}
        monkeypatch.setattr(snapshots, "snapshot_parts", parts)

    return add


def test_what_is_known_of_a_member():
    member = make_registered_member()
    record_consent(member=member, purpose="profiling", granted=True, source="test")
    snapshot = snapshot_of(member.user.pk)
    assert (snapshot["member_id"], snapshot["staff"], snapshot["profiling"]) == (
        member.pk,
        False,
        True,
    )


def test_an_account_that_is_no_member():
    snapshot = snapshot_of(make_user(is_superuser=True).pk)
    assert (snapshot["member_id"], snapshot["staff"]) == (0, True)


@pytest.mark.parametrize("is_active", [True, False])
def test_who_may_enter_the_admin_by_a_group(is_active):
    editor, reader = make_user(is_active=is_active), make_user()
    editors = Group.objects.create(name="Writers")
    editors.permissions.add(Permission.objects.get(codename="access_admin"))
    editor.groups.add(editors)
    assert [snapshot_of(user.pk)["staff"] for user in (editor, reader)] == [is_active, False]
    assert (len(snapshot_of(editor.pk)["sessions"]) > 0) is is_active


def test_an_account_that_is_not_there():
    assert snapshot_of(404) == {"member_id": 0}


def test_a_member_who_left_is_nobody():
    member = make_registered_member()
    user = member.user
    withdraw_member(member=member)
    assert snapshot_of(user.pk)["member_id"] == 0


def test_a_refresh_knows_nobody_in_a_member_who_left():
    member = make_registered_member()
    user_id = member.user_id
    assert snapshot_of(user_id)["member_id"] == member.pk
    Member.objects.filter(pk=member.pk).update(status=Member.Status.WITHDRAWN)
    snapshots.refresh([member.pk])
    assert snapshot_of(user_id)["member_id"] == 0


def test_the_second_read_asks_no_database(django_assert_num_queries):
    member = make_registered_member()
    first = snapshot_of(member.user.pk)
    with django_assert_num_queries(0):
        assert snapshot_of(member.user.pk) == first


def test_a_refresh_asks_as_much_for_many_as_for_one(django_assert_num_queries):
    members = [make_registered_member() for _ in range(3)]
    with CaptureQueriesContext(connection) as one:
        snapshots.refresh([members[0].pk])
    with django_assert_num_queries(len(one)):
        snapshots.refresh([member.pk for member in members])


def test_refresh_shows_the_present_state(part):
    member = make_registered_member()
    rank = {"value": "silver"}
    part("rank", lambda ids: dict.fromkeys(ids, rank["value"]))
    assert snapshot_of(member.user.pk)["rank"] == "silver"
    rank["value"] = "gold"
    assert snapshot_of(member.user.pk)["rank"] == "silver"
    snapshots.refresh([member.pk, make_member().pk])
    assert snapshot_of(member.user.pk)["rank"] == "gold"


@pytest.mark.parametrize(("at_most", "kept"), [(1, "outdated"), (3, "gold")])
def test_refresh_of_very_many_drops_them(part, monkeypatch, at_most, kept):
    monkeypatch.setattr(snapshots, "REBUILD_AT_MOST", at_most)
    users = [make_registered_member().user for _ in range(3)]
    rank = {"value": "silver"}
    part("rank", lambda ids: dict.fromkeys(ids, rank["value"]))
    for user in users:
        snapshot_of(user.pk)
    rank["value"] = "gold"
    snapshots.refresh(Member.objects.values_list("pk", flat=True))
    cached = [caches["default"].get(f"crm:snapshot:{user.pk}") for user in users]
    assert [each if isinstance(each, str) else each["rank"] for each in cached] == [kept] * 3
    assert [snapshot_of(user.pk)["rank"] for user in users] == ["gold"] * 3


def test_a_page_that_saw_the_past_cannot_put_it_back(part):
    """It reads before a change and writes after the change was announced."""
    member = make_registered_member()

    def build(ids):
        if not changed:
            changed.append(True)
            snapshots.forget([member.user.pk])
            return dict.fromkeys(ids, "past")
        return dict.fromkeys(ids, "present")

    changed = []
    part("rank", build)
    snapshot_of(member.user.pk)
    assert snapshot_of(member.user.pk)["rank"] == "present"


@pytest.mark.django_db(transaction=True)
@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite locks no rows")
def test_the_last_of_two_refreshes_wins(part):
    """One has read the past and takes its time; another reads the present meanwhile."""
    member = make_registered_member()
    state, has_read = ["past"], threading.Event()

    def build(ids):
        seen = dict.fromkeys(ids, state[0])
        if threading.current_thread().name == "slow":
            has_read.set()
            time.sleep(0.3)
        return seen

    def refresh():
        snapshots.refresh([member.pk])
        connection.close()

    part("rank", build)
    slow = threading.Thread(target=refresh, name="slow")
    slow.start()
    has_read.wait(5)
    state[0] = "present"
    snapshots.refresh([member.pk])
    slow.join()
    assert snapshot_of(member.user.pk)["rank"] == "present"


def test_a_room_that_fails_leaves_the_rest(part, caplog):
    member = make_registered_member()
    broken = [True]

    def build(ids):
        if broken:
            raise RuntimeError("no rank")
        return dict.fromkeys(ids, "gold")

    part("rank", build)
    assert snapshot_of(member.user.pk)["member_id"] == member.pk
    assert "The part 'rank' of snapshots could not be built." in caplog.text
    broken.clear()
    assert snapshot_of(member.user.pk)["rank"] == "gold"


def test_a_room_that_fails_keeps_nobody_in_the_past(part):
    member = make_registered_member()
    record_consent(member=member, purpose="profiling", granted=True, source="test")
    assert snapshot_of(member.user.pk)["profiling"] is True
    part("rank", lambda ids: 1 / 0)
    record_consent(member=member, purpose="profiling", granted=False, source="test")
    snapshots.refresh([member.pk])
    assert snapshot_of(member.user.pk)["profiling"] is False


def test_without_a_cache_the_database_answers(settings, caplog):
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
            "OPTIONS": {"retry": None},
        }
    }
    member = make_registered_member()
    for _ in range(2):
        assert snapshot_of(member.user.pk)["member_id"] == member.pk
    snapshots.refresh([member.pk])
    snapshots.forget([member.user.pk])
    assert caplog.text.count("The cache does not answer") == 1


def test_without_a_database_nothing_is_known():
    def away(*arguments):
        raise DatabaseError("gone")

    member = make_registered_member()
    with connection.execute_wrapper(away):
        assert snapshot_of(member.user.pk) == {"member_id": 0}
    assert snapshot_of(member.user.pk)["member_id"] == member.pk


def test_what_is_cached_is_not_shared_between_readers():
    member = make_registered_member()
    snapshot_of(member.user.pk)["member_id"] = 5
    assert snapshot_of(member.user.pk)["member_id"] == member.pk
    assert caches["default"].get(f"crm:snapshot:{member.user.pk}")["member_id"] == member.pk
