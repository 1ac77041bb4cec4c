"""Saying that a browser was somebody else's, or whether a person or a machine uses it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import (
    HttpRequest,
    HttpResponse,
    HttpResponseBadRequest,
    HttpResponseBase,
    HttpResponseRedirect,
)
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_crm.members.models import Member
from wagtail_crm.tracking.actions import unlink_visitor
from wagtail_crm.tracking.evidence import only_people
from wagtail_crm.tracking.models import Event, Reason, Verdict, Visitor
from wagtail_crm.tracking.owned_browsers import (
    MAY_JUDGE,
    MAY_UNLINK,
    device_in_words,
    way,
    with_device,
)
from wagtail_crm.tracking.verdicts import judge_visitor


class OwnedBrowserView(WagtailAdminTemplateMixin, TemplateView):
    """GET says what would happen to a member's browser, POST does it."""

    header_icon = "user"
    permission = ""
    title: Any = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(self.permission):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def visitor(self) -> Visitor:
        owned = Visitor.objects.filter(member__isnull=False).select_related("member")
        visitor: Visitor = get_object_or_404(with_device(owned), pk=self.kwargs["pk"])
        return visitor

    @property
    def member(self) -> Member:
        member: Any = self.visitor.member
        return member

    @property
    def number(self) -> int:
        """How many events it is about."""
        raise NotImplementedError

    def get_page_title(self) -> str:
        return str(self.title)

    def get_page_subtitle(self) -> str:
        return str(self.member)

    def get_success_url(self) -> str:
        return f"{reverse('crm_member:inspect', args=[self.member.pk])}?tab=browsers"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("crm_member:list"), "label": _("Members")},
            {"url": self.get_success_url(), "label": str(self.member)},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "member": self.member,
            "browser": self.visitor,
            "device": device_in_words(self.visitor),
            "way": way(self.visitor),
            "number": self.number,
            "back_url": self.get_success_url(),
        }


class UnlinkVisitorView(OwnedBrowserView):
    template_name = "wagtail_crm/tracking/unlink_visitor.html"
    permission = MAY_UNLINK
    title = gettext_lazy("This was not them")

    @property
    def number(self) -> int:
        return Event.objects.handed_over().filter(visitor=self.visitor, member=self.member).count()

    def post(self, request: HttpRequest, pk: Any) -> HttpResponse:
        back, words = self.get_success_url(), {"member": self.member}
        number = unlink_visitor(
            visitor_id=self.visitor.pk, member=self.member, by=self.request.user
        )
        done = ngettext(
            "The browser is no longer known as %(member)s. %(number)d event was taken back.",
            "The browser is no longer known as %(member)s. %(number)d events were taken back.",
            number,
        )
        messages.success(request, done % {**words, "number": number})
        return HttpResponseRedirect(back)


class JudgeVisitorView(OwnedBrowserView):
    """From a machine to a person, and from anything else to a machine."""

    template_name = "wagtail_crm/tracking/judge_visitor.html"
    permission = MAY_JUDGE

    @property
    def title(self) -> str:
        return _("This is a person") if self.visitor.is_machine else _("This is a machine")

    @property
    def number(self) -> int:
        events = Event.objects.of_member(self.member).filter(visitor=self.visitor)
        if self.visitor.is_machine:
            return events.filter(uncounted=True).count()
        return events.counted().exclude(kind__in=only_people()).count()

    def post(self, request: HttpRequest, pk: Any) -> HttpResponse:
        wanted = request.POST.get("verdict")
        if wanted not in (Verdict.HUMAN, Verdict.MACHINE):
            return HttpResponseBadRequest()
        verdict = Verdict(wanted)
        judge_visitor(
            visitor_id=self.visitor.pk, verdict=verdict, reason=Reason.COLLEAGUE, by=request.user
        )
        if verdict == Verdict.MACHINE:
            messages.success(request, _("The visits of this machine are no longer counted."))
        else:
            messages.success(request, _("The visits of this person are counted again."))
        return HttpResponseRedirect(self.get_success_url())
