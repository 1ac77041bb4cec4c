from django.utils.translation import override

from wagtail_crm.chooser_blocks import CrmChooserBlock
from wagtail_crm.segments.models import Segment


def test_a_chooser_speaks_the_language_of_who_looks_not_of_who_looked_first():
    with override("ja"):
        widget = CrmChooserBlock("wagtail_crm_segments.Segment").widget
        first = str(widget.choose_one_text)
    with override("en"):
        second = [
            str(text)
            for text in (
                widget.choose_one_text,
                widget.choose_another_text,
                widget.link_to_chosen_text,
            )
        ]

    assert first == "セグメントを選択"
    assert second == ["Choose segment", "Choose another segment", "Edit this segment"]


def test_the_way_home_speaks_the_language_of_who_looks():
    home = Segment.snippet_viewset.breadcrumbs_items[0]["label"]

    with override("ja"):
        first = str(home)
    with override("en"):
        assert [first, str(home)] == ["ホーム", "Home"]
