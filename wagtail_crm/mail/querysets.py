"""Reads of campaigns and their mails, in words."""

import datetime
from typing import TYPE_CHECKING, Any, Self

from django.db import models
from django.db.models import Count

if TYPE_CHECKING:
    from .models import Campaign, Delivery, Suppression  # noqa: F401  # names in the annotations


class CampaignQuerySet(models.QuerySet["Campaign"]):
    def due(self, moment: datetime.datetime) -> Self:
        """Scheduled campaigns whose time has come."""
        return self.filter(status=self.model.Status.SCHEDULED, scheduled_at__lte=moment)

    def sending(self) -> Self:
        return self.filter(status=self.model.Status.SENDING)

    def newest_first(self) -> Self:
        return self.order_by("-created_at", "-pk")


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def waiting(self) -> Self:
        return self.filter(status=self.model.Status.PENDING)

    def due(self, moment: datetime.datetime) -> Self:
        """Waiting, and not put off until later."""
        return self.waiting().filter(due_at__lte=moment)

    def in_hand(self) -> Self:
        """Taken by a worker."""
        return self.filter(status=self.model.Status.SENDING)

    def unfinished(self) -> Self:
        return self.filter(status__in=[self.model.Status.PENDING, self.model.Status.SENDING])

    def sent(self) -> Self:
        return self.filter(status=self.model.Status.SENT)

    def not_logged(self) -> Self:
        """Sent, with the event still to be written."""
        return self.sent().filter(logged=False)

    def opened(self) -> Self:
        """Read by a person; who clicked has opened, whatever became of the picture."""
        return self.filter(opened_at__isnull=False)

    def not_opened(self) -> Self:
        return self.sent().filter(opened_at=None)

    def clicked(self) -> Self:
        return self.filter(clicked_at__isnull=False)

    def not_clicked(self) -> Self:
        return self.sent().filter(clicked_at=None)

    def unsubscribed(self) -> Self:
        return self.filter(unsubscribed_at__isnull=False)

    def newest_first(self) -> Self:
        return self.order_by("-sent_at", "-pk")

    def counts(self) -> dict[str, int]:
        """How many are in each status."""
        rows = self.order_by().values("status").annotate(number=Count("pk"))
        return dict.fromkeys(self.model.Status.values, 0) | {
            row["status"]: row["number"] for row in rows
        }

    def member_ids(self) -> Any:
        return self.values("member_id")


class SuppressionQuerySet(models.QuerySet["Suppression"]):
    def of_key(self, key: Any) -> Self:
        return self.filter(email_key=key)
