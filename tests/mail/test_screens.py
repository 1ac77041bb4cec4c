"""The screens of a campaign in the admin: what they show, whom they let in, what they change."""

import datetime
import json
import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from tests.mail.factories import make_campaign, make_reader, make_readers, make_segment, make_sender
from tests.members.factories import make_user
from wagtail_crm.mail import actions, sending
from wagtail_crm.mail.models import Campaign, Delivery

pytestmark = pytest.mark.django_db

READ = ["inspect", "progress", "mail"]
DRAFT = ["edit", "audience", "bridge", "time", "check", "send"]
POSTS = ["test", "unschedule", "pause", "resume", "cancel"]


def url(name, campaign=None, **query):
    path = reverse(f"crm_campaign:{name}", args=[campaign.pk] if campaign else [])
    return path + (
        "?" + "&".join(f"{key}={value}" for key, value in query.items()) if query else ""
    )


def client_of(*permissions):
    user = make_user()
    wanted = ["access_admin", *permissions]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    client = Client(headers={"Accept-Language": "en"})
    client.force_login(user)
    client.user = user
    return client


@pytest.fixture
def editor():
    """Prepares campaigns, and looks at members, but may not send."""
    return client_of("view_campaign", "add_campaign", "change_campaign", "view_member")


@pytest.fixture
def boss():
    return client_of("view_campaign", "add_campaign", "change_campaign", "delete_campaign",
                     "send_campaign", "view_member")  # fmt: skip


def text_of(response):
    html = response.content.decode()
    main = html[html.find("<main") :]
    return " ".join(
        re.sub(r"<[^>]+>", " ", re.sub(r"(?s)<(script|style).*?</\1>", "", main)).split()
    )


def content_of(campaign, **changes):
    """The content form as the browser would send it: one heading; with ``changes``."""
    block = {
        "deleted": "",
        "order": 0,
        "type": "heading",
        "id": "",
        "value-text": "{{ name|客 }}様",
        "value-audience-segments-count": 0,
        "value-audience-match": "any",
        "value-audience-excluded-count": 0,
        "value-audience-starts": "",
        "value-audience-ends": "",
        "value-audience-share": 100,
    }
    fields = {
        name: getattr(campaign, name) for name in ("name", "subject", "preheader", "language")
    }
    return {
        **fields,
        "sender": campaign.sender_id or "",
        "body-count": 1,
        **{f"body-0-{name}": value for name, value in block.items()},
        **changes,
    }


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
    assert "Sent 2 100 %" in report
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


def test_saving_the_content(editor):
    campaign = make_campaign()

    response = editor.post(url("edit", campaign), content_of(campaign, subject="New"))

    assert response["Location"] == url("edit", campaign)
    campaign.refresh_from_db()
    assert (campaign.subject, campaign.everybody, campaign.status) == ("New", True, "draft")
    assert campaign.latest_revision is not None


def test_saving_the_content_and_going_on(editor):
    campaign = make_campaign()
    content = content_of(campaign, subject="New")

    assert "Save and go on: Audience" in text_of(editor.get(url("edit", campaign)))
    response = editor.post(url("edit", campaign), content | {"next": "Save and go on: Audience"})

    assert response["Location"] == url("audience", campaign)
    campaign.refresh_from_db()
    assert campaign.subject == "New"


def test_who_got_it_leaves_out_who_did_not(boss):
    first, second = make_readers(2)
    campaign = make_campaign()
    for member, status in ((first, "sent"), (second, "failed")):
        Delivery.objects.create(campaign=campaign, member=member, status=status)

    response = boss.get(url("who", campaign, what="sent"))

    assert [delivery.member for delivery in response.context["object_list"]] == [first]


def test_saving_after_it_was_started_changes_nothing(editor):
    make_reader()
    campaign = make_campaign(subject="Old")
    editor.get(url("edit", campaign))
    data = {"subject": "New"}
    started = actions.start_campaign(campaign=campaign)

    html = editor.post(url("edit", started), data, follow=True)
    autosave = editor.post(url("edit", started), data, headers={"Accept": "application/json"})

    assert "no draft any more" in html.content.decode()
    assert autosave.status_code == 400
    assert json.loads(autosave.content)["error_code"] == "locked"
    started.refresh_from_db()
    assert (started.subject, started.status) == ("Old", "sending")


def test_bringing_back_an_older_version_of_what_was_started_is_refused(editor):
    make_reader()
    campaign = make_campaign(subject="Old")
    revision = campaign.save_revision()
    started = actions.start_campaign(campaign=campaign)

    path = reverse("crm_campaign:revisions_revert", args=[campaign.pk, revision.pk])
    assert editor.post(path, {"subject": "New"}).status_code == 302

    started.refresh_from_db()
    assert (started.subject, started.status) == ("Old", "sending")


@pytest.mark.parametrize("everybody", [True, False])
def test_a_copy_has_content_and_audience_and_no_state(editor, everybody):
    make_reader()
    wanted, unwanted = make_segment(make_reader()), make_segment()
    original = actions.start_campaign(
        campaign=make_campaign(everybody=everybody, included=[wanted], excluded=[unwanted])
    )
    page = editor.get(url("copy", original))

    editor.post(page.context["action_url"], content_of(original, name="Copy"))

    copy = Campaign.objects.get(name="Copy")
    assert (copy.subject, copy.everybody, copy.status) == (original.subject, everybody, "draft")
    assert ([*copy.included.all()], [*copy.excluded.all()]) == ([wanted], [unwanted])
    assert (copy.started_at, copy.recipients, copy.bridge) == (None, 0, {})
    original.refresh_from_db()
    assert (original.name != "Copy", original.status) == (True, "sending")


def test_what_is_under_way_is_not_deleted(boss):
    make_reader()
    campaign = actions.start_campaign(campaign=make_campaign())

    boss.post(url("delete", campaign))
    bulk = reverse("wagtail_bulk_action", args=["wagtail_crm_mail", "campaign", "delete"])
    boss.post(f"{bulk}?id={campaign.pk}")

    assert Campaign.objects.filter(pk=campaign.pk).exists()


def test_the_preview_shows_the_mail_as_different_people(editor):
    reader = make_reader(family_name="田中", given_name="陽子", language="ja")
    make_segment(name="Aunts")
    segment = make_segment(reader, name="Bakers")
    campaign = make_campaign(everybody=False, included=[segment])
    path = reverse("crm_campaign:preview_on_edit", args=[campaign.pk])

    assert editor.post(path, content_of(campaign)).json()["is_valid"]
    assert "客様" in editor.get(path).content.decode()
    assert "田中 陽子様" in editor.get(f"{path}?mode=segment-{segment.pk}").content.decode()
    plain = editor.get(f"{path}?mode=text")
    assert plain["Content-Type"].startswith("text/plain")
    assert [str(label) for _name, label in campaign.preview_modes][1:] == [
        "「Bakers」の読者",
        "「Aunts」の読者",
        "テキスト形式",
    ]


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


def test_nothing_in_a_mail_runs_beside_the_admin(rf):
    campaign = make_campaign()
    request = rf.get("/")
    request.user = make_user(is_staff=True)
    shown = client_of("view_campaign").get(url("mail", campaign))
    for response in (shown, campaign.serve_preview(request, "")):
        assert "script-src 'none'" in response["Content-Security-Policy"]
