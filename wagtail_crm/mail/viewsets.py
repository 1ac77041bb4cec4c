"""Campaigns, senders and blocked addresses in the Wagtail admin."""

from typing import Any

from django import forms
from django.urls import URLPattern, path
from django.utils.translation import gettext_lazy as _
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel
from wagtail.admin.ui.tables import Column, DateColumn, StatusTagColumn
from wagtail.admin.views.generic.base import BaseObjectMixin

from wagtail_crm.viewsets import SETTINGS_MENU_HOOK, CrmViewSet

from .models import Campaign, Sender, Suppression
from .panels import MergeFieldsPanel
from .views import editing, report, steps


def when(campaign: Campaign) -> Any:
    """The moment that matters: when it was, or will be, sent."""
    return campaign.finished_at or campaign.started_at or campaign.scheduled_at


def number_sent(campaign: Campaign) -> str:
    """No number, rather than nought, for what was not started."""
    return f"{campaign.sent:,}" if campaign.is_started else "–"


def rate_of(name: str) -> Any:
    """An accessor for "412 (11%)": a number and its share of what was sent."""

    def text(campaign: Campaign) -> str:
        if not campaign.sent:
            return "–"
        number = getattr(campaign, name)
        return f"{number:,} ({100 * number / campaign.sent:.0f}%)"

    return text


class CampaignViewSet(CrmViewSet):
    model = Campaign
    icon = "mail"
    menu_label = _("Campaigns")
    menu_order = 400
    copy_view_enabled = True
    list_filter = ["status"]
    search_fields = ["name", "subject"]
    search_backend_name = None
    list_display = [
        "name",
        StatusTagColumn(
            "get_status_display",
            label=_("Status"),
            sort_key="status",
            primary=lambda campaign: campaign.is_under_way,
        ),
        DateColumn("when", label=_("When"), accessor=when),
        Column("sent", label=_("Sent"), accessor=number_sent, sort_key="sent"),
        Column("opened", label=_("Opened"), accessor=rate_of("opened"), sort_key="opened"),
        Column("clicked", label=_("Clicked"), accessor=rate_of("clicked"), sort_key="clicked"),
    ]
    index_view_class = editing.CampaignIndexView
    add_view_class = editing.CampaignCreateView
    copy_view_class = editing.CampaignCopyView
    edit_view_class = editing.CampaignEditView
    delete_view_class = editing.CampaignDeleteView
    inspect_view_class = report.ReportView
    index_template_name = "wagtail_crm/mail/campaign/index.html"
    index_results_template_name = "wagtail_crm/mail/campaign/index_results.html"
    create_template_name = "wagtail_crm/mail/campaign/create.html"
    edit_template_name = "wagtail_crm/mail/campaign/edit.html"
    inspect_template_name = report.ReportView.template_name
    panels = [
        FieldPanel("name", required_on_save=True),
        MultiFieldPanel(
            [
                FieldPanel("subject"),
                FieldPanel("preheader"),
                FieldRowPanel([FieldPanel("sender"), FieldPanel("language")]),
            ],
            heading=_("Head of the mail"),
        ),
        FieldPanel("body"),
        MergeFieldsPanel(heading=_("Merge fields")),
    ]
    screens: dict[str, type[BaseObjectMixin]] = {
        "audience": steps.AudienceView,
        "bridge": steps.BridgeView,
        "time": steps.TimeView,
        "check": steps.CheckView,
        "mail": steps.MailView,
        "test": steps.TestView,
        "send": steps.SendView,
        "unschedule": report.UnscheduleView,
        "progress": report.ProgressView,
        "pause": report.PauseView,
        "resume": report.ResumeView,
        "cancel": report.CancelView,
        "who": report.WhoView,
    }

    def get_urlpatterns(self) -> list[URLPattern]:
        own = [
            path(f"{name}/<int:pk>/", view.as_view(), name=name)
            for name, view in self.screens.items()
        ]
        return [*super().get_urlpatterns(), *own]


class SenderViewSet(CrmViewSet):
    model = Sender
    icon = "user"
    menu_label = _("Senders")
    menu_hook = SETTINGS_MENU_HOOK
    menu_order = 300
    inspect_view_enabled = False
    list_display = ["name", "email"]
    search_fields = ["name", "email"]
    panels = [
        FieldPanel("name"),
        FieldRowPanel([FieldPanel("email"), FieldPanel("reply_to")]),
        FieldPanel("imprint"),
        FieldRowPanel([FieldPanel("logo"), FieldPanel("color", widget=forms.ColorInput)]),
    ]


class SuppressionViewSet(CrmViewSet):
    """Addresses that were blocked by what mail servers said, or by hand."""

    model = Suppression
    icon = "no-view"
    menu_label = _("Blocked addresses")
    menu_hook = SETTINGS_MENU_HOOK
    menu_order = 400
    inspect_view_enabled = False
    list_display = [
        "email_key",
        Column("get_reason_display", label=_("Reason"), sort_key="reason"),
        DateColumn("at", label=_("Since"), sort_key="at"),
    ]
    list_filter = ["reason"]
    search_fields = ["email_key"]
    panels = [FieldPanel("email_key"), FieldPanel("reason"), FieldPanel("detail")]
