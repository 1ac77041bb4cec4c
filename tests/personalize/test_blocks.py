import pytest
from django.utils import translation
from wagtail import blocks

from tests.members.factories import make_registered_member
from tests.personalize.factories import make_request, make_segment
from wagtail_crm.mail.render import audiences_in
from wagtail_crm.personalize.blocks import PersonalisedBlock
from wagtail_crm.segments.audience import Audience

pytestmark = pytest.mark.django_db


class BannerBlock(blocks.StructBlock):
    title = blocks.CharBlock()

    def render_basic(self, value, context=None):
        return f"[{value['title']}]"


BLOCK = PersonalisedBlock(BannerBlock())


def personalised(*variants, default="default"):
    """``personalised(("gold", {"segments": [1]}))``."""
    return BLOCK.to_python(
        {
            "variants": [
                {"audience": audience, "content": {"title": title}} for title, audience in variants
            ],
            "content": {"title": default},
        }
    )


def show(value, member=None):
    return BLOCK.render(value, {"request": make_request(member)})


def test_the_first_variant_that_fits_is_shown():
    member, other = make_registered_member(), make_registered_member()
    gold, bakers = make_segment("Gold", member), make_segment("Bakers", member, other)
    value = personalised(("gold", {"segments": [gold.pk]}), ("bakers", {"segments": [bakers.pk]}))
    assert [show(value, who) for who in (member, other, None)] == [
        "[gold]",
        "[bakers]",
        "[default]",
    ]


def test_without_variants_the_default_is_shown():
    assert show(personalised()) == BLOCK.render(personalised()) == "[default]"


def test_a_variant_of_a_deleted_segment_is_never_shown(django_capture_on_commit_callbacks):
    member = make_registered_member()
    gold = make_segment("Gold", member)
    value = personalised(("gold", {"segments": [gold.pk]}))
    assert show(value, member) == "[gold]"
    with django_capture_on_commit_callbacks(execute=True):
        gold.delete()
    assert show(value, member) == "[default]"


def test_a_variant_for_everybody_hides_the_default():
    assert show(personalised(("first", {}))) == "[first]"


def test_mails_find_the_audiences_of_variants():
    value = personalised(("a", {"segments": [1]}), ("b", {"segments": [2]}))
    found = [audience.segments for audience in audiences_in(BLOCK, value)]
    assert found == [frozenset({1}), frozenset({2})]


def test_a_warm_page_costs_no_query(django_assert_num_queries):
    member = make_registered_member()
    gold = make_segment("Gold", member)
    show(personalised(("gold", {"segments": [gold.pk]})), member)
    with django_assert_num_queries(0):
        assert show(personalised(("gold", {"segments": [gold.pk]})), member) == "[gold]"


def preview(value, **attributes):
    request = make_request()
    request.is_preview = True
    for name, attribute in attributes.items():
        setattr(request, name, attribute)
    with translation.override("en"):
        return BLOCK.render(value, {"request": request})


def test_a_preview_shows_every_variant_with_a_label():
    html = preview(personalised(("gold", {"segments": [make_segment("Gold").pk]})))
    assert (html.index("[gold]") < html.index("[default]"), html.count("crm-marker__text")) == (
        True,
        2,
    )
    assert ">Gold<" in html
    assert ">Everybody<" in html


def test_a_preview_with_somebodys_eyes_shows_one_and_says_why():
    gold = make_segment("Gold")
    value = personalised(("gold", {"segments": [gold.pk]}))
    html = preview(value, crm_preview=object())
    assert "[gold]" not in html
    assert "Shown: meant for everybody" in html


def test_migrations_of_sites_name_only_wagtails_blocks():
    path, (children,), options = BLOCK.deconstruct()
    assert (path, options) == ("wagtail.blocks.StructBlock", {})
    assert [name for name, _block in children] == ["variants", "content"]


def test_audiences_differ_by_the_name_of_the_slot():
    block = PersonalisedBlock(BannerBlock())
    block.set_name("hero")
    value = personalised(("a", {"share": 50}))
    assert [audience.share for audience in block.audiences_of(value)] == [50]
    assert isinstance(block.audiences_of(value)[0], Audience)
