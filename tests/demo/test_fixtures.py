"""What the other tests stand on."""

import pytest
from django.contrib.auth import get_user_model
from django.core.cache import cache
from django.core.mail import EmailMultiAlternatives
from wagtail.models import Page


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_rows_of_migrations_are_there_in_every_test_that_commits(turn):
    assert Page.objects.count() == 2
    Page.objects.all().delete()


@pytest.mark.parametrize("turn", [1, 2])
def test_redis_starts_empty(redis, turn):
    assert redis.dbsize() == 0
    cache.set("left-over", turn)
    assert redis.dbsize() == 1


def test_smtp_sink_keeps_what_was_sent(smtp_sink):
    mail = EmailMultiAlternatives("題", "本文", "shop@example.com", ["yoko@example.jp"])
    mail.attach_alternative("<b>本文</b>", "text/html")
    mail.send()

    assert [message["Subject"] for message in smtp_sink.messages] == ["題"]
    assert smtp_sink.messages[0].get_body(("plain",)).get_content().strip() == "本文"
    assert smtp_sink.recipients == [["yoko@example.jp"]]


@pytest.mark.browser
@pytest.mark.parametrize("turn", [1, 2])
def test_live_site_sees_what_the_test_commits(live_site, page, assert_accessible, shot, turn):
    assert get_user_model().objects.count() == 0
    get_user_model().objects.create_superuser("editor@example.com", "secret")

    page.goto(f"{live_site.url}/admin/login/")
    page.fill("[name=username]", "editor@example.com")
    page.fill("[name=password]", "secret")
    page.click("[type=submit]")
    page.wait_for_selector("h1")

    assert page.url == f"{live_site.url}/admin/"
    shot(page, "admin")


@pytest.mark.xdist_group("fixtures")
def test_a_group_stays_with_one_worker(request, worker_id):
    """pytest-xdist writes groups behind the names of tests, if the pytest that is there lets it."""
    assert worker_id == "master" or request.node.nodeid.endswith("@fixtures")
