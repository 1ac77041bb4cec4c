"""Tags, attributes and static segments: what is asked, whom it skips, what it does."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.members.factories import make_attribute, make_member, make_user
from tests.segments.factories import make_segment, members_of
from wagtail_crm.members import actions as members
from wagtail_crm.members.models import Member, MemberTag
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.runs.action import actions_for, segment_actions
from wagtail_crm.segments.runs.actions import start_run, work_on
from wagtail_crm.segments.runs.preview import preview
from wagtail_crm.segments.static import add_members, create_static_segment

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing", "in_english")]


@pytest.fixture
def chief(db):
    return make_user("chief@example.jp", is_superuser=True)


@pytest.fixture
def people():
    return [make_member(given_name=name) for name in ("Aki", "Ben", "Chie")]


@pytest.fixture
def everybody(people):
    return make_segment(name="Everybody")


def said(slug, segment, user, **data):
    """The form as an editor sends it."""
    form = segment_actions[slug].form_class(data, segment=segment, user=user)
    assert form.is_valid(), form.errors
    return form.options()


def refused(slug, segment, user, **data):
    form = segment_actions[slug].form_class(data, segment=segment, user=user)
    assert not form.is_valid()
    return {name: list(errors) for name, errors in form.errors.items()}


def foreseen(slug, segment, options):
    found = preview(segment_actions[slug], segment, options)
    reasons = [
        (str(skip.reason), skip.number, [m.pk for m in skip.sample]) for skip in found.skipped
    ]
    return found.number, reasons


def do(slug, segment, user, options):
    run = start_run(segment=segment, action=segment_actions[slug], options=options, by=user)
    work_on(run_id=run.pk)
    run.refresh_from_db()
    return run


def tags_of(member):
    return sorted(member.tags.values_list("name", flat=True))


class TestTag:
    def test_adds_and_removes(self, everybody, people, chief):
        aki, ben, chie = people
        members.tag_members(members=[aki, ben], add=["Old"])
        members.tag_members(members=[aki], add=["New"], remove=["Old"])
        old = MemberTag.objects.get(name="Old")
        options = said("tag", everybody, chief, add="New", remove=[old.pk])

        assert foreseen("tag", everybody, options) == (
            2,
            [("already tagged so", 1, [aki.pk])],
        )
        run = do("tag", everybody, chief, options)

        assert [tags_of(member) for member in people] == [["New"], ["New"], ["New"]]
        assert (run.done, run.skipped) == (2, {"settled": 1})
        assert segment_actions["tag"].in_words(options) == (
            "Add the tags: New. Remove the tags: Old"
        )

    def test_asks_for_at_least_one(self, everybody, chief):
        assert refused("tag", everybody, chief) == {
            "__all__": ["Choose at least one tag to add or to remove."]
        }


class TestAttribute:
    @pytest.mark.parametrize(
        ("fields", "typed", "stored", "words"),
        [
            ({"type": "text"}, "A-1", "A-1", "Set “Thing” to “A-1”"),
            ({"type": "number"}, "1200", 1200, "Set “Thing” to “1,200”"),
            ({"type": "date"}, "2026-04-01", "2026-04-01", "Set “Thing” to “April 1, 2026”"),
            ({"type": "boolean"}, "false", False, "Set “Thing” to “No”"),
            ({"type": "choice", "choices": "Tokyo\nOsaka"}, "Osaka", "Osaka", "“Osaka”"),
            ({"type": "choices", "choices": "Tea\nCake"}, ["Tea", "Cake"], ["Tea", "Cake"], "Tea"),
        ],
    )
    def test_writes_a_value_of_its_type(
        self, everybody, people, chief, fields, typed, stored, words
    ):
        make_attribute("thing", label="Thing", **fields)
        members.update_member(member=people[0], attributes={"thing": stored})
        options = said("attribute", everybody, chief, attribute="thing", attribute_thing=typed)

        assert foreseen("attribute", everybody, options) == (
            2,
            [("with this value already", 1, [people[0].pk])],
        )
        run = do("attribute", everybody, chief, options)

        assert [m.attributes for m in Member.objects.all()] == [{"thing": stored}] * 3
        assert (run.done, run.skipped) == (2, {"settled": 1})
        assert words in segment_actions["attribute"].in_words(options)

    def test_takes_a_value_away(self, everybody, people, chief):
        make_attribute("thing", label="Thing")
        members.update_member(member=people[0], attributes={"thing": "x"})
        options = said("attribute", everybody, chief, attribute="thing", clear="on")

        assert foreseen("attribute", everybody, options)[0] == 1
        do("attribute", everybody, chief, options)

        assert [m.attributes for m in Member.objects.all()] == [{}] * 3

    def test_refuses_what_the_type_refuses_and_nothing_at_all(self, everybody, chief):
        make_attribute("day", type="date")

        wrong = refused("attribute", everybody, chief, attribute="day", attribute_day="soon")
        empty = refused("attribute", everybody, chief, attribute="day")

        assert wrong == {"attribute_day": ["Enter a valid date."]}
        assert empty == {"attribute_day": ["Say which value, or tick that it is taken away."]}

    def test_segments_that_ask_for_it_follow(self, everybody, people, chief, prefecture):
        from tests.segments.factories import attribute  # noqa: PLC0415

        tokyo = make_segment(attribute(prefecture, "is", "Tokyo"))
        options = said(
            "attribute", everybody, chief, attribute="prefecture", attribute_prefecture="Tokyo"
        )

        do("attribute", everybody, chief, options)

        assert members_of(tokyo) == {member.pk for member in people}


class TestStatic:
    def test_adds_to_a_segment_made_at_the_start(self, everybody, people, chief):
        options = said("static_add", everybody, chief, target="", name="Guests")
        assert foreseen("static_add", everybody, options) == (3, [])
        assert not Segment.objects.filter(name="Guests").exists()

        do("static_add", everybody, chief, options)

        guests = Segment.objects.get(name="Guests")
        assert members_of(guests) == {member.pk for member in people}
        assert (guests.kind, guests.size) == ("static", 3)

    def test_adds_to_and_removes_from_one_that_is_there(self, everybody, people, chief):
        guests = create_static_segment(name="Guests")
        add_members(segment=guests, member_ids=[people[0].pk])
        options = said("static_add", everybody, chief, target=guests.pk)

        assert foreseen("static_add", everybody, options) == (
            2,
            [("already in it", 1, [people[0].pk])],
        )
        do("static_add", everybody, chief, options)
        assert members_of(guests) == {member.pk for member in people}

        run = do(
            "static_remove",
            everybody,
            chief,
            said("static_remove", everybody, chief, target=guests.pk),
        )
        assert (members_of(guests), run.done) == (set(), 3)

    def test_a_target_that_is_gone_stops_it_with_the_reason(self, everybody, people, chief):
        guests = create_static_segment(name="Guests")
        options = said("static_add", everybody, chief, target=guests.pk)
        guests.delete()

        run = do("static_add", everybody, chief, options)

        assert (run.status, run.fault) == ("failed", "The segment “Guests” no longer exists.")

    def test_a_segment_is_not_added_to_itself(self, chief):
        guests, others = (create_static_segment(name=name) for name in ("Guests", "Others"))

        form = segment_actions["static_add"].form_class(segment=guests, user=chief)

        assert list(form.fields["target"].queryset) == [others]

    def test_a_name_that_is_taken_is_refused(self, everybody, chief):
        assert refused("static_add", everybody, chief, target="", name="Everybody") == {
            "name": ["There is a segment of this name."]
        }


def test_what_a_colleague_may_do_depends_on_their_permissions(editor):
    assert actions_for(editor("view")) == []
    changer = [action.slug for action in actions_for(editor("view", members=["change"]))]
    assert changer == ["tag", "attribute"]
    exporter = [action.slug for action in actions_for(editor("view", members=["export"]))]
    assert exporter == ["export"]


def test_a_dry_run_asks_once_and_once_for_each_reason(everybody, people, chief):
    options = said("tag", everybody, chief, add="New")
    members.tag_members(members=people[:1], add=["New"])

    with CaptureQueriesContext(connection) as queries:
        foreseen("tag", everybody, options)

    assert len([query for query in queries if "skip_reason" in query["sql"]]) == 2
