"""A campaign on its way, and what became of it."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import View
from wagtail.admin import messages
from wagtail.admin.ui.tables import Column, DateColumn, TitleColumn
from wagtail.admin.views.generic.base import BaseListingView

from wagtail_crm.mail import actions
from wagtail_crm.mail.forms import WhoForm
from wagtail_crm.mail.models import Campaign, Delivery
from wagtail_crm.mail.preview import VIEW_MEMBER
from wagtail_crm.mail.report import Report, progress_of
from wagtail_crm.mail.tasks import send_soon

from .steps import CampaignMixin, CampaignScreen, MayView


class ReportView(MayView, CampaignScreen):
    """Progress while it is sent, the funnel and the links afterwards."""

    template_name = "wagtail_crm/mail/campaign/report.html"
    # Given by the viewset to every view of its kind, which is made for lists of fields.
    fields: Any = None
    fields_exclude: Any = None
    index_url_name = edit_url_name = delete_url_name = ""
    inspect_url_name = copy_url_name = add_url_name = ""
    history_url_name = usage_url_name = index_results_url_name = ""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not self.object.is_started and self.user_has_permission("change"):
            return redirect(self.object.get_absolute_admin_url())
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["progress"] = progress_of(self.object)
        context["report"] = Report(self.object)
        context["may_send"] = self.user_may("send")
        context["may_see_members"] = self.request.user.has_perm(VIEW_MEMBER)
        return context


class ProgressView(MayView, View):
    """The part of the report that moves, for the page to fetch every few seconds."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        context = {
            "campaign": self.object,
            "progress": progress_of(self.object),
            "report": Report(self.object),
            "may_send": self.user_may("send"),
        }
        return TemplateResponse(request, "wagtail_crm/mail/campaign/_progress.html", context)


class StateView(CampaignMixin, View):
    """A button that takes the campaign to another state; POST only."""

    http_method_names = ("post",)
    permission_required = "send"
    done: Any = ""

    def act(self, campaign: Campaign, by: Any) -> Campaign:
        raise NotImplementedError

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            campaign = self.act(self.object, request.user)
        except actions.WrongState as error:
            campaign = error.campaign
            messages.info(request, gettext("That was done already."))
        else:
            messages.success(request, str(self.done))
        return redirect(campaign.get_absolute_admin_url())


class PauseView(StateView):
    done = _("Paused. Mails that are on their way still arrive.")

    def act(self, campaign: Campaign, by: Any) -> Campaign:
        return actions.pause_campaign(campaign=campaign, by=by)


class ResumeView(StateView):
    done = _("Sending goes on.")

    def act(self, campaign: Campaign, by: Any) -> Campaign:
        campaign = actions.resume_campaign(campaign=campaign, by=by)
        send_soon(campaign.pk, mails=campaign.deliveries.waiting().count())
        return campaign


class CancelView(StateView):
    done = _("Cancelled. Nobody else gets this mail.")

    def act(self, campaign: Campaign, by: Any) -> Campaign:
        return actions.cancel_campaign(campaign=campaign, by=by)


class UnscheduleView(StateView):
    permission_required = "change"
    done = _("It is a draft again and will not be sent by itself.")

    def act(self, campaign: Campaign, by: Any) -> Campaign:
        return actions.unschedule_campaign(campaign=campaign, by=by)


class WhoView(MayView, BaseListingView):
    """Who got it, opened it, clicked, or did not; each leads to the member."""

    template_name = "wagtail_crm/mail/campaign/who.html"
    results_template_name = "wagtail_crm/mail/campaign/who_results.html"
    page_title = _("Who")
    header_icon = "mail"
    paginate_by = 50
    model = Campaign
    queryset = Delivery.objects.none()

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if not request.user.has_perm(VIEW_MEMBER):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def columns(self) -> list[Column]:
        return [
            TitleColumn("member", label=_("Member"), get_url=self._member_url),
            Column("what", label=_("Status"), accessor=self._what),
            DateColumn("sent_at", label=_("Sent")),
            DateColumn("opened_at", label=_("Opened")),
            DateColumn("clicked_at", label=_("Clicked")),
        ]

    @staticmethod
    def _member_url(delivery: Delivery) -> str:
        return reverse("crm_member:inspect", args=[delivery.member_id])

    @staticmethod
    def _what(delivery: Delivery) -> str:
        words = [delivery.get_status_display(), delivery.get_reason_display(), delivery.error]
        return " · ".join(word for word in words if word)

    @cached_property
    def who(self) -> WhoForm:
        return WhoForm(self.request.GET, campaign=self.object)

    def get_queryset(self) -> Any:
        return self.who.deliveries().select_related("member").order_by("member_id")

    def get_page_subtitle(self) -> str:
        return self.object.name

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("crm_campaign:list"), "label": _("Campaigns")},
            {"url": self.object.get_absolute_admin_url(), "label": self.object.name},
            {"url": "", "label": self.object.name, "sublabel": self.get_page_title()},
        ]

    def get_context_data(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(*args, **kwargs) | {
            "campaign": self.object,
            "form": self.who,
        }
