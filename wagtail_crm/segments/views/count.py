"""What the side panel of the editor shows while somebody types."""

import re
from collections.abc import Iterator
from typing import Any

from django.core.exceptions import PermissionDenied
from django.forms import Media
from django.forms.utils import ErrorList
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views import View
from wagtail import blocks
from wagtail.admin.ui.side_panels import BaseSidePanel
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin

from wagtail_crm.charts import CHART_MEDIA
from wagtail_crm.members.models import Member
from wagtail_crm.segments.counting import count, estimate
from wagtail_crm.segments.findings import findings_for
from wagtail_crm.segments.models import Segment, sentence_of
from wagtail_crm.segments.rules.blocks import group_of
from wagtail_crm.segments.rules.groups import Group
from wagtail_crm.segments.rules.visit import asks_only_of_visit
from wagtail_crm.segments.trend import trend_of
from wagtail_crm.tracking.patience import TookTooLong
from wagtail_crm.viewsets import may_look

from .people import with_links
from .why import WhoForm

# Seconds after which an editor is shown an estimate while the exact number is worked out.
AT_ONCE = 1.0
# Sets the chosen member apart from the fields of the segment.
WHY = "why"


class CountPanel(BaseSidePanel):
    """Who is in it, counted by the script while the form changes."""

    class SidePanelToggle(BaseSidePanel.SidePanelToggle):
        aria_label = _("Show or hide who is in it")
        icon_name = "group"
        has_counter = False

    name = "crm-count"
    title = _("Who is in it")
    template_name = "wagtail_crm/segments/count_panel.html"
    order = 50

    def __init__(self, object: Segment, request: HttpRequest, live: Segment | None) -> None:
        super().__init__(object, request)
        self.live = live  # as it is published, with its sizes

    def get_context_data(self, parent_context: Any) -> dict[str, Any]:
        arguments = [self.object.pk] if self.object.pk else []
        name = "crm_segment:count" if arguments else "crm_segment:count_new"
        trend = trend_of(self.live) if self.live else None
        return {
            **super().get_context_data(parent_context),
            "count_url": reverse(name, args=arguments),
            "trend": trend.chart() if trend else None,
            "why": self._who["member"] if may_look(self.request.user, Member) else None,
        }

    @cached_property
    def _who(self) -> WhoForm:
        return WhoForm(prefix=WHY)

    @property
    def media(self) -> Media:
        own = Media(
            js=["wagtail_crm/segments/editor.js"],
            css={"all": ["wagtail_crm/segments/admin.css"]},
        )
        return CHART_MEDIA + self._who.media + own


class CountView(PermissionCheckedMixin, View):
    """The number, a sample and the sentence of a form as it stands. Nothing is saved."""

    http_method_names = ["post"]
    model = Segment
    form_class: Any = None
    any_permission_required = ["add", "change"]

    def post(self, request: HttpRequest, pk: int | None = None) -> HttpResponse:
        instance = Segment() if pk is None else get_object_or_404(Segment, pk=pk)
        if pk and not self.user_has_permission_for_instance("change", instance):
            raise PermissionDenied
        try:
            form = self.form_class(request.POST, instance=instance, for_user=request.user)
            form.is_valid()
        except (KeyError, ValueError):
            return HttpResponseBadRequest("The form is incomplete.")
        return render(request, "wagtail_crm/segments/_count.html", self._context(form))

    def _context(self, form: Any) -> dict[str, Any]:
        problems = [
            text
            for name in ("match", "rules")
            for text in flat_errors(form.errors.get(name, ErrorList()), form[name].value())
        ]
        if problems:
            return {"problems": problems}
        rule = group_of(form.cleaned_data["match"], form.cleaned_data["rules"])
        words = {
            "sentence": sentence_of(rule),
            "broken": rule.problems(),
            "doubts": rule.doubts(),
            "about_visit": rule.about_visit,
        }
        if asks_only_of_visit(rule):
            return words | {"only_visit": True}
        return words | self._numbers(rule) | self._why(rule)

    def _why(self, rule: Group) -> dict[str, Any]:
        """The rules as they stand, asked of the member who was chosen in the panel."""
        form = WhoForm(self.request.POST, prefix=WHY)
        if not may_look(self.request.user, Member) or not form.is_valid():
            return {}
        member = form.cleaned_data["member"]
        return {"member": member, "finding": findings_for(rule, member, self.request.user)}

    def _numbers(self, rule: Group) -> dict[str, Any]:
        """An estimate comes first when the exact number takes longer; it is asked for then."""
        exactly = "exactly" in self.request.POST
        asker = _asker(self.request)
        try:
            counted = count(rule, seconds=None if exactly else AT_ONCE, asker=asker)
        except TookTooLong:
            counted = None
        try:
            counted = counted or estimate(rule, asker=asker)
        except TookTooLong:
            return {}
        sample = counted.sample if may_look(self.request.user, Member) else []
        return {
            "count": counted,
            "ask_exactly": counted.margin and not exactly,
            "sample": with_links(sample),
            "more": counted.size - len(sample),
        }


def _asker(request: HttpRequest) -> str:
    """One tab of one editor; nobody can name another's."""
    tab = re.sub(r"[^0-9a-f]", "", request.POST.get("asker", ""))[:32]
    return f"crm-count {request.user.pk} {tab}"[:60] if tab else ""


def flat_errors(errors: ErrorList, value: Any = None) -> list[str]:
    """The messages of a form field; those inside rules say which rule and which of its fields."""
    found = [text for error in errors.as_data() for text in _texts(error, value, "")]
    return list(dict.fromkeys(found))


def _texts(error: Any, value: Any, number: str) -> Iterator[str]:
    """``value`` is what the error is about, as typed; ``number`` is the rule it is in, "3.1"."""
    for own in _own_errors(error):
        yield _in_rule(number, " ".join(own.messages))
    for place, child in _inner_errors(error):
        if isinstance(place, int) and isinstance(value, blocks.StreamValue):
            yield from _texts(child, value[place].value, f"{number}.{place + 1}".lstrip("."))
        elif hasattr(child, "block_errors"):
            yield from _texts(child, _part(value, place), number)
        else:
            label = getattr(value, "block", None) and value.block.child_blocks[place].label
            messages = " ".join(child.messages)
            yield _in_rule(number, f"{label}: {messages}" if label else messages)


def _own_errors(error: Any) -> list[Any]:
    if hasattr(error, "block_errors"):
        return list(error.non_block_errors.as_data())
    return [error]


def _inner_errors(error: Any) -> list[tuple[Any, Any]]:
    inner = getattr(error, "block_errors", {})
    pairs = inner.items() if isinstance(inner, dict) else enumerate(inner)
    return [(place, child) for place, child in pairs if child is not None]


def _part(value: Any, place: Any) -> Any:
    return value[place] if isinstance(value, blocks.StructValue) else None


def _in_rule(number: str, text: str) -> str:
    if not number:
        return text
    return gettext("Rule %(number)s – %(text)s") % {"number": number, "text": text}
