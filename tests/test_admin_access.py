"""Who may enter the admin but may do nothing in the CRM sees nothing of it, at any address."""

import pytest
from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import transaction
from django.test import Client

from tests.addresses import (
    bulk_addresses,
    crm_addresses,
    filled_in,
    has_parameter,
    is_crm_model,
)
from tests.filling_in import sent_from
from tests.mail.factories import make_campaign, make_sender
from tests.members.factories import make_attribute, make_member, make_user
from tests.segments.factories import make_run, make_segment
from tests.surveys.factories import make_survey
from wagtail_crm.loyalty.models import EarningRule, Rank
from wagtail_crm.mail.models import Suppression
from wagtail_crm.members.actions import record_consent
from wagtail_crm.segments.static import create_static_segment
from wagtail_crm.tracking.models import RefusedEvent, Visitor

pytestmark = [pytest.mark.django_db, pytest.mark.slow]

# What a viewer without permission must never get; 405 says nothing of anybody.
REFUSED = {403, 405}


@pytest.fixture
def objects():
    """One of everything, by the name of its model in an address."""
    member = make_member(family_name="Secret", email="secret@example.jp")
    campaign = make_campaign(sender=make_sender())
    segment = make_segment()
    campaign.save_revision()
    found = {
        "member": member,
        "segment": segment,
        "campaign": campaign,
        "sender": campaign.sender,
        "attributedefinition": make_attribute(),
        "consentrecord": record_consent(
            member=member, purpose="email", granted=True, source="test"
        ),
        "suppression": Suppression.objects.create(email_key="gone@example.jp", reason="bounce"),
        "refusedevent": RefusedEvent.objects.create(payload=b"{}", reason="broken"),
        "visitor": Visitor.objects.create(member=member),
        "earningrule": EarningRule.objects.create(label="Rule", kind="login", points=1),
        "rank": Rank.objects.create(name="Gold", points=100),
        "surveys": make_survey(),
        "page": make_survey(),
        "segmentrun": make_run(segment),
        "staticsegment": create_static_segment(name="Static"),
    }
    return found


def answers(client, address, **headers):
    return [
        client.get(address, headers=headers).status_code,
        client.post(address, headers=headers).status_code,
    ]


@pytest.fixture
def every_address(objects):
    routes = [route for route, _view in crm_addresses()]
    plain = ["/" + route for route in routes if not has_parameter(route)]
    named = [filled_in(route, objects) for route in routes if has_parameter(route)]
    return [*plain, *named, *bulk_addresses(objects)]


def browser_of(**fields):
    client = Client(raise_request_exception=False)
    user = make_user(is_staff=True, **fields)
    user.user_permissions.add(Permission.objects.get(codename="access_admin"))
    client.force_login(user)
    return client


def test_nobody_sees_anything_of_the_crm_without_a_permission_for_it(every_address):
    outsider = browser_of()

    found = {
        address: answers(outsider, address, **{"X-Requested-With": "XMLHttpRequest"})
        for address in every_address
    }

    assert {a: codes for a, codes in found.items() if not set(codes) <= REFUSED} == {}


def test_visitors_are_asked_to_log_in_everywhere(every_address):
    visitor = Client()

    found = {
        address: visitor.get(address).headers.get("Location", "").partition("?")[0]
        for address in every_address
    }

    assert set(found.values()) == {"/admin/login/"}


def test_looking_changes_nothing_and_who_may_only_look_cannot(every_address):
    boss, watcher, before = browser_of(is_superuser=True), a_watcher(), rows()

    pages = {address: boss.get(address) for address in every_address}

    codes = {address: page.status_code for address, page in pages.items()}
    assert {a: code for a, code in codes.items() if code not in (200, 302, 405)} == {}
    assert len(every_address) > 150
    assert rows() == before

    forms = {address: sent_from(page) for address, page in pages.items()}
    codes = {address: watcher.post(address, form).status_code for address, form in forms.items()}

    assert rows() == before
    assert {a for a, code in codes.items() if "/delete/" in a and code != 302} == set()
    assert any(watcher.get(address).status_code == 200 for address in every_address)
    # Who may sends the same, and it does change something.
    assert len([a for a, form in forms.items() if changes(boss, a, form, before)]) > 40


def a_watcher():
    watcher = browser_of()
    ours = Permission.objects.filter(content_type__app_label__startswith="wagtail_crm")
    user = get_user_model().objects.get(pk=watcher.session["_auth_user_id"])
    user.user_permissions.add(*ours.filter(codename__startswith="view_"))
    return watcher


def changes(client, address, form, before):
    with transaction.atomic():
        client.post(address, form)
        changed = rows() != before
        transaction.set_rollback(True)
    return changed


def rows():
    return {
        model._meta.label: list(model._base_manager.order_by("pk").values())
        for model in apps.get_models()
        if is_crm_model(model)
    }
