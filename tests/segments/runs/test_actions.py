"""A run from its start to its end: everybody once, whatever happens in between."""

import uuid

import pytest
from django.db import DatabaseError, connection, transaction
from wagtail.log_actions import registry as log_registry

from tests.members.factories import make_member, make_user
from tests.segments.factories import make_segment, members_of
from wagtail_crm.members import actions as members
from wagtail_crm.members.models import Member, MemberTag
from wagtail_crm.segments.models import RunBatch, SegmentRun
from wagtail_crm.segments.runs import actions
from wagtail_crm.segments.runs.action import Batch, SegmentAction, Skip, segment_actions
from wagtail_crm.segments.runs.builtin import TagAction

pytestmark = pytest.mark.django_db

VIP = {"add": ["VIP"], "remove": []}


class SmallTag(TagAction):
    """Two members at a time, so that few members make several batches."""

    batch_size = 2


@pytest.fixture
def staff(db):
    return make_user("staff@example.jp", is_staff=True)


@pytest.fixture
def people(db, committing):
    return [make_member(email=f"m{number}@example.jp") for number in range(5)]


@pytest.fixture
def everybody(people):
    return make_segment(name="Everybody")


def start(segment, staff, action=None, options=VIP, **more):
    return actions.start_run(
        segment=segment, action=action or SmallTag(), options=dict(options), by=staff, **more
    )


def tagged():
    return sorted(Member.objects.filter(tags__name="VIP").values_list("pk", flat=True))


def ids(people):
    return sorted(member.pk for member in people)


def again(run):
    return SegmentRun.objects.get(pk=run.pk)


def test_a_run_is_done_to_everybody(everybody, people, staff):
    run = start(everybody, staff)

    assert actions.work_on(run_id=run.pk) is False

    run = again(run)
    assert tagged() == ids(people)
    assert (run.status, run.total, run.done, run.skipped) == ("done", 5, 5, {})


def test_who_was_in_it_is_forgotten_when_it_is_done(everybody, staff):
    run = start(everybody, staff)
    assert RunBatch.objects.count() == 3

    actions.work_on(run_id=run.pk)

    assert RunBatch.objects.count() == 0


def test_who_needs_nothing_is_skipped_with_the_reason(everybody, people, staff):
    members.tag_members(members=people[:2], add=["VIP"])
    run = start(everybody, staff)

    actions.work_on(run_id=run.pk)

    assert (again(run).done, again(run).skipped) == (3, {"settled": 2})


def test_who_is_in_the_segment_is_fixed_at_the_start(everybody, people, staff):
    run = start(everybody, staff)
    late = make_member()
    everybody.memberships.filter(member=people[0]).delete()

    actions.work_on(run_id=run.pk)

    assert tagged() == ids(people)
    assert late.pk not in tagged()


def test_who_leaves_the_list_meanwhile_is_skipped(everybody, people, staff):
    run = start(everybody, staff)
    members.withdraw_member(member=people[0])
    people[1].delete()

    actions.work_on(run_id=run.pk)

    assert tagged() == ids(people[2:])
    assert again(run).skipped == {"left": 2}


def test_pressing_twice_starts_once(everybody, staff):
    key = uuid.uuid4()

    first, second = start(everybody, staff, key=key), start(everybody, staff, key=key)

    assert first == second
    assert SegmentRun.objects.count() == 1


def test_a_cancelled_run_stops_and_goes_on_where_it_stopped(everybody, people, staff):
    run = start(everybody, staff)
    actions.do_next_batch(run_id=run.pk)

    actions.cancel_run(run=run)
    assert actions.do_next_batch(run_id=run.pk) is False
    assert tagged() == ids(people[:2])
    assert (again(run).status, again(run).done) == ("cancelled", 2)

    actions.resume_run(run=run)
    actions.work_on(run_id=run.pk)
    assert tagged() == ids(people)
    assert (again(run).status, again(run).done) == ("done", 5)


def test_what_is_done_cannot_be_cancelled_or_resumed(everybody, staff):
    run = start(everybody, staff)
    actions.work_on(run_id=run.pk)

    with pytest.raises(actions.WrongState):
        actions.cancel_run(run=run)
    with pytest.raises(actions.WrongState):
        actions.resume_run(run=run)


def history(segment):
    return list(log_registry.get_logs_for_instance(segment).filter(action=actions.RUN_ACTION))


def test_a_run_is_one_line_of_the_history(everybody, people, staff, in_english):
    members.tag_members(members=people[:1], add=["VIP"])
    run = start(everybody, staff)
    actions.do_next_batch(run_id=run.pk)
    actions.cancel_run(run=run)
    assert history(everybody)[0].message == ("Add the tags: VIP – 1 member, 1 skipped, Cancelled")

    actions.resume_run(run=run)
    actions.work_on(run_id=run.pk)

    [entry] = history(everybody)
    assert entry.user == staff
    assert entry.message == "Add the tags: VIP – 4 members, 1 skipped"


class Picky(SegmentAction):
    """Fails for the members named in its options, or for all."""

    slug = "picky"
    label = "Picky"
    permission = "wagtail_crm_members.change_member"
    batch_size = 3

    def in_words(self, options):
        return "Picky"

    def skips(self, options):
        return [Skip("code", "have a code", _condition())]

    def apply(self, batch: Batch):
        done = Member.objects.filter(pk__in=batch.member_ids)
        members.tag_members(members=done, add=["VIP"])
        if batch.options["all"]:
            raise ValueError("The other system is closed.")
        if set(batch.options["faulty"]) & set(batch.member_ids):
            raise ValueError("That member is impossible.")


def _condition():
    from django.db.models import Q  # noqa: PLC0415

    return Q(code__isnull=False)


@pytest.fixture
def picky(registries):
    segment_actions._items["picky"] = Picky()
    return segment_actions["picky"]


def test_a_member_for_whom_it_fails_holds_up_nobody_else(everybody, people, staff, picky):
    options = {"faulty": [people[1].pk], "all": False}
    run = start(everybody, staff, picky, options)

    actions.work_on(run_id=run.pk)

    assert tagged() == ids([people[0], *people[2:]])
    run = again(run)
    assert (run.status, run.done, run.skipped) == ("done", 4, {"failed": 1})


def test_what_fails_for_everybody_stops_and_says_why(everybody, people, staff, picky):
    run = start(everybody, staff, picky, {"faulty": [], "all": True})

    actions.work_on(run_id=run.pk)
    run = again(run)
    assert (run.status, run.fault, tagged()) == ("failed", "The other system is closed.", [])

    SegmentRun.objects.filter(pk=run.pk).update(options={"faulty": [], "all": False})
    actions.resume_run(run=run)
    actions.work_on(run_id=run.pk)
    assert (again(run).status, tagged()) == ("done", ids(people))


class Clashing(Picky):
    """The database refuses what it writes of some members: there is a tag of that name."""

    slug = "clashing"

    def apply(self, batch: Batch):
        if set(batch.options["faulty"]) & set(batch.member_ids):
            MemberTag.objects.create(name="VIP")
        super().apply(batch)


@pytest.mark.parametrize(
    ("faulty", "expected"),
    [([1], ("done", 4, {"failed": 1})), ([0, 1, 2, 3, 4], ("failed", 0, {}))],
)
def test_what_the_database_refuses_is_not_tried_for_ever(
    everybody, people, staff, registries, faulty, expected
):
    segment_actions._items["clashing"] = Clashing()
    MemberTag.objects.create(name="VIP")
    options = {"faulty": [people[number].pk for number in faulty], "all": False}
    run = start(everybody, staff, Clashing(), options)

    actions.work_on(run_id=run.pk)

    run = again(run)
    assert (run.status, run.done, run.skipped) == expected
    assert len(tagged()) == run.done


def test_when_the_database_is_away_the_run_waits(everybody, staff, picky, monkeypatch):
    run = start(everybody, staff, picky, {"faulty": [], "all": False})

    def away(batch):
        raise DatabaseError("gone")

    monkeypatch.setattr(picky, "apply", away)
    with pytest.raises(DatabaseError):
        actions.work_on(run_id=run.pk)

    assert again(run).status == "running"


def test_what_a_dead_worker_did_not_announce_is_announced_later(everybody, people, staff):
    """It died between its commit and telling the other rooms: segments learn of it at the end."""
    tag = MemberTag.objects.create(name="VIP")
    vips = make_segment(("tag", {"tag": tag.pk, "has": "has"}))
    run = start(everybody, staff)
    with transaction.atomic():
        actions._do_one(run.pk, carefully=False)
        connection.run_on_commit.clear()
    assert tagged() == ids(people[:2])
    assert members_of(vips) == set()

    actions.work_on(run_id=run.pk)

    assert members_of(vips) == {member.pk for member in people}
