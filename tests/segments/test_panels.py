"""What a member's page in the admin shows of segments."""

import pytest

from tests.members.factories import make_member
from tests.segments.factories import (
    make_segment,
)
from tests.segments.posting import ENGLISH

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("committing")]


def test_member_page_shows_the_segments(chief, client):
    member = make_member()
    segment = make_segment(name="Fans")
    make_segment(name="Draft", publish=False)
    html = client.get(f"/admin/crm/member/inspect/{member.pk}/", **ENGLISH).content.decode()
    why = f"/admin/crm/segment/why/{segment.pk}/?member={member.pk}"
    assert f'<a href="{why}" title="Why is somebody in it?">Fans</a>' in html
    assert "Draft</a>" not in html
