"""States of a campaign: who may move it where, and what it needs before it may be sent."""

import datetime
import threading

import pytest
from django.db import connection
from django.utils import timezone, translation

from tests.mail.factories import (
    button,
    make_campaign,
    make_reader,
    make_readers,
    make_segment,
    make_sender,
    text,
)
from tests.members.factories import make_member, make_user
from tests.personalize.factories import make_page
from wagtail_crm.mail import actions
from wagtail_crm.mail.checklist import checklist, problems_of
from wagtail_crm.mail.models import Campaign, Delivery
from wagtail_crm.mail.tasks import sweep


@pytest.fixture(autouse=True)
def english():
    with translation.override("en"):
        yield


@pytest.mark.django_db
def test_starting_fills_the_outbox_in_one_statement(django_assert_max_num_queries):
    make_readers(5)
    campaign = make_campaign()
    by = make_user()

    with django_assert_max_num_queries(40) as queries:
        started = actions.start_campaign(campaign=campaign, by=by)

    inserts = [q for q in queries if "INSERT INTO wagtail_crm_mail_delivery" in q["sql"]]
    assert len(inserts) == 1
    assert (started.status, started.recipients, started.started_by) == ("sending", 5, by)
    assert started.bridge["recipients"] == 5
    assert set(Delivery.objects.values_list("status", flat=True)) == {"pending"}


@pytest.mark.postgresql  # threads share one in-memory database on SQLite and lock each other out
@pytest.mark.django_db(transaction=True)
def test_two_clicks_at_the_same_time_start_one_campaign():
    make_readers(3)
    campaign = make_campaign()
    barrier = threading.Barrier(2)
    results = []

    def click():
        try:
            barrier.wait()
            actions.start_campaign(campaign=campaign)
            results.append("started")
        except actions.WrongState as error:
            results.append(error.campaign.status)
        finally:
            connection.close()

    threads = [threading.Thread(target=click) for _click in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(results) == ["sending", "started"]
    assert Delivery.objects.count() == 3


@pytest.mark.django_db
def test_nothing_happens_to_a_campaign_that_is_not_ready():
    campaign = make_campaign(subject="")

    with pytest.raises(actions.NotReady) as error:
        actions.start_campaign(campaign=campaign)

    assert error.value.reasons == [
        "There is no subject. Write one.",
        "Nobody would get it: no one chosen has agreed to mail and has an address.",
    ]
    campaign.refresh_from_db()
    assert (campaign.status, campaign.started_at) == ("draft", None)
    assert not Delivery.objects.exists()


@pytest.mark.django_db
def test_a_scheduled_campaign_starts_when_its_time_has_come(
    smtp_sink, django_capture_on_commit_callbacks
):
    make_reader()
    campaign = make_campaign()
    later = timezone.now() + datetime.timedelta(hours=1)
    campaign = actions.choose_time(campaign=campaign, at=later)
    campaign = actions.schedule_campaign(campaign=campaign)

    assert actions.start_due_campaigns() == []
    Campaign.objects.update(scheduled_at=timezone.now())
    with django_capture_on_commit_callbacks(execute=True):
        sweep()

    campaign.refresh_from_db()
    assert campaign.status == "sent"
    assert len(smtp_sink.messages) == 1


@pytest.mark.django_db
def test_a_scheduled_campaign_that_cannot_start_becomes_a_draft_that_says_why():
    reader = make_reader()
    campaign = actions.choose_time(
        campaign=make_campaign(), at=timezone.now() + datetime.timedelta(hours=1)
    )
    campaign = actions.schedule_campaign(campaign=campaign)
    Campaign.objects.update(scheduled_at=timezone.now())
    actions.unsubscribe(member_id=reader.pk)

    actions.start_due_campaigns()

    campaign.refresh_from_db()
    assert campaign.status == "draft"
    assert campaign.fault.startswith("Nobody would get it")


@pytest.mark.django_db
def test_a_campaign_is_not_scheduled_for_the_past():
    make_reader()
    campaign = actions.choose_time(
        campaign=make_campaign(), at=timezone.now() - datetime.timedelta(hours=1)
    )

    with pytest.raises(actions.NotReady):
        actions.schedule_campaign(campaign=campaign)

    campaign.refresh_from_db()
    assert campaign.status == "draft"


@pytest.mark.django_db
@pytest.mark.parametrize(
    "action",
    [
        actions.pause_campaign,
        actions.resume_campaign,
        actions.cancel_campaign,
        actions.unschedule_campaign,
    ],
)
def test_a_draft_cannot_be_moved_like_one_under_way(action):
    campaign = make_campaign()

    with pytest.raises(actions.WrongState):
        action(campaign=campaign)


@pytest.mark.django_db
def test_the_audience_of_what_was_started_stays():
    make_reader()
    campaign = actions.start_campaign(campaign=make_campaign())

    with pytest.raises(actions.WrongState):
        actions.choose_audience(campaign=campaign, everybody=False, included=[], excluded=[])

    campaign.refresh_from_db()
    assert campaign.everybody


@pytest.mark.django_db
def test_an_older_version_never_brings_back_an_older_state():
    make_reader()
    campaign = make_campaign()
    revision = campaign.save_revision()
    started = actions.start_campaign(campaign=campaign)

    restored = Campaign.objects.get(pk=started.pk).revisions.get(pk=revision.pk).as_object()

    assert (restored.status, restored.recipients) == ("sending", 1)


def reds(campaign):
    return problems_of(Campaign.objects.get(pk=campaign.pk))


@pytest.mark.django_db
def test_a_complete_campaign_has_nothing_to_fix():
    make_reader()
    campaign = make_campaign()

    assert problems_of(campaign) == []
    ambers = [finding.text for finding in checklist(campaign) if finding.level == "amber"]
    assert ambers == ["You have not sent a test to yourself yet."]


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("words", "problem"),
    [
        (
            "{{ nme }}",
            "There is no merge field “nme”. Take one from the list below the text.",
        ),
        (
            "{{ <b>name</b> }}",
            "A merge field is not complete: “{{ name }}”. Write it in one go, unformatted.",
        ),
        (
            "{{ name",
            "A merge field is not complete: “{{ name”. Write it in one go, unformatted.",
        ),
        (
            '<a href="https://x.example/?c={{ code }}">x</a>',
            "The address of a link cannot hold a merge field.",
        ),
    ],
)
def test_a_broken_merge_field_is_found(words, problem):
    make_reader()

    assert reds(make_campaign(text(f"<p>{words}</p>"))) == [problem]


@pytest.mark.django_db
def test_an_unknown_merge_field_in_the_subject_is_found():
    make_reader()

    assert reds(make_campaign(subject="{{ nme }}")) == [
        "There is no merge field “nme”. Take one from the list below the text."
    ]


@pytest.mark.django_db
def test_links_to_pages_that_cannot_be_read_are_found():
    make_reader()
    hidden, lost = make_page("Hidden"), make_page("Lost")
    campaign = make_campaign(
        text(f'<p><a linktype="page" id="{hidden.pk}">x</a></p>'),
        ("button", {"text": "y", "page": lost.pk}),
    )
    hidden.unpublish()
    lost.delete()

    assert reds(campaign) == [
        "The mail leads to “Hidden”, which is not published.",
        "The mail leads to a page that no longer exists.",
    ]


@pytest.mark.django_db
def test_what_may_be_thought_about_does_not_keep_from_sending():
    make_reader()
    segment = make_segment()
    part = {"text": "<p>x</p>", "audience": {"segments": [segment.pk], "match": "any"}}
    campaign = make_campaign(
        text("<p>x</p>"), ("text", part), preheader="", sender=make_sender(imprint="")
    )
    segment.delete()
    campaign = Campaign.objects.get(pk=campaign.pk)

    assert problems_of(campaign) == []
    ambers = [finding.text for finding in checklist(campaign) if finding.level == "amber"]
    assert ambers == [
        "There is no preview text. Mail programs will show the first words instead.",
        "The sender “ひだまり” has no imprint. The law asks for your name, address and contact "
        "in every mail of this kind.",
        "A part is for a segment that no longer exists: nobody will get that part.",
        "You have not sent a test to yourself yet.",
    ]


@pytest.mark.django_db
def test_an_empty_segment_is_not_mistaken_for_people_who_want_no_mail():
    empty = make_campaign(everybody=False, included=[make_segment()])
    unwilling = make_campaign(everybody=False, included=[make_segment(make_member())])

    assert problems_of(empty) == ["Nobody is in the segments that you chose."]
    assert problems_of(unwilling) == [
        "Nobody would get it: no one chosen has agreed to mail and has an address."
    ]


@pytest.mark.django_db
def test_a_broken_merge_field_is_quoted_to_the_end_of_its_paragraph():
    make_reader()
    campaign = make_campaign(text("<p>{{ <i>points</i></p><p>Next</p>"))

    assert problems_of(campaign) == [
        "A merge field is not complete: “{{ points”. Write it in one go, unformatted."
    ]


@pytest.mark.django_db
def test_an_empty_campaign_says_what_it_lacks():
    campaign = Campaign.objects.create(name="x")

    assert problems_of(campaign) == [
        "There is no subject. Write one.",
        "The mail is empty. Add at least a text.",
        "Nobody is chosen. Say who is to get it.",
    ]


@pytest.mark.django_db
def test_a_button_needs_one_destination():
    block = Campaign._meta.get_field("body").stream_block.child_blocks["button"]
    page = make_page("x")

    for value in (
        {"text": "x", "page": None, "url": ""},
        {"text": "x", "page": page, "url": "https://x.example/"},
    ):
        with pytest.raises(Exception) as error:  # block errors share no class
            block.clean(block.to_python({"text": "x"}) | value)
        assert error.type.__name__ == "StructBlockValidationError"
    assert button("x", "https://x.example/")[1]["url"] == "https://x.example/"
