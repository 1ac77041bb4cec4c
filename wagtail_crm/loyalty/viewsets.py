"""The screens of points and ranks of the Wagtail admin."""

from typing import Any

from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.panels import (
    FieldPanel,
    FieldRowPanel,
    MultiFieldPanel,
    ObjectList,
    PageChooserPanel,
)
from wagtail.admin.ui.tables import Column, NumberColumn, StatusTagColumn

from wagtail_crm.tracking.kinds import event_kinds
from wagtail_crm.viewsets import CrmViewSet

from .models import EarningRule, Rank
from .views.admin import EarningRuleCreateView, EarningRuleEditView, EarningRuleIndexView
from .views.ranks import RankCreateView, RankEditView, RankIndexView


def kind_label(rule: EarningRule) -> str:
    kind = event_kinds.get(rule.kind)
    label = str(kind.label) if kind else rule.kind
    return f"{label}: {rule.page}" if rule.page else label


def size_in_words(rank: Rank) -> str:
    return number_format(rank.size, force_grouping=True)  # type: ignore[attr-defined]  # with_sizes


class EarningRuleViewSet(CrmViewSet):
    model = EarningRule
    icon = "crm-points"
    menu_label = _("Points")
    menu_name = "points"
    menu_order = 600
    copy_view_enabled = True
    inspect_view_enabled = False
    index_view_class = EarningRuleIndexView
    add_view_class = EarningRuleCreateView
    edit_view_class = EarningRuleEditView
    index_template_name = "wagtail_crm/loyalty/admin/index.html"
    index_results_template_name = "wagtail_crm/loyalty/admin/index_results.html"
    list_filter = ["is_active"]
    search_fields = ["label"]
    edit_handler = ObjectList(
        [
            MultiFieldPanel(
                [FieldPanel("label"), FieldPanel("kind"), PageChooserPanel("page")],
                heading=_("What earns points"),
            ),
            MultiFieldPanel(
                [
                    FieldRowPanel([FieldPanel("points"), FieldPanel("per_value")]),
                    FieldPanel("frequency"),
                ],
                heading=_("How many"),
            ),
            MultiFieldPanel(
                [
                    FieldPanel("segment"),
                    FieldRowPanel([FieldPanel("starts_at"), FieldPanel("ends_at")]),
                    FieldPanel("is_active"),
                ],
                heading=_("For whom and when"),
            ),
        ],
        # Wagtail's script asks for an amount only where there is one: see the form.
        attrs={"data-controller": "w-rules", "data-action": "change->w-rules#resolve"},
    )

    @cached_property
    def list_display(self) -> list[Any]:
        return [
            "label",
            Column("kind", label=_("For"), accessor=kind_label),
            Column("amount", label=_("Points"), sort_key="points"),
            Column("get_frequency_display", label=pgettext_lazy("points", "How often")),
            Column("segment", label=_("Only for"), accessor=lambda rule: rule.segment or "–"),
            StatusTagColumn("state", label=_("Status"), primary=lambda rule: rule.is_running),
        ]


class RankViewSet(CrmViewSet):
    model = Rank
    icon = "crm-rank"
    menu_label = _("Ranks")
    menu_name = "ranks"
    menu_order = 610
    inspect_view_enabled = False
    index_view_class = RankIndexView
    add_view_class = RankCreateView
    edit_view_class = RankEditView
    index_template_name = "wagtail_crm/loyalty/admin/ranks.html"
    index_results_template_name = "wagtail_crm/loyalty/admin/ranks_results.html"
    search_fields: list[str] = []
    list_display = [
        "name",
        NumberColumn("needed", label=_("Points needed"), sort_key="points"),
        NumberColumn("size", label=_("Members"), accessor=size_in_words, sort_key="size"),
        Column("benefit", label=_("What it brings")),
    ]
    panels = [
        FieldPanel("name"),
        FieldPanel("points"),
        FieldPanel("benefit"),
    ]
