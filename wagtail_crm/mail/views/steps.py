"""Audience, time, check and send: what an editor goes through before a campaign is on its way."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.formats import number_format
from django.utils.functional import cached_property
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _
from django.views.generic import TemplateView, View
from wagtail.admin import messages
from wagtail.admin.views.generic.base import BaseObjectMixin, WagtailAdminTemplateMixin
from wagtail.admin.views.generic.permissions import PermissionCheckedMixin
from wagtail.utils.decorators import xframe_options_sameorigin_override

from wagtail_crm.conf import crm_settings
from wagtail_crm.mail import actions
from wagtail_crm.mail.checklist import checklist, problems_of
from wagtail_crm.mail.forms import AudienceForm, MemberForm, SendForm, TimeForm
from wagtail_crm.mail.models import Campaign
from wagtail_crm.mail.preview import VIEW_MEMBER, mail_response
from wagtail_crm.mail.recipients import Target, bridge, viewer_for
from wagtail_crm.mail.render import CannotRender
from wagtail_crm.mail.steps import STEPS, next_step, step_url, steps_of
from wagtail_crm.mail.tasks import send_soon
from wagtail_crm.mail.transport import SenderRefused, ServerAway, Verdict
from wagtail_crm.members.models import Member
from wagtail_crm.members.placeholders import available_placeholders, fill


class CampaignMixin(PermissionCheckedMixin, BaseObjectMixin):
    """A view of one campaign, for who may do what it does."""

    model = Campaign
    object: Campaign
    request: Any
    permission_required: str | None = "change"

    def user_may(self, *permissions: str) -> bool:
        return all(self.user_has_permission(permission) for permission in permissions)


class MayView(CampaignMixin):
    """For everybody who may look at campaigns."""

    permission_required = "view"

    def user_has_permission(self, permission: str) -> bool:
        if permission == "view":
            return self.user_has_any_permission({"view", "change"})
        return super().user_has_permission(permission)


class DraftMixin(CampaignMixin):
    """Only for drafts; anything else has a screen of its own to go to."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.object.is_draft or not self.user_has_permission("change"):
            return super().dispatch(request, *args, **kwargs)
        if request.method == "POST":
            messages.error(
                request, gettext("This campaign is no draft any more. Nothing was changed.")
            )
        return redirect(self.object.get_absolute_admin_url())


class CampaignScreen(CampaignMixin, WagtailAdminTemplateMixin, TemplateView):
    """A screen with the steps across the top."""

    header_icon = "mail"
    step = ""

    @cached_property
    def findings(self) -> Any:
        return checklist(self.object)

    def get_page_title(self) -> str:
        return str(dict(STEPS).get(self.step, _("Report")))

    def get_page_subtitle(self) -> str:
        return self.object.name

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *self.breadcrumbs_items,
            {"url": reverse("crm_campaign:list"), "label": _("Campaigns")},
            {"url": "", "label": self.object.name, "sublabel": self.get_page_title()},
        ]

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["campaign"] = self.object
        context["subject"] = fill(self.object.subject, None, available_placeholders())
        if self.step:
            context["steps"] = steps_of(self.object, self.step, self.findings)
            context["next_step"] = next_step(self.object, self.step)
        return context


class AudienceView(DraftMixin, CampaignScreen):
    """Who gets it, with the numbers that follow each choice."""

    step = "audience"
    template_name = "wagtail_crm/mail/campaign/audience.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.get("form") or AudienceForm.for_campaign(self.object)
        return super().get_context_data(
            **kwargs | {"form": form}, bridge=bridge(Target.of(self.object))
        )

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = AudienceForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        try:
            actions.choose_audience(campaign=self.object, by=request.user, **form.cleaned_data)
        except actions.WrongState as error:
            return redirect(error.campaign.get_absolute_admin_url())
        messages.success(request, gettext("The audience was saved."))
        return redirect(step_url(self.object, "time" if "next" in request.POST else self.step))


class BridgeView(DraftMixin, View):
    """The numbers for what is ticked at the moment, without saving it."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = AudienceForm(request.GET)
        target = form.target() if form.is_valid() else Target()
        return TemplateResponse(
            request, "wagtail_crm/mail/campaign/_bridge.html", {"bridge": bridge(target)}
        )


class TimeView(DraftMixin, CampaignScreen):
    """Now or later."""

    step = "time"
    template_name = "wagtail_crm/mail/campaign/time.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        form = kwargs.get("form") or TimeForm.for_campaign(self.object)
        context = super().get_context_data(**kwargs | {"form": form})
        context["media"] = form.media
        return context

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = TimeForm(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        try:
            actions.choose_time(campaign=self.object, at=form.chosen(), by=request.user)
        except actions.WrongState as error:
            return redirect(error.campaign.get_absolute_admin_url())
        messages.success(request, gettext("The time was saved."))
        return redirect(step_url(self.object, "check" if "next" in request.POST else self.step))


class CheckView(DraftMixin, CampaignScreen):
    """What is wrong, what is fine, the mail as a member gets it, and a test to oneself."""

    step = "check"
    template_name = "wagtail_crm/mail/campaign/check.html"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs)
        context["findings"] = [
            (finding, step_url(self.object, finding.step)) for finding in self.findings
        ]
        context["reds"] = sum(finding.level == "red" for finding in self.findings)
        context["ambers"] = sum(finding.level == "amber" for finding in self.findings)
        context["members"] = self.sample if self.may_see_members else []
        context["chosen"] = self._chosen(context["members"])
        context["address"] = self.request.user.email
        return context

    def _chosen(self, members: list[Member]) -> Member | None:
        """Whom the test was sent as, to go on looking with their eyes."""
        wanted = self.request.GET.get("member")
        return next((member for member in members if str(member.pk) == wanted), None)

    @property
    def may_see_members(self) -> bool:
        return self.request.user.has_perm(VIEW_MEMBER)

    @property
    def sample(self) -> list[Member]:
        """Some of those who will get it, to look at it as them."""
        return list(Target.of(self.object).people().reachable_by_email().order_by("pk")[:20])


@method_decorator(xframe_options_sameorigin_override, name="get")
class MailView(MayView, View):
    """The mail by itself, as a member gets it; for the frame beside the check."""

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = MemberForm(request.GET)
        member = form.cleaned_data["member"] if form.is_valid() else None
        if member is not None and not request.user.has_perm(VIEW_MEMBER):
            raise PermissionDenied
        return mail_response(self.object, member, viewer_for(member))


class TestView(CampaignMixin, View):
    """Sends a test to the editor's own address, and nowhere else."""

    http_method_names = ("post",)

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        form = MemberForm(request.POST)
        member = form.cleaned_data["member"] if form.is_valid() else None
        if member is not None and not request.user.has_perm(VIEW_MEMBER):
            raise PermissionDenied
        level, text = self._send(self.request.user.email, member)
        level(request, text)
        chosen = f"?member={member.pk}" if member else ""
        return redirect(step_url(self.object, "check") + chosen)

    def _send(self, address: str, member: Member | None) -> tuple[Any, str]:
        if not address:
            return messages.error, gettext("Your account has no e-mail address to send a test to.")
        try:
            answer = actions.send_test(campaign=self.object, to=address, member=member)
        except CannotRender as error:
            return messages.error, str(error)
        except (ServerAway, SenderRefused) as error:
            text = gettext("The mail server did not take the mail: %(error)s") % {"error": error}
            return messages.error, text
        if answer.verdict is not Verdict.ACCEPTED:
            text = gettext("The mail server did not take the mail: %(error)s") % {
                "error": answer.words
            }
            return messages.error, text
        return messages.success, gettext("A test is on its way to %(address)s.") % {
            "address": address
        }


class SendView(CampaignScreen):
    """The last question, and for what is scheduled the way back."""

    step = "send"
    template_name = "wagtail_crm/mail/campaign/send.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.object.is_started and request.method == "GET":
            return redirect(self.object.get_absolute_admin_url())
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def bridge(self) -> Any:
        return bridge(Target.of(self.object))

    def form(self, data: Any = None) -> SendForm:
        return SendForm(
            data, recipients=self.bridge.recipients, confirm_above=crm_settings.confirm_above
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**{"form": self.form()} | kwargs)
        context["problems"] = problems_of(self.object) if self.object.is_draft else []
        context["bridge"] = self.bridge
        context["may_send"] = self.user_may("send")
        context["button"] = self.button
        return context

    @property
    def button(self) -> str:
        number = self.bridge.recipients
        if self.object.scheduled_at:
            text = ngettext(
                "Schedule for %(number)s member", "Schedule for %(number)s members", number
            )
        else:
            text = ngettext("Send to %(number)s member", "Send to %(number)s members", number)
        return text % {"number": number_format(number, force_grouping=True)}

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if not self.user_may("change", "send"):
            raise PermissionDenied
        if not self.object.is_draft:
            return self._too_late(self.object)
        form = self.form(request.POST)
        if not form.is_valid():
            return self.render_to_response(self.get_context_data(form=form))
        try:
            return self._send(request)
        except actions.WrongState as error:
            return self._too_late(error.campaign)
        except actions.NotReady as error:
            for reason in error.reasons:
                messages.error(request, reason)
            return redirect(step_url(self.object, "check"))

    def _send(self, request: HttpRequest) -> HttpResponse:
        if self.object.scheduled_at:
            campaign = actions.schedule_campaign(campaign=self.object, by=request.user)
            messages.success(request, gettext("The campaign is scheduled."))
        else:
            campaign = actions.start_campaign(campaign=self.object, by=request.user)
            send_soon(campaign.pk, mails=campaign.recipients)
        return redirect(campaign.get_absolute_admin_url())

    def _too_late(self, campaign: Campaign) -> HttpResponse:
        messages.info(self.request, gettext("It had been sent already: nothing was sent twice."))
        return redirect(campaign.get_absolute_admin_url())
