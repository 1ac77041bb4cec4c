"""The content of a campaign: saving, copying, deleting and previewing it."""

import json

import pytest
from django.urls import reverse

from tests.mail.asking import client_of, content_of, text_of, url
from tests.mail.factories import make_campaign, make_reader, make_segment
from tests.members.factories import make_user
from wagtail_crm.mail import actions
from wagtail_crm.mail.models import Campaign

pytestmark = pytest.mark.django_db


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


def test_nothing_in_a_mail_runs_beside_the_admin(rf):
    campaign = make_campaign()
    request = rf.get("/")
    request.user = make_user(is_staff=True)
    shown = client_of("view_campaign").get(url("mail", campaign))
    for response in (shown, campaign.serve_preview(request, "")):
        assert "script-src 'none'" in response["Content-Security-Policy"]
