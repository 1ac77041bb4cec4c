"""Downloads of the site's documents."""

import json

import pytest
from django.core.files.base import ContentFile
from wagtail.documents.models import Document
from wagtail.models import Collection, CollectionViewRestriction

from tests.tracking.factories import GOOGLEBOT, make_browser, make_page
from wagtail_crm.tracking import actions
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.django_db


@pytest.fixture
def flyer(page, settings, tmp_path):
    disk = "django.core.files.storage.FileSystemStorage"
    own = {"default": {"BACKEND": disk, "OPTIONS": {"location": tmp_path}}}
    settings.STORAGES = settings.STORAGES | own
    return Document.objects.create(title="Flyer", file=ContentFile(b"%PDF-" * 9, name="flyer.pdf"))


def downloads():
    actions.drain_buffer()
    events = Event.objects.of_kinds("download").order_by("id")
    return [(event.subject, event.page_id) for event in events]


def fetch(flyer, client=None, method="get", **headers):
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    response = getattr(client or make_browser(), method)(flyer.url, headers=headers)
    status = response.status_code
    for _piece in response:  # to the end, so that the file is closed
        pass
    return status


def test_a_document_that_is_served_is_a_download_on_the_page_it_was_linked_from(page, flyer):
    below = make_page("Rye", parent=page)
    assert fetch(flyer, referer=f"http://testserver{below.url}?a=b") == 200
    assert downloads() == [(f"document:{flyer.pk}", below.pk)]
    assert Event.objects.of_kinds("download").get().data["title"] == "Flyer"


@pytest.mark.parametrize(
    "referrer",
    ["", "https://elsewhere.example/sourdough/", "http://testserver/nowhere/", "http://[", "/x"],
)
def test_without_a_page_it_is_a_download_all_the_same(flyer, referrer):
    assert fetch(flyer, referer=referrer) == 200
    assert downloads() == [(f"document:{flyer.pk}", 0)]


def test_a_click_that_the_page_reports_too_counts_once(page, flyer):
    client = make_browser()
    click = {"kind": "download", "data": {"url": f"http://testserver{flyer.url}"}}
    body = json.dumps({"page": page.pk, "events": [click]})
    same = {"sec-fetch-site": "same-origin"}
    client.post("/crm/beacon/", body, content_type="text/plain", headers=same)
    fetch(flyer, client, referer=f"http://testserver{page.url}")
    client.post("/crm/beacon/", body, content_type="text/plain", headers=same)
    assert downloads() == [(f"document:{flyer.pk}", page.pk)]


@pytest.mark.parametrize(
    ("headers", "expected"),
    [
        ({"range": "bytes=0-"}, 1),
        ({"range": "bytes=0-1023"}, 1),
        ({"range": "bytes=0-1"}, 0),
        ({"range": "bytes=10-20"}, 0),
        ({"range": "bytes=0-1023,2000-"}, 0),
        ({"sec_fetch_dest": "video"}, 0),
        ({"sec_fetch_dest": "document", "sec_fetch_mode": "navigate"}, 1),
        ({"sec_fetch_dest": "empty", "sec_fetch_mode": "no-cors"}, 1),
        ({"sec_fetch_dest": "empty", "sec_fetch_mode": "cors"}, 0),
        ({"sec_purpose": "prefetch"}, 0),
        ({"user_agent": GOOGLEBOT}, 0),
    ],
)
def test_only_a_whole_file_for_a_person_is_a_download(flyer, headers, expected):
    fetch(flyer, **headers)
    assert len(downloads()) == expected


def test_a_look_at_the_headers_is_none(flyer):
    assert fetch(flyer, method="head") == 200
    assert downloads() == []


def test_without_consent_nothing_is_recorded(flyer):
    assert fetch(flyer, make_browser(None)) == 200
    assert downloads() == []


def test_a_file_that_is_gone_or_private_is_no_download(flyer):
    flyer.file.storage.delete(flyer.file.name)
    assert fetch(flyer) == 404
    private = Collection.get_first_root_node().add_child(name="Private")
    CollectionViewRestriction.objects.create(
        collection=private, restriction_type=CollectionViewRestriction.LOGIN
    )
    flyer.collection = private
    flyer.save()
    assert fetch(flyer) == 302
    assert downloads() == []


def test_a_failure_to_record_is_not_the_visitors(flyer, monkeypatch, caplog):
    monkeypatch.setattr("wagtail_crm.tracking.documents.DOWNLOAD", "dance")
    assert fetch(flyer) == 200
    assert f"A download of document {flyer.pk} was not recorded." in caplog.text
