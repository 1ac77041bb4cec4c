"""The steps of a campaign in the admin: what they show, whom they let in, what they change."""

import datetime
import re

import pytest
from django.urls import reverse
from django.utils import timezone

from tests.mail.asking import client_of, text_of, url
from tests.mail.factories import make_campaign, make_reader, make_readers, make_segment, make_sender
from wagtail_crm.mail import actions, sending
from wagtail_crm.mail.models import Delivery

pytestmark = pytest.mark.django_db

READ = ["inspect", "progress", "mail"]
DRAFT = ["edit", "audience", "bridge", "time", "check", "send"]
POSTS = ["test", "unschedule", "pause", "resume", "cancel"]


@pytest.mark.parametrize("name", [*READ, *DRAFT, "who"])
def test_nobody_sees_a_screen_without_permission(name):
    make_reader()
    campaign = make_campaign()

    response = client_of("view_member").get(url(name, campaign))

    assert response.status_code == 302
    assert response["Location"] == reverse("wagtailadmin_home")


@pytest.mark.parametrize("name", DRAFT)
def test_who_may_only_look_does_not_see_the_steps(name):
    campaign = make_campaign()

    response = client_of("view_campaign").get(url(name, campaign))

    assert response["Location"] == reverse("wagtailadmin_home")


@pytest.mark.parametrize("name", POSTS)
def test_a_state_changes_only_by_post(boss, name):
    campaign = make_campaign()

    assert boss.get(url(name, campaign)).status_code == 405


@pytest.mark.parametrize("name", ["pause", "resume", "cancel"])
def test_who_may_not_send_may_not_stop_or_go_on(editor, name):
    make_reader()
    campaign = actions.start_campaign(campaign=make_campaign())

    response = editor.post(url(name, campaign))

    assert response["Location"] == reverse("wagtailadmin_home")
    campaign.refresh_from_db()
    assert campaign.status == "sending"


def test_who_may_not_send_cannot_send(editor):
    make_reader()
    campaign = make_campaign()

    assert "Ask a colleague" in text_of(editor.get(url("send", campaign)))
    editor.post(url("send", campaign), {"shown": 1})

    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_names_of_members_only_for_who_may_see_members():
    reader = make_reader(family_name="田中", given_name="陽子", language="ja")
    campaign = make_campaign()
    blind = client_of("view_campaign", "change_campaign")

    assert "田中" not in blind.get(url("check", campaign)).content.decode()
    assert blind.get(url("mail", campaign, member=reader.pk)).status_code in (302, 403)
    assert blind.get(url("who", campaign)).status_code in (302, 403)
    seeing = client_of("view_campaign", "change_campaign", "view_member")
    assert "田中 陽子様" in seeing.get(url("mail", campaign, member=reader.pk)).content.decode()


def test_the_way_from_the_list_to_the_report(boss, smtp_sink, django_capture_on_commit_callbacks):
    make_sender()
    readers = make_readers(2)
    segment = make_segment(*readers, name="Bakers")
    assert "No campaigns yet" in text_of(boss.get(url("list")))
    assert boss.get(url("add")).status_code == 200
    campaign = make_campaign(everybody=False)

    response = boss.post(
        url("audience", campaign), {"everybody": "False", "included": [segment.pk], "next": "1"}
    )
    assert response["Location"] == url("time", campaign)
    response = boss.post(url("time", campaign), {"when": "now", "at": "", "next": "1"})
    assert response["Location"] == url("check", campaign)
    assert "2 members will get it." in text_of(boss.get(url("check", campaign)))
    assert "Send to 2 members" in text_of(boss.get(url("send", campaign)))
    with django_capture_on_commit_callbacks(execute=True):
        response = boss.post(url("send", campaign), {"shown": "2"})
    assert response["Location"] == url("inspect", campaign)

    assert len(smtp_sink.messages) == 2
    report = text_of(boss.get(url("inspect", campaign)))
    assert "Sent 2 100%" in report
    assert "were to get it" in report
    assert campaign.name in text_of(boss.get(url("list")))


def test_pressing_send_twice_sends_once(boss, smtp_sink, django_capture_on_commit_callbacks):
    make_reader()
    campaign = make_campaign()

    with django_capture_on_commit_callbacks(execute=True):
        first = boss.post(url("send", campaign), {"shown": "1"})
        second = boss.post(url("send", campaign), {"shown": "1"}, follow=True)

    assert first.status_code == 302
    assert "nothing was sent twice" in second.content.decode()
    assert len(smtp_sink.messages) == 1


def test_many_recipients_must_be_typed(boss, settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"CONFIRM_ABOVE": 2}
    make_readers(3)
    campaign = make_campaign()

    for typed in ("", "2", "abc"):
        response = boss.post(url("send", campaign), {"shown": "3", "typed": typed})
        assert "Please type 3" in text_of(response)
    campaign.refresh_from_db()
    assert campaign.status == "draft"
    boss.post(url("send", campaign), {"shown": "3", "typed": " ３ "})
    campaign.refresh_from_db()
    assert campaign.status == "sending"


def test_a_number_that_grew_is_asked_again(boss):
    make_readers(4)
    campaign = make_campaign()

    response = boss.post(url("send", campaign), {"shown": "1"})

    assert "it has become 4 members" in text_of(response)
    assert 'name="shown" value="4"' in response.content.decode()
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_scheduling_and_taking_it_back(boss):
    make_reader()
    campaign = make_campaign()
    at = timezone.localtime() + datetime.timedelta(days=1)

    boss.post(url("time", campaign), {"when": "later", "at": at.strftime("%Y-%m-%d %H:%M")})
    assert "Schedule for 1 member" in text_of(boss.get(url("send", campaign)))
    boss.post(url("send", campaign), {"shown": "1"})
    campaign.refresh_from_db()
    assert campaign.status == "scheduled"
    assert boss.get(url("edit", campaign))["Location"] == url("send", campaign)
    assert "Make it a draft again" in text_of(boss.get(url("send", campaign)))
    boss.post(url("unschedule", campaign))
    campaign.refresh_from_db()
    assert campaign.status == "draft"


def test_a_time_that_has_passed_is_refused(boss):
    campaign = make_campaign()

    response = boss.post(url("time", campaign), {"when": "later", "at": "2020-01-01 10:00"})

    assert "This time has passed" in text_of(response)


def test_the_numbers_follow_what_is_ticked(editor):
    one, _two = make_readers(2)
    segment = make_segment(one)
    campaign = make_campaign(everybody=False)

    def number(**query):
        html = editor.get(url("bridge", campaign, **query)).content.decode()
        return re.findall(r"<dd>(\d+)</dd>", html)[-1]

    assert number(everybody="False") == "0"
    assert number(everybody="False", included=segment.pk) == "1"
    assert number(everybody="True") == "2"
    assert number(everybody="True", excluded=segment.pk) == "1"
    campaign.refresh_from_db()
    assert not campaign.everybody


def test_a_test_goes_to_the_editor_and_nowhere_else(editor, smtp_sink):
    reader = make_reader(family_name="田中", language="ja")
    campaign = make_campaign()

    response = editor.post(
        url("test", campaign), {"member": reader.pk, "to": "other@example.org"}, follow=True
    )

    assert smtp_sink.recipients == [[editor.user.email]]
    assert "田中様" in smtp_sink.messages[0].get_body(("plain",)).get_content()
    assert "A test is on its way" in response.content.decode()
    assert f'<option value="{reader.pk}" selected>' in response.content.decode()
    campaign.refresh_from_db()
    assert campaign.tested_at is not None
    assert not Delivery.objects.exists()


def test_a_test_without_a_mail_server_says_so(editor, smtp_sink, settings):
    settings.EMAIL_PORT = 1

    response = editor.post(url("test", make_campaign()), follow=True)

    assert "The mail server did not take the mail" in response.content.decode()


@pytest.mark.parametrize("number", [1, 3])
def test_the_list_costs_the_same_for_few_and_many(
    boss, smtp_sink, number, django_assert_max_num_queries
):
    make_reader()
    for _number in range(number):
        campaign = actions.start_campaign(campaign=make_campaign())
        sending.deliver_batch(campaign.pk)
    boss.get(url("list"))

    with django_assert_max_num_queries(15) as queries:
        boss.get(url("list"))

    assert len(queries) == 10


@pytest.mark.parametrize("number", [1, 3])
def test_who_costs_the_same_for_few_and_many(
    boss, smtp_sink, number, django_assert_max_num_queries
):
    make_readers(number)
    campaign = actions.start_campaign(campaign=make_campaign())
    sending.deliver_batch(campaign.pk)
    boss.get(url("who", campaign))

    with django_assert_max_num_queries(15) as queries:
        page = boss.get(url("who", campaign, what="not_opened"))

    assert len(page.context["object_list"]) == number
    assert len(queries) == 12


def test_the_report_while_it_is_paused(boss, smtp_sink):
    make_readers(2)
    campaign = actions.start_campaign(campaign=make_campaign())
    boss.post(url("pause", campaign))

    report = text_of(boss.get(url("inspect", campaign)))

    assert "0 of 2 sent" in report
    assert "Go on with the other 2" in report
    boss.post(url("cancel", campaign))
    assert "Cancelled" in text_of(boss.get(url("inspect", campaign)))
    assert boss.get(url("progress", campaign)).content.strip() == b""


def test_who_got_it_leaves_out_who_did_not(boss):
    first, second = make_readers(2)
    campaign = make_campaign()
    for member, status in ((first, "sent"), (second, "failed")):
        Delivery.objects.create(campaign=campaign, member=member, status=status)

    response = boss.get(url("who", campaign, what="sent"))

    assert [delivery.member for delivery in response.context["object_list"]] == [first]
