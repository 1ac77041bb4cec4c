"""Acting on a segment as an editor does: choose, say how, look, start, follow."""

import csv
import io
import uuid

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.members.factories import make_attribute, make_member
from tests.segments.factories import make_run, make_segment
from tests.segments.posting import ENGLISH
from wagtail_crm.members import actions as members
from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import SegmentRun
from wagtail_crm.segments.runs import actions
from wagtail_crm.segments.runs.action import segment_actions

# Wagtail leads people who may not to its home, and tells scripts so.
ASKED = ENGLISH | {"HTTP_X_REQUESTED_WITH": "XMLHttpRequest"}
pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


@pytest.fixture
def people():
    return [make_member(given_name=name) for name in ("Aki", "Ben", "Chie")]


@pytest.fixture
def segment(people):
    return make_segment(name="Everybody")


def page(client, name, *arguments, **query):
    return client.get(reverse(name, args=arguments), query, **ASKED)


def send(client, segment, action, **data):
    url = reverse("crm_segment_act_on", args=[segment.pk, action])
    return client.post(url, data, **ASKED)


def start(client, segment, action, **data):
    return send(client, segment, action, step="start", key=uuid.uuid4(), **data)


def tagged():
    return Member.objects.filter(tags__name="VIP").count()


def test_the_page_of_a_segment_leads_there(chief, client, segment):
    url = reverse("crm_segment_act", args=[segment.pk])

    for name in ("crm_segment:inspect", "crm_segment:edit"):
        assert url in page(client, name, segment.pk).text
    assert url in page(client, "crm_segment:list").text


def test_only_what_one_may_do_is_offered(editor, client, segment):
    editor("view", members=["view", "export"])
    offered = page(client, "crm_segment_act", segment.pk).context["actions"]
    assert [action.slug for action in offered] == ["export"]

    editor("view")
    assert "Ask an administrator" in page(client, "crm_segment_act", segment.pk).text


def test_a_dry_run_says_how_many_and_why_not_and_changes_nothing(chief, client, segment, people):
    members.tag_members(members=people[:1], add=["VIP"])

    html = send(client, segment, "tag", add="VIP").text

    assert "Add the tags: VIP" in html
    assert "<strong>2</strong> members are concerned" in html
    assert "<strong>1</strong> already tagged so" in html
    assert str(people[0]) in html
    assert "Do it for 2 members" in html
    assert (tagged(), SegmentRun.objects.count()) == (1, 0)


def test_names_are_only_for_those_who_may_see_members(editor, client, segment, people, monkeypatch):
    monkeypatch.setattr(segment_actions["tag"], "permission", "wagtail_crm_segments.view_segment")
    editor("view")
    members.tag_members(members=people[:1], add=["VIP"])

    html = send(client, segment, "tag", add="VIP").text

    assert "<strong>1</strong> already tagged so" in html
    assert str(people[0]) not in html


def test_what_was_said_travels_to_the_start_and_back(chief, client, segment):
    previewed = send(client, segment, "tag", add="VIP, Regular")
    assert ("add", "VIP, Regular") in previewed.context["fields"]

    back = send(client, segment, "tag", add="VIP, Regular", step="change")
    assert "VIP, Regular" in back.text


def test_a_small_segment_is_done_at_once(chief, client, segment):
    response = start(client, segment, "tag", add="VIP")

    run = SegmentRun.objects.get()
    assert response["Location"] == reverse("crm_segment_run", args=[run.pk])
    assert (run.status, run.done, run.started_by, tagged()) == ("done", 3, chief, 3)
    assert "<strong>3</strong> members done" in page(client, "crm_segment_run", run.pk).text


def test_pressing_start_twice_does_it_once(chief, client, segment):
    key = uuid.uuid4()
    said = {"target": "", "name": "Guests", "step": "start", "key": key}

    first, second = (send(client, segment, "static_add", **said) for _time in range(2))

    assert first["Location"] == second["Location"]
    assert SegmentRun.objects.count() == 1


def test_without_its_key_nothing_starts(chief, client, segment):
    assert send(client, segment, "tag", add="VIP", step="start").status_code == 403
    assert tagged() == 0


def test_a_large_segment_is_left_to_a_worker(chief, client, segment, settings):
    settings.WAGTAIL_CRM = settings.WAGTAIL_CRM | {"RUN_AT_ONCE": 2, "USE_WORKERS": False}

    start(client, segment, "tag", add="VIP")
    run = SegmentRun.objects.get()
    assert (run.status, tagged()) == ("running", 0)
    html = page(client, "crm_segment_run", run.pk).text
    assert "0 of 3 members" in html
    assert "It begins with the next run of the scheduled command" in html

    from wagtail_crm.segments.tasks import sweep_runs  # noqa: PLC0415

    assert sweep_runs() == "1 went on, 0 forgotten, 0 counted"
    assert (SegmentRun.objects.get().status, tagged()) == ("done", 3)


def test_a_run_can_be_cancelled_and_resumed(chief, client, segment):
    run = actions.start_run(
        segment=segment,
        action=segment_actions["tag"],
        options={"add": ["VIP"], "remove": []},
        by=chief,
    )
    progress = page(client, "crm_segment_run_progress", run.pk)
    assert "0 of 3 members" in progress.text

    client.post(reverse("crm_segment_run_cancel", args=[run.pk]), **ASKED)
    assert SegmentRun.objects.get().status == "cancelled"
    assert page(client, "crm_segment_run_progress", run.pk).text == ""
    assert "Go on with the other 3 members" in page(client, "crm_segment_run", run.pk).text

    client.post(reverse("crm_segment_run_resume", args=[run.pk]), **ASKED)
    assert (SegmentRun.objects.get().status, tagged()) == ("done", 3)


def test_a_file_is_for_those_who_may_export(chief, editor, client, segment, people):
    make_attribute("score", type="number", label="Score")
    start(client, segment, "export", format="utf-8-sig")
    run = SegmentRun.objects.get()
    url = reverse("crm_segment_run_file", args=[run.pk])

    editor("view", members=["view", "export"])
    response = client.get(url)
    body = b"".join(response.streaming_content)
    rows = list(csv.reader(io.StringIO(body.decode("utf-8-sig"))))
    assert len(rows) == 4
    assert int(response["Content-Length"]) == len(body)
    assert "attachment" in response["Content-Disposition"]

    editor("view", members=["view", "change"])
    assert client.get(url, **ASKED).status_code == 403
    assert page(client, "crm_segment_run", run.pk).status_code == 403


def test_permission_is_asked_at_every_step(editor, client, segment, chief):
    run = make_run(segment, "tag", by=chief, add=["VIP"], remove=[])
    editor("view", members=["view", "export"])

    assert page(client, "crm_segment_act_on", segment.pk, "tag").status_code == 403
    assert start(client, segment, "tag", add="Other").status_code == 403
    for name in ("crm_segment_run_cancel", "crm_segment_run_resume"):
        assert client.post(reverse(name, args=[run.pk]), **ASKED).status_code == 403
    assert page(client, "crm_segment_run_progress", run.pk).status_code == 403
    assert page(client, "crm_segment_act_on", segment.pk, "nonsense").status_code == 404


def test_the_list_of_runs_says_what_was_done_and_what_to_do_first(chief, client, segment):
    assert (
        "Nothing was done to this segment yet" in page(client, "crm_segment_runs", segment.pk).text
    )

    start(client, segment, "tag", add="VIP")

    html = page(client, "crm_segment_runs", segment.pk).text
    assert "Add the tags: VIP" in html
    assert str(chief) in html


def test_the_list_of_runs_costs_the_same_for_one_and_for_three(chief, client, segment):
    make_attribute("shoe", label="Shoe")
    numbers = []
    for more in (1, 2):
        for number in range(more):
            start(client, segment, "attribute", attribute="shoe", attribute_shoe=f"{more}{number}")
            start(client, segment, "export", format="xlsx")
        with CaptureQueriesContext(connection) as queries:
            page(client, "crm_segment_runs", segment.pk)
        numbers.append(len(queries))

    assert numbers[0] == numbers[1]
    assert numbers[0] <= 15


def test_a_draft_cannot_be_acted_on(chief, client):
    draft = make_segment(name="Idea", publish=False)

    assert page(client, "crm_segment_act", draft.pk).status_code == 404
    assert page(client, "crm_segment_act_on", draft.pk, "tag").status_code == 404


def test_nobody_concerned_means_no_button(chief, client, segment, people):
    members.tag_members(members=people, add=["VIP"])

    html = send(client, segment, "tag", add="VIP").text

    assert "There is nothing to do" in html
    assert 'value="start"' not in html
