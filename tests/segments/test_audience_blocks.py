import json

import pytest
from django.core.exceptions import ValidationError
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone, translation
from wagtail import blocks
from wagtail.models import ReferenceIndex

from example.shop.models import HomePage
from tests.loyalty.factories import make_staff
from tests.members.factories import make_registered_member
from tests.personalize.factories import make_request, make_segment, root_page
from wagtail_crm.members.actions import withdraw_member
from wagtail_crm.segments.audience import Audience, Viewer
from wagtail_crm.segments.audience_blocks import AudienceBlock, AudienceMixin, SegmentBlock
from wagtail_crm.segments.reach import reach_of
from wagtail_crm.tracking.snapshots import snapshot_of

pytestmark = pytest.mark.django_db


class NoticeBlock(AudienceMixin):
    text = blocks.CharBlock()

    def render_basic(self, value, context=None):
        return value["text"]


def notice(text="hello", **audience):
    block = NoticeBlock()
    return block, block.to_python({"text": text, "audience": audience})


def show(block, value, member=None):
    return block.render(value, {"request": make_request(member)})


def test_a_block_without_audience_is_for_everybody():
    block, value = notice()
    assert show(block, value) == "hello"
    assert block.render(value) == "hello"


def test_a_block_is_shown_to_its_segment_only():
    inside, outside = make_registered_member(), make_registered_member()
    gold = make_segment("Gold", inside)
    block, value = notice(segments=[gold.pk])
    assert [show(block, value, who) for who in (inside, outside, None)] == ["hello", "", ""]


def test_a_block_is_hidden_from_a_segment():
    inside, outside = make_registered_member(), make_registered_member()
    block, value = notice(excluded=[make_segment("Staff", inside).pk])
    assert [show(block, value, who) for who in (inside, outside)] == ["", "hello"]


def test_a_deleted_segment_lets_nobody_in_and_keeps_nobody_out(
    django_capture_on_commit_callbacks,
):
    member = make_registered_member()
    gold = make_segment("Gold", member)
    only, others = notice(segments=[gold.pk]), notice(excluded=[gold.pk])
    assert (show(*only, member), show(*others, member)) == ("hello", "")
    with django_capture_on_commit_callbacks(execute=True):
        gold.delete()
    assert snapshot_of(member.user_id)["segments"] == []
    assert (show(*only, member), show(*others, member)) == ("", "hello")


def test_a_viewer_in_the_context_counts_before_the_request():
    block, value = notice(segments=[7])
    context = {"request": make_request(), "crm_viewer": Viewer(segments=frozenset({7}))}
    assert block.render(value, context) == "hello"


def test_the_audience_of_stored_and_of_chosen_segments_is_the_same():
    gold = make_segment("Gold")
    block = AudienceBlock()
    stored = block.to_python({"segments": [gold.pk], "excluded": [], "devices": ["phone"]})
    expected = Audience(frozenset({gold.pk}), devices=frozenset({"phone"}), seed="x")
    assert block.audience(stored, seed="x") == expected
    again = block.to_python(json.loads(json.dumps(block.get_prep_value(stored))))
    assert block.audience(again, seed="x") == expected


def test_a_segment_block_keeps_ids_and_knows_where_it_is_used():
    gold = make_segment("Gold")
    block = SegmentBlock()
    assert block.clean(gold.pk) == block.clean(str(gold.pk)) == block.normalize(gold) == gold.pk
    assert list(block.extract_references(gold.pk)) == [(type(gold), str(gold.pk), "", "")]
    with pytest.raises(ValidationError):
        block.clean(gold.pk + 1)


def test_pages_that_use_a_segment_are_found():
    gold = make_segment("Gold")
    banner = ("banner", {"title": "Hi", "audience": {"segments": [gold.pk], "excluded": []}})
    home = HomePage(title="Home", body=json.dumps([{"type": banner[0], "value": banner[1]}]))
    root_page().get_parent().add_child(instance=home)
    used = ReferenceIndex.get_references_to(gold).values_list("object_id", flat=True)
    assert list(used) == [str(home.pk)]


def test_it_must_end_after_it_begins():
    block = AudienceBlock()
    now = timezone.now()
    value = block.to_python({}) | {"starts": now, "ends": now}
    with pytest.raises(blocks.StructBlockValidationError) as refusal:
        block.clean(value)
    assert list(refusal.value.block_errors) == ["ends"]


def test_the_audience_sits_in_the_settings():
    assert NoticeBlock().meta.form_layout.settings == ["audience"]
    assert NoticeBlock().meta.form_layout.children == ["text"]


def test_three_personalised_slots_cost_a_warm_page_no_query(django_assert_num_queries):
    member = make_registered_member()
    gold = make_segment("Gold", member)
    stream = blocks.StreamBlock([("notice", NoticeBlock())])
    raw = [
        {"type": "notice", "value": {"text": "a", "audience": {"segments": [gold.pk]}}},
        {"type": "notice", "value": {"text": "b", "audience": {"excluded": [gold.pk]}}},
        {"type": "notice", "value": {"text": "c", "audience": {"segments": [gold.pk + 1]}}},
    ]
    show(
        NoticeBlock(), NoticeBlock().to_python({"text": "", "audience": {"segments": [1]}}), member
    )
    with django_assert_num_queries(0):
        request = make_request(member)
        shown = [child.render({"request": request}) for child in stream.to_python(raw)]
    assert shown == ["a", "", ""]


@pytest.mark.parametrize(
    ("audience", "headers"),
    [
        ({}, (False, False, False)),
        ({"segments": [1]}, (True, True, False)),
        ({"devices": ["phone"]}, (True, True, True)),
    ],
)
def test_what_a_response_depends_on_is_noted(audience, headers):
    request = make_request(make_registered_member())
    block, value = notice(**audience)
    block.render(value, {"request": request})
    crm = request.crm
    assert (crm.depends_on_cookies, crm.is_private, crm.varies_by_device) == headers


def test_a_visitor_makes_no_response_private():
    request = make_request()
    block, value = notice(segments=[1])
    block.render(value, {"request": request})
    assert (request.crm.depends_on_cookies, request.crm.is_private) == (True, False)


def preview(block, value, **attributes):
    request = make_request()
    request.is_preview = True
    for name, attribute in attributes.items():
        setattr(request, name, attribute)
    with translation.override("en"):
        return block.render(value, {"request": request})


def test_a_preview_shows_every_block_and_says_for_whom():
    block, value = notice(segments=[make_segment("Gold").pk])
    html = preview(block, value)
    assert "hello" in html
    assert ">Gold<" in html


def test_a_preview_with_somebodys_eyes_says_why():
    block, value = notice(segments=[make_segment("Gold").pk])
    html = preview(block, value, crm_preview=object())
    assert "hello" not in html
    assert "Hidden: not in Gold" in html


def test_a_preview_leaves_blocks_for_everybody_alone():
    block, value = notice()
    assert preview(block, value) == "hello"


def test_reach_counts_members_who_are_present():
    a, b, c, gone = (make_registered_member() for _number in range(4))
    gold, bakers = make_segment("Gold", a, b, gone), make_segment("Bakers", b, c)
    withdraw_member(member=gone)
    both = frozenset({gold.pk, bakers.pk})

    def reached(**parts):
        return reach_of(Audience(**parts)).members

    assert reached() == 3
    assert reached(segments=both) == 3
    assert reached(segments=both, need_all=True) == 1
    assert reached(segments=frozenset({gold.pk}), excluded=frozenset({bakers.pk})) == 1
    assert reached(excluded=frozenset({bakers.pk})) == 1
    assert reached(segments=both, share=50) == 2
    assert reach_of(Audience(segments=both)).total == 3


def test_the_editor_is_told_summary_and_reach(client):
    gold = make_segment("Gold", make_registered_member())
    make_registered_member()
    client.force_login(make_staff())
    address = "/admin/crm/audience/"
    english = {"Accept-Language": "en"}
    said = client.get(f"{address}?segments={gold.pk}&devices=phone", headers=english).json()
    assert said == {"summary": "Gold · phone", "reach": "reaches 1 member now (50%)"}
    said = client.get(f"{address}?starts=2026-13-99&share=x", headers=english).json()
    assert said["summary"] == "Everybody"


def test_who_may_not_see_segments_is_told_nothing(client):
    client.force_login(make_staff("access_admin"))
    assert client.get("/admin/crm/audience/").status_code == 302


def test_editing_many_blocks_costs_no_query_per_block(client):
    client.force_login(make_staff())
    counts = []
    for number in (1, 3):
        value = {"title": "Hi", "audience": {"segments": [], "excluded": []}}
        body = [{"type": "banner", "value": value}] * number
        home = HomePage(title="Home", slug=f"home-{number}", body=json.dumps(body))
        root_page().get_parent().add_child(instance=home)
        client.get(f"/admin/pages/{home.pk}/edit/")
        with CaptureQueriesContext(connection) as captured:
            client.get(f"/admin/pages/{home.pk}/edit/")
        counts.append(len(captured))
    assert counts[0] == counts[1]
