"""Forms that editors make."""

import pytest
from wagtail.contrib.forms.models import FormSubmission

from example.shop.models import ContactField, ContactPage
from tests.tracking.factories import make_browser
from wagtail_crm.tracking import actions
from wagtail_crm.tracking.models import Event

pytestmark = pytest.mark.django_db
FILLED_IN = {"your_name": "Yoko"}


@pytest.fixture
def form_page(page):
    contact = ContactPage(title="Contact", slug="contact")
    contact.form_fields.add(ContactField(label="Your name", field_type="singleline"))
    page.get_parent().add_child(instance=contact)
    return contact


def sent():
    actions.drain_buffer()
    events = Event.objects.of_kinds("form_submitted")
    return [(event.page_id, event.subject, event.value) for event in events]


def test_a_form_that_is_sent_is_an_event_without_what_was_written(form_page):
    assert make_browser().post(form_page.url, FILLED_IN).status_code == 200
    assert sent() == [(form_page.pk, "", None)]
    assert set(Event.objects.get().data) == {"device", "os", "browser"}
    assert FormSubmission.objects.get().form_data == FILLED_IN


def test_a_form_with_mistakes_is_not_sent(form_page):
    assert make_browser().post(form_page.url, {}).status_code == 200
    assert (sent(), FormSubmission.objects.count()) == ([], 0)


def test_without_consent_a_form_is_sent_and_nothing_recorded(form_page):
    make_browser(None).post(form_page.url, FILLED_IN)
    assert (sent(), FormSubmission.objects.count()) == ([], 1)


def test_a_submission_that_no_visitor_made_is_no_event(form_page):
    browser = make_browser()
    browser.get(form_page.url)
    submission = FormSubmission.objects.create(page=form_page, form_data={})
    submission.save()
    assert sent() == []


def test_a_failure_to_record_is_not_the_visitors(form_page, monkeypatch, caplog):
    monkeypatch.setattr("wagtail_crm.tracking.form_pages.FORM_SUBMITTED", "dance")
    assert make_browser().post(form_page.url, FILLED_IN).status_code == 200
    assert FormSubmission.objects.count() == 1
    assert f"A form that was sent on page {form_page.pk} was not recorded." in caplog.text
