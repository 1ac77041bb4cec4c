import itertools

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils.translation import override
from wagtail.models import Page

from tests.members.factories import make_attribute, make_user
from wagtail_crm.segments import signals

_numbers = itertools.count(1)


@pytest.fixture
def prefecture(db):
    return make_attribute(
        "prefecture",
        type="choice",
        choices="Tokyo\nOsaka",
        translations={"ja": {"label": "都道府県", "choices": "東京都\n大阪府"}},
    )


@pytest.fixture
def tree(db):
    """Pages by name: ``tree("Baking", "Bread")`` makes Bread below Baking and returns both."""

    def grow(*titles):
        parent, pages = Page.objects.get(depth=1), []
        for title in titles:
            page = Page(title=title, slug=f"p{next(_numbers)}")
            parent = parent.add_child(instance=page)
            pages.append(parent)
        return pages

    return grow


@pytest.fixture
def shop(tree):
    return tree("Shop", "Baking", "Bread")


@pytest.fixture
def editor(client):
    """Log in somebody who may enter the admin and has these permissions on segments."""

    def log_in(*actions, members=()):
        user = make_user(f"editor{next(_numbers)}@example.jp")
        group = Group.objects.create(name=f"editors {next(_numbers)}")
        codes = ["access_admin", *(f"{each}_segment" for each in actions)]
        codes += [f"{each}_member" for each in members]
        group.permissions.set(Permission.objects.filter(codename__in=codes))
        user.groups.add(group)
        client.force_login(user)
        return user

    return log_in


@pytest.fixture
def chief(client):
    """A superuser, logged in and reading English."""
    user = make_user("chief@example.jp", is_superuser=True, is_staff=True)
    client.force_login(user)
    return user


@pytest.fixture
def in_english():
    with override("en"):
        yield


@pytest.fixture
def moves():
    """Who entered and left which segment, as the signals tell."""
    heard = []

    def entered(segment_id, member_ids, **kwargs):
        heard.append(("entered", segment_id, member_ids))

    def left(segment_id, member_ids, **kwargs):
        heard.append(("left", segment_id, member_ids))

    signals.segment_entered.connect(entered)
    signals.segment_left.connect(left)
    yield heard
    signals.segment_entered.disconnect(entered)
    signals.segment_left.disconnect(left)
