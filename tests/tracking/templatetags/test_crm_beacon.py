"""The tag, and the script that it loads."""

import gzip
from pathlib import Path

import pytest
from django.contrib.staticfiles import finders
from django.template import Context, Template

from tests.tracking.factories import make_browser

SCRIPT = "wagtail_crm/tracking/beacon.js"


def render(**context):
    return Template("{% load crm_beacon %}{% crm_beacon %}").render(Context(context))


def test_the_script_is_small():
    text = Path(finders.find(SCRIPT)).read_bytes()
    assert len(gzip.compress(text, mtime=0)) <= 3 * 1024


def test_the_tag_names_the_page_and_nobody(crm_settings):
    crm_settings(CONSENT_VERSION='2"', CONSENT_MODE="notice")
    assert render() == (
        '<script src="/static/wagtail_crm/tracking/beacon.js" defer data-url="/crm/beacon/"'
        ' data-page="0" data-cookie="crm_consent" data-yes="2&quot;:yes"'
        ' data-mode="notice"></script>'
    )


def test_previews_are_not_measured(rf):
    request = rf.get("/")
    request.is_preview = True
    assert render(request=request) == ""


@pytest.mark.django_db
def test_everybody_gets_the_same_page(page):
    def tag(client):
        [line] = [line for line in client.get(page.url).text.splitlines() if "beacon.js" in line]
        return line

    lines = {tag(make_browser(consent)) for consent in ("yes", "no", None)}
    assert len(lines) == 1
    assert f'data-page="{page.pk}"' in lines.pop()
