"""What other screens show of mail: on a member's page in the admin, and beside the editor."""

from typing import Any

from django.db.models import Count, Q
from django.http import HttpRequest
from wagtail.admin.panels import HelpPanel

from wagtail_crm.members.models import Member
from wagtail_crm.members.placeholders import available_placeholders

from .models import Delivery

# A member's tab shows the latest; older mails are in the timeline.
SHOWN = 50


class MergeFieldsPanel(HelpPanel):
    """The list of merge fields, ready to be copied into the text."""

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("template", "wagtail_crm/mail/campaign/_merge_fields.html")
        super().__init__(**kwargs)

    class BoundPanel(HelpPanel.BoundPanel):
        def get_context_data(self, parent_context: Any = None) -> Any:
            context = super().get_context_data(parent_context)
            context["placeholders"] = available_placeholders().values()
            return context


def mails_of(request: HttpRequest, member: Member) -> dict[str, Any]:
    """Context of the tab with a member's mails."""
    rows = member.deliveries.select_related("campaign").newest_first()
    return {"deliveries": rows[:SHOWN]}


def mail_numbers(request: HttpRequest, member: Member) -> dict[str, Any] | None:
    """Context of the card "14 sent · 9 opened · 5 clicked"; nothing for who never got a mail."""
    numbers = Delivery.objects.filter(member=member).aggregate(
        sent=Count("pk", filter=Q(status=Delivery.Status.SENT)),
        opened=Count("pk", filter=Q(opened_at__isnull=False)),
        clicked=Count("pk", filter=Q(clicked_at__isnull=False)),
    )
    return numbers if numbers["sent"] else None
