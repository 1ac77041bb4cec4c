"""Saying that a browser was somebody else's."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.generic import TemplateView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin

from wagtail_crm.members.models import Member
from wagtail_crm.tracking.actions import unlink_visitor
from wagtail_crm.tracking.models import Event, Visitor
from wagtail_crm.tracking.owned_browsers import MAY_UNLINK, device_in_words, way, with_device


class UnlinkVisitorView(WagtailAdminTemplateMixin, TemplateView):
    """GET says what a member would lose with a browser, POST takes it."""

    template_name = "wagtail_crm/tracking/unlink_visitor.html"
    header_icon = "user"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm(MAY_UNLINK):
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

    def get_page_title(self) -> str:
        return _("This was not them")

    def get_page_subtitle(self) -> str:
        return str(self.member)

    def get_success_url(self) -> str:
        return f"{reverse('crm_member:inspect', args=[self.member.pk])}?tab=browsers"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("crm_member:list"), "label": _("Members")},
            {"url": self.get_success_url(), "label": str(self.member)},
            {"url": "", "label": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        taken = Event.objects.handed_over().filter(visitor=self.visitor, member=self.member)
        return {
            **super().get_context_data(**kwargs),
            "member": self.member,
            "browser": self.visitor,
            "device": device_in_words(self.visitor),
            "way": way(self.visitor),
            "number": taken.count(),
            "back_url": self.get_success_url(),
        }

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
