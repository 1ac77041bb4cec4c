import datetime

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from tests.members.factories import make_user
from tests.tracking.factories import visit
from wagtail_crm.tracking import actions
from wagtail_crm.tracking.events import NewEvent
from wagtail_crm.tracking.models import Event, RefusedEvent

pytestmark = pytest.mark.django_db
LIST = "/admin/crm/refusedevent/"


def make_editor(*codenames):
    editor = make_user()
    names = ["access_admin", *codenames]
    editor.user_permissions.set(Permission.objects.filter(codename__in=names))
    client = Client()
    client.force_login(editor)
    return client


@pytest.fixture
def looker():
    return make_editor("view_refusedevent")


@pytest.fixture
def mender():
    return make_editor("view_refusedevent", "retry_refusedevent")


def refuse(payload=b"rubbish", reason="Not an event"):
    actions.set_aside(payloads=[payload], reason=reason)
    return RefusedEvent.objects.order_by("-pk").first()


def url(name, *args):
    return reverse(f"crm_refusedevent:{name}", args=args)


def test_the_list_says_what_and_why(looker):
    refuse(reason="The subject is longer.\nMore")
    refuse(NewEvent("dance").to_json())
    refuse(visit().to_json())
    response = looker.get(LIST)
    rows = [(row.kind(), row.explanation()) for row in response.context["object_list"]]
    assert rows == [
        ("ページ閲覧", "記録または処理の途中で問題が起きました。"),
        ("dance", "この種類の行動を扱う機能が、このサイトにありません。"),
        ("読み取れないもの", "読み取れません。このサイト以外が書き込んだものです。"),
    ]


def test_an_empty_list_says_that_all_is_well(looker):
    text = looker.get(LIST, headers={"accept-language": "en"}).content.decode()
    assert "Nothing is set aside" in text


def test_the_list_asks_as_much_for_three_as_for_one(looker, django_assert_num_queries):
    refuse()
    looker.get(LIST)
    with CaptureQueriesContext(connection) as one:
        looker.get(LIST)
    refuse()
    refuse()
    with django_assert_num_queries(len(one)):
        looker.get(LIST)


def test_one_can_be_looked_at_and_not_edited(looker):
    refused = refuse(visit().to_json())
    response = looker.get(url("inspect", refused.pk))
    assert "&quot;kind&quot;: &quot;page_view&quot;" in response.content.decode()
    assert response.context["may_retry"] is False
    assert looker.get(url("edit", refused.pk)).status_code == 302
    assert looker.get(url("add")).status_code == 302


def test_its_moment_is_told_in_the_editors_time_zone(looker):
    refused = refuse()
    refused.at = datetime.datetime(2026, 11, 22, 16, 0, tzinfo=datetime.UTC)
    refused.save()
    response = looker.get(url("inspect", refused.pk), headers={"accept-language": "en"})
    assert "Nov. 23, 2026, 1 a.m." in response.content.decode()


def test_superusers_make_none_up_either(admin_client):
    assert admin_client.get(url("add")).status_code == 302


def test_try_again_records_it(mender):
    event = visit()
    refused = refuse(event.to_json())
    response = mender.post(url("retry", refused.pk))
    assert response["Location"] == LIST
    assert (Event.objects.get().pk, RefusedEvent.objects.count()) == (event.id, 0)


def test_try_again_in_vain_says_why(mender):
    refused = refuse(NewEvent("dance").to_json(), reason="?")
    response = mender.post(url("retry", refused.pk))
    assert response["Location"] == url("inspect", refused.pk)
    refused.refresh_from_db()
    assert (refused.reason, refused.attempts) == ("There is no event kind 'dance'.", 1)


def test_try_all_again(mender):
    refuse(visit().to_json())
    refuse()
    assert mender.get(url("retry_all")).context["count"] == 2
    assert Event.objects.count() == 0
    assert mender.post(url("retry_all"))["Location"] == LIST
    assert (Event.objects.count(), RefusedEvent.objects.count()) == (1, 1)


def test_trying_needs_permission_and_post(looker, mender):
    refused = refuse(visit().to_json())
    assert looker.post(url("retry", refused.pk)).status_code == 302
    assert looker.post(url("retry_all")).status_code == 302
    assert looker.get(url("retry_all")).status_code == 302
    assert mender.get(url("retry", refused.pk)).status_code == 405
    assert Event.objects.count() == 0


def test_nobody_looks_without_permission():
    refused = refuse()
    stranger = make_editor()
    for address in (LIST, url("inspect", refused.pk)):
        assert stranger.get(address).status_code == 302


def test_the_menu_shows_it_when_there_is_something(looker):
    assert LIST not in looker.get("/admin/account/").content.decode()
    refuse()
    assert LIST in looker.get("/admin/account/").content.decode()
    assert LIST not in make_editor().get("/admin/account/").content.decode()
