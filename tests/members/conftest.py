import pytest
from django.contrib.auth.models import Group, Permission

from tests.members.factories import make_user


@pytest.fixture
def japanese(client):
    """A visitor's browser, in Japanese."""
    client.cookies["django_language"] = "ja"
    return client


@pytest.fixture
def editor(client):
    """A superuser's browser, in English."""
    client.force_login(make_user("boss@example.jp", is_staff=True, is_superuser=True))
    client.cookies["django_language"] = "en"
    return client


@pytest.fixture
def colleague(client):
    """Log in somebody who may enter the admin and has just these permissions."""

    def log_in(*codenames):
        user = make_user(is_staff=True)
        group = Group.objects.create(name="colleagues")
        entry = Permission.objects.get(
            content_type__app_label="wagtailadmin", codename="access_admin"
        )
        ours = Permission.objects.filter(
            content_type__app_label="wagtail_crm_members", codename__in=codenames
        )
        group.permissions.set([entry, *ours])
        user.groups.add(group)
        client.force_login(user)
        client.cookies["django_language"] = "en"
        return client

    return log_in
