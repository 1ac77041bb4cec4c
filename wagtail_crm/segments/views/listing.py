"""The list of segments and the page of one."""

from typing import Any

import django_filters
from django import forms
from django.contrib import messages
from django.contrib.humanize.templatetags.humanize import intcomma
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import NoReverseMatch, reverse
from django.utils.functional import cached_property
from django.utils.translation import get_language, ngettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from django.views import View
from wagtail.admin.filters import WagtailFilterSet
from wagtail.admin.ui.tables import Column, TitleColumn
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.admin.widgets.button import Button, HeaderButton
from wagtail.permissions import policy_registry
from wagtail.snippets.views import snippets

from wagtail_crm.charts import CHART_MEDIA
from wagtail_crm.members.models import Member
from wagtail_crm.segments import tasks
from wagtail_crm.segments.compiled import rules_of
from wagtail_crm.segments.cycles import circles_of
from wagtail_crm.segments.models import Membership, Segment, sentence_of
from wagtail_crm.segments.rules.visit import asks_only_of_visit
from wagtail_crm.segments.trend import trends_of
from wagtail_crm.segments.usage import uses, uses_of
from wagtail_crm.viewsets import CrmIndexView, may_look

from .buttons import act_button, more_buttons, new_static_button
from .people import with_links
from .static import static_tools

MEMBERS_PER_PAGE = 50
# Sentences are written in these.
LANGUAGES = ("en", "ja")
# While a segment is counted for the first time, its page looks again after these.
SECONDS_TO_COUNT = "3"


class SegmentFilterSet(WagtailFilterSet):
    live = django_filters.ChoiceFilter(
        label=_("Status"),
        choices=[("true", pgettext_lazy("segment", "Live")), ("false", _("Draft"))],
        method="filter_live",
        empty_label=pgettext_lazy("filter", "All"),
        widget=forms.RadioSelect,
    )
    kind = django_filters.ChoiceFilter(
        label=pgettext_lazy("segment", "Kind"),
        choices=Segment.Kind.choices,
        empty_label=pgettext_lazy("filter", "All"),
        widget=forms.RadioSelect,
    )
    size = django_filters.ChoiceFilter(
        label=_("Number of members"),
        choices=[("some", _("Has members")), ("none", _("No members"))],
        method="filter_size",
        empty_label=pgettext_lazy("filter", "All"),
        widget=forms.RadioSelect,
    )

    class Meta:
        model = Segment
        fields: list[str] = []

    def filter_live(self, segments: Any, name: str, value: str) -> QuerySet[Segment]:
        return segments.filter(live=value == "true")

    def filter_size(self, segments: Any, name: str, value: str) -> QuerySet[Segment]:
        return segments.filter(size=0) if value == "none" else segments.filter(size__gt=0)


class NameColumn(TitleColumn):
    """The name, and below it the segment in words."""

    cell_template_name = "wagtail_crm/segments/name_cell.html"

    class Media:
        css = {"all": ["wagtail_crm/segments/admin.css"]}


class UsesColumn(Column):
    """In how many places it is used; for those who may change segments, a link to the places."""

    cell_template_name = "wagtail_crm/segments/uses_cell.html"

    def get_cell_context_data(self, instance: Any, parent_context: Any) -> dict[str, Any]:
        context: dict[str, Any] = super().get_cell_context_data(instance, parent_context)
        user = parent_context["request"].user
        may_change = policy_registry.get_by_type(Segment).user_has_permission(user, "change")
        return context | {"may_change": may_change}


class SegmentIndexView(CrmIndexView):
    """Every segment with its sentence; a page of sentences costs a fixed number of queries."""

    default_ordering = "name"

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        return [*super().header_more_buttons, *new_static_button(self.request.user)]

    def _get_title_column(
        self, field_name: str, column_class: Any = NameColumn, **kwargs: Any
    ) -> Any:
        return super()._get_title_column(field_name, column_class, **kwargs)

    def get_table(self, object_list: Any, **kwargs: Any) -> Any:
        segments = list(object_list)
        rules, trends, uses = rules_of(segments), trends_of(segments), uses_of(segments)
        circles = circles_of(segments)
        for segment in segments:
            segment.uses = uses[segment.pk]
            segment.rule = rules[segment.pk]
            segment.trend = trends[segment.pk]
            segment.problems = [*segment.rule.problems(), *circles[segment.pk]]
        return super().get_table(segments, **kwargs)


class SegmentInspectView(snippets.InspectView):
    """The segment in words, its size, and its members, newest first."""

    fields = ["name"]  # the generic list of fields is not drawn

    @cached_property
    def header_buttons(self) -> list[HeaderButton]:
        act = act_button(self.object, self.request.user)
        edit_url = "" if self.object.is_static else self.get_edit_url()
        edit = [HeaderButton(_("Edit"), url=edit_url, icon_name="edit")] if edit_url else []
        return [*act, *edit]

    @cached_property
    def header_more_buttons(self) -> list[Button]:
        wagtails = [
            button
            for button in super().header_more_buttons
            if not (self.object.is_static and button.url == self.get_edit_url())
        ]
        return [*wagtails, *more_buttons(self.object, self.request.user)]

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        response = super().get(request, *args, **kwargs)
        if self.object.live and not self.object.refreshed_at:
            response["Refresh"] = SECONDS_TO_COUNT
        return response

    def _members(self) -> Any:
        memberships = Membership.objects.filter(segment=self.object).with_members()
        pages = Paginator(memberships.newest_first(), MEMBERS_PER_PAGE)
        # The size is known; counting a million rows for each page of the list is not needed.
        pages.count = self.object.size
        return pages.get_page(self.request.GET.get("p"))

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        may_see = may_look(self.request.user, Member)
        page = self._members() if may_see and self.object.live else None
        rule = self.object.rule
        static = self.object.is_static
        only_visit = asks_only_of_visit(rule)
        tools = static_tools(self.object, self.request.user)
        trend = trends_of([self.object])[self.object.pk]
        return (
            context
            | tools
            | {
                "segment": self.object,
                "sentence": self.object.sentence if static else sentence_of(rule),
                "other_sentences": _in_other_languages(self.object),
                "trend": trend.chart() if trend and not only_visit else None,
                "only_visit": only_visit,
                "media": CHART_MEDIA,
                "broken": [*rule.problems(), *circles_of([self.object])[self.object.pk]],
                "doubts": rule.doubts(),
                "may_see_members": may_see,
                "page_obj": page,
                "members": _rows(page),
                "may_refresh": self.object.live
                and not static
                and self.user_has_permission("change"),
                "list_url": _member_list(self.object) if page else "",
                "usage_count": uses(self.object),
                "may_change": self.user_has_permission("change"),
            }
        )


def _in_other_languages(segment: Segment) -> list[tuple[str, str]]:
    """(language, sentence) for colleagues who read another language than this one."""
    active = (get_language() or "").partition("-")[0]
    return [(code, segment.sentence_in(code)) for code in LANGUAGES if code != active]


def _rows(page: Any) -> list[tuple[Any, str, Any]]:
    memberships = list(page or ())
    links = with_links(membership.member for membership in memberships)
    return [
        (member, url, membership.entered_at)
        for membership, (member, url) in zip(memberships, links, strict=True)
    ]


def _member_list(segment: Segment) -> str:
    """Where these members can be filtered further, tagged and exported."""
    try:
        return f"{reverse('crm_member:list')}?segment={segment.pk}"
    except NoReverseMatch:  # a site may leave the members' screens out
        return ""


class RefreshView(PermissionCheckedMixin, View):
    """The button that counts a segment anew."""

    http_method_names = ["post"]
    model = Segment
    permission_required = "change"

    def post(self, request: HttpRequest, pk: int) -> HttpResponse:
        segment = get_object_or_404(Segment.objects.live(), pk=pk)
        tasks.count(segment.pk)
        segment.refresh_from_db()
        text = ngettext(
            "“%(segment)s” was counted: %(n)s member.",
            "“%(segment)s” was counted: %(n)s members.",
            segment.size,
        )
        messages.success(request, text % {"segment": segment, "n": intcomma(segment.size)})
        return redirect(reverse("crm_segment:inspect", args=[pk]))
