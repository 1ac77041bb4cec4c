"""The list of campaigns, and their content."""

from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.admin import messages
from wagtail.snippets.action_menu import ActionMenuItem
from wagtail.snippets.views import snippets

from wagtail_crm.mail import actions
from wagtail_crm.mail.models import Campaign, Sender
from wagtail_crm.mail.starter import starter_body
from wagtail_crm.mail.steps import STEPS, step_url, steps_of
from wagtail_crm.viewsets import CrmIndexView, SavedByHandMixin


class GoOnMenuItem(ActionMenuItem):
    """Saves the content and leads to the next step, as the buttons of all other steps do."""

    name = "next"
    icon_name = "arrow-right"

    @property
    def label(self) -> str:
        return gettext("Save and go on: %(step)s") % {"step": STEPS[1][1]}

    def is_shown(self, context: dict[str, Any]) -> bool:
        return context["view"] in ("create", "edit") and super().is_shown(context)


class ContentMixin:
    """Where an editor goes from the content of a campaign."""

    request: HttpRequest
    object: Campaign

    def get_success_url(self) -> str:
        return step_url(self.object, "audience" if "next" in self.request.POST else "edit")


class CampaignIndexView(CrmIndexView):
    """Newest first; a campaign that has started leads to its report."""

    default_ordering = "-created_at"

    def get_edit_url(self, instance: Campaign) -> str | None:
        if instance.is_started or not super().get_edit_url(instance):
            return None
        return instance.get_absolute_admin_url()

    def get_delete_url(self, instance: Campaign) -> str | None:
        return None if instance.is_under_way else super().get_delete_url(instance)


class CampaignCreateView(SavedByHandMixin, ContentMixin, snippets.CreateView):
    """Begins with a mail that only needs other words."""

    def get_initial_form_instance(self) -> Campaign:
        return Campaign(
            body=starter_body(),
            sender=Sender.objects.order_by("pk").first(),
            language=settings.LANGUAGE_CODE,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return super().get_context_data(**kwargs, steps=steps_of(None, "edit"))


class CampaignCopyView(SavedByHandMixin, ContentMixin, snippets.CopyView):
    """A copy has the content and the audience, and no state."""

    @cached_property
    def original(self) -> Campaign:
        campaign: Campaign = self.get_object()
        return campaign

    def get_initial_form_instance(self) -> Campaign:
        """A new campaign: what Wagtail would take, the original, must not be written over."""
        content = {name: getattr(self.original, name) for name in Campaign.CONTENT_FIELDS}
        return Campaign(**content)

    def save_instance(self) -> Campaign:
        return actions.choose_audience(
            campaign=super().save_instance(),
            everybody=self.original.everybody,
            included=self.original.included.all(),
            excluded=self.original.excluded.all(),
            by=self.request.user,
        )

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = super().get_context_data(**kwargs, steps=steps_of(None, "edit"))
        # Wagtail's form goes to the view that adds, which does not know the original.
        return context | {"action_url": self.request.path}


class CampaignEditView(ContentMixin, snippets.EditView):
    """The content of a draft. What was scheduled or started is not changed under way."""

    partials_template_name = "wagtail_crm/mail/campaign/edit_partials.html"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.live_object.is_draft or not self.user_has_permission("change"):
            return super().dispatch(request, *args, **kwargs)
        if self.expects_json_response:
            return self.json_error_response("locked", self.locked_message)
        if request.method == "POST":
            messages.error(request, self.locked_message)
        return redirect(self.live_object.get_absolute_admin_url())

    @property
    def locked_message(self) -> str:
        return gettext("This campaign is no draft any more. Nothing was changed.")

    def form_valid(self, form: Any) -> HttpResponse:
        with transaction.atomic():
            # A save must not undo a start that happened while the form was open.
            campaign = Campaign.objects.select_for_update().get(pk=self.live_object.pk)
            if not campaign.is_draft:
                self.produced_error_code = "locked"
                self.produced_error_message = self.locked_message
                return self.form_invalid(form)
            for name in Campaign.STATE_FIELDS:
                setattr(form.instance, name, getattr(campaign, name))
            return super().form_valid(form)

    def get_success_buttons(self) -> list[Any]:
        return []

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        campaign = Campaign.objects.get(pk=self.live_object.pk)
        return super().get_context_data(**kwargs) | {
            "steps": steps_of(campaign, "edit"),
            "campaign": campaign,
        }


class CampaignDeleteView(snippets.DeleteView):
    """Not while mails are on their way: workers would look for a campaign that is gone."""

    page_title = _("Delete")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        if self.object.is_under_way and self.user_has_permission("delete"):
            messages.error(request, gettext("Cancel the campaign before you delete it."))
            return redirect(self.object.get_absolute_admin_url())
        return super().dispatch(request, *args, **kwargs)
