"""Campaigns, who gets them, and what became of each mail."""

from typing import Any

from django.conf import settings
from django.contrib.contenttypes.fields import GenericRelation
from django.core.validators import RegexValidator
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.images import get_image_model_string
from wagtail.models import PreviewableMixin, Revision, RevisionMixin
from wagtail.search import index

from wagtail_crm.members.models import Member
from wagtail_crm.segments.fields import SegmentsField
from wagtail_crm.segments.models import Segment

from .blocks import BodyField
from .querysets import CampaignQuerySet, DeliveryQuerySet, SuppressionQuerySet


def language_choices() -> list[tuple[str, Any]]:
    return list(getattr(settings, "WAGTAIL_CONTENT_LANGUAGES", settings.LANGUAGES))


class Sender(models.Model):
    """Who mails are from, and the imprint that the law wants at their end.

    Japan's Act on Specified Electronic Mail, Art. 4, asks for name, address and a contact.
    """

    name = models.CharField(_("name"), max_length=100, help_text=_("As members see it: Hidamari."))
    email = models.EmailField(_("e-mail address"))
    reply_to = models.EmailField(
        _("replies go to"), blank=True, help_text=_("Empty: to the address above.")
    )
    imprint = models.TextField(
        _("imprint"),
        blank=True,
        help_text=_("Name, postal address and contact of your company; stands below every mail."),
    )
    logo = models.ForeignKey(
        get_image_model_string(),
        verbose_name=_("logo"),
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    color = models.CharField(
        _("colour"),
        max_length=7,
        default="#8a4b1f",
        validators=[RegexValidator(r"^#[0-9a-fA-F]{6}\Z", _("Six digits after #, as in #8a4b1f."))],
        help_text=_("Of buttons and links, as in #8a4b1f."),
    )

    class Meta:
        verbose_name = _("sender")
        verbose_name_plural = _("senders")
        ordering = ["name"]

    def __str__(self) -> str:
        return f"{self.name} <{self.email}>"


class Campaign(PreviewableMixin, RevisionMixin, index.Indexed, models.Model):
    """One mail to many members.

    Without drafts of its own: until it is started, the campaign itself is the draft, so that
    autosave changes nothing but text. Once started its content is never changed again.
    """

    class Status(models.TextChoices):
        DRAFT = "draft", _("Draft")
        SCHEDULED = "scheduled", _("Scheduled")
        SENDING = "sending", _("Sending")
        PAUSED = "paused", _("Paused")
        SENT = "sent", pgettext_lazy("campaign", "Sent")
        CANCELLED = "cancelled", pgettext_lazy("campaign", "Cancelled")

    # What editors write; a copy begins with it.
    CONTENT_FIELDS = ("name", "subject", "preheader", "sender", "language", "body")
    # What content forms and older revisions must not touch.
    STATE_FIELDS = (
        "status",
        "everybody",
        "scheduled_at",
        "tested_at",
        "started_at",
        "finished_at",
        "started_by_id",
        "fault",
        "bridge",
        "recipients",
        "sent",
        "failed",
        "skipped",
        "opened",
        "clicked",
        "unsubscribed",
    )

    name = models.CharField(
        _("name"), max_length=120, help_text=_("Only colleagues see it, in lists and reports.")
    )
    subject = models.CharField(_("subject"), max_length=200, blank=True)
    preheader = models.CharField(
        _("preview text"),
        max_length=200,
        blank=True,
        help_text=_("Mail programs show it beside the subject."),
    )
    sender = models.ForeignKey(
        Sender,
        verbose_name=_("sender"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="campaigns",
    )
    language = models.CharField(
        _("language"),
        max_length=12,
        blank=True,
        choices=language_choices,
        help_text=_("Of the footer, dates and numbers. Empty: the site’s."),
    )
    body = BodyField(verbose_name=_("mail"), blank=True)

    everybody = models.BooleanField(_("to everybody"), default=False)
    included = SegmentsField(Segment, verbose_name=_("send to"), blank=True, related_name="+")
    excluded = SegmentsField(Segment, verbose_name=_("leave out"), blank=True, related_name="+")

    status = models.CharField(
        _("status"), max_length=10, choices=Status.choices, default=Status.DRAFT, editable=False
    )
    scheduled_at = models.DateTimeField(_("send at"), null=True, blank=True)
    tested_at = models.DateTimeField(null=True, blank=True, editable=False)
    started_at = models.DateTimeField(_("started"), null=True, blank=True, editable=False)
    finished_at = models.DateTimeField(_("finished"), null=True, blank=True, editable=False)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    fault = models.TextField(
        blank=True, editable=False, help_text="Why it stopped by itself, for the editor."
    )
    bridge = models.JSONField(default=dict, blank=True, editable=False)
    recipients = models.PositiveIntegerField(_("recipients"), default=0, editable=False)
    sent = models.PositiveIntegerField(pgettext_lazy("campaign", "sent"), default=0, editable=False)
    failed = models.PositiveIntegerField(_("failed"), default=0, editable=False)
    skipped = models.PositiveIntegerField(_("left out"), default=0, editable=False)
    opened = models.PositiveIntegerField(_("opened"), default=0, editable=False)
    clicked = models.PositiveIntegerField(_("clicked"), default=0, editable=False)
    unsubscribed = models.PositiveIntegerField(_("unsubscribed"), default=0, editable=False)
    created_at = models.DateTimeField(_("created"), default=timezone.now, editable=False)
    updated_at = models.DateTimeField(auto_now=True)

    _revisions = GenericRelation(Revision, related_query_name="crm_campaign")

    objects = CampaignQuerySet.as_manager()

    search_fields = [
        index.SearchField("name"),
        index.SearchField("subject"),
        index.AutocompleteField("name"),
        index.FilterField("status"),
    ]

    class Meta:
        verbose_name = _("campaign")
        verbose_name_plural = _("campaigns")
        permissions = [("send_campaign", _("Can send campaigns"))]
        indexes = [
            # The sweeper: what is due, what is under way.
            models.Index(fields=["status", "scheduled_at"], name="crm_campaign_due"),
            # The admin list, newest first.
            models.Index(fields=["-created_at"], name="crm_campaign_newest"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def revisions(self) -> Any:
        return self._revisions

    @property
    def is_draft(self) -> bool:
        return self.status == self.Status.DRAFT

    @property
    def is_started(self) -> bool:
        return self.status not in (self.Status.DRAFT, self.Status.SCHEDULED)

    @property
    def is_under_way(self) -> bool:
        return self.status in (self.Status.SENDING, self.Status.PAUSED)

    @property
    def event_subject(self) -> str:
        """The ``subject`` of this campaign's events."""
        return f"campaign:{self.pk}"

    @property
    def mail_language(self) -> str:
        return self.language or settings.LANGUAGE_CODE

    def with_content_json(self, content: dict[str, Any]) -> "Campaign":
        """An older version has the older words, never an older state."""
        campaign = super().with_content_json(content)
        for name in self.STATE_FIELDS:
            setattr(campaign, name, getattr(self, name))
        return campaign

    @property
    def preview_modes(self) -> list[tuple[str, Any]]:
        from .preview import preview_modes  # noqa: PLC0415  # renders campaigns, so it imports them

        return preview_modes(self)

    def serve_preview(self, request: HttpRequest, mode_name: str) -> HttpResponse:
        from .preview import serve_preview  # noqa: PLC0415  # as above

        return serve_preview(self, request, mode_name)

    def get_absolute_admin_url(self) -> str:
        """Where it is worked on; once scheduled, where that is undone; then where it is read."""
        scheduled = self.status == self.Status.SCHEDULED
        step = "inspect" if self.is_started else "send" if scheduled else "edit"
        return reverse(f"crm_campaign:{step}", args=[self.pk])


class Link(models.Model):
    """An address in a campaign's mail. Who follows it is sent there and nowhere else."""

    campaign = models.ForeignKey(Campaign, on_delete=models.CASCADE, related_name="links")
    key = models.CharField(max_length=32, help_text="Digest of address and words.")
    url = models.TextField(_("address"))
    text = models.CharField(_("words"), max_length=200, blank=True)
    position = models.PositiveIntegerField(default=0)
    clicked = models.PositiveIntegerField(_("clicked by"), default=0)

    class Meta:
        verbose_name = _("link")
        verbose_name_plural = _("links")
        default_permissions = ()
        ordering = ["position", "pk"]
        constraints = [
            # Workers that meet the same link at the same time agree on one row.
            models.UniqueConstraint(fields=["campaign", "key"], name="crm_link_once")
        ]

    def __str__(self) -> str:
        return self.text or self.url


class Delivery(models.Model):
    """One campaign's mail to one member, and the outbox that workers take it from."""

    class Status(models.TextChoices):
        PENDING = "pending", _("Waiting")
        SENDING = "sending", _("Being sent")
        SENT = "sent", pgettext_lazy("mail", "Sent")
        FAILED = "failed", _("Failed")
        SKIPPED = "skipped", _("Left out")

    class Reason(models.TextChoices):
        NO_CONSENT = "no_consent", _("Has not agreed to mail")
        NO_ADDRESS = "no_address", _("No e-mail address")
        SUPPRESSED = "suppressed", _("Address takes no mail")
        LEFT = "left", _("Has left")
        CANCELLED = "cancelled", _("Campaign was cancelled")
        REFUSED = "refused", _("Refused by the mail server")
        UNREACHABLE = "unreachable", _("Tried too often without success")

    campaign = models.ForeignKey(
        Campaign, on_delete=models.CASCADE, related_name="deliveries", db_index=False
    )
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, related_name="deliveries", verbose_name=_("member")
    )
    status = models.CharField(
        _("status"), max_length=8, choices=Status.choices, default=Status.PENDING
    )
    reason = models.CharField(_("reason"), max_length=12, choices=Reason.choices, blank=True)
    error = models.TextField(_("what the mail server said"), blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField(default=timezone.now)
    claim = models.UUIDField(null=True, help_text="The batch of the worker that has it.")
    claimed_at = models.DateTimeField(null=True)
    message_id = models.CharField(max_length=255, blank=True)
    sent_at = models.DateTimeField(pgettext_lazy("mail", "sent"), null=True)
    logged = models.BooleanField(default=False, help_text="Whether its event is in the log.")
    opened_at = models.DateTimeField(_("opened"), null=True)
    clicked_at = models.DateTimeField(_("clicked"), null=True)
    unsubscribed_at = models.DateTimeField(_("unsubscribed"), null=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        default_permissions = ("view",)
        constraints = [
            # Nobody gets a campaign twice; also how a campaign's deliveries are read.
            models.UniqueConstraint(fields=["campaign", "member"], name="crm_delivery_once")
        ]
        indexes = [
            # Workers taking the next batch.
            models.Index(
                fields=["campaign", "due_at"],
                name="crm_delivery_waiting",
                condition=models.Q(status="pending"),
            ),
            # The sweeper: what a dead worker left behind.
            models.Index(
                fields=["claimed_at"],
                name="crm_delivery_claimed",
                condition=models.Q(status="sending"),
            ),
            # Sent mails whose events are still to be written.
            models.Index(
                fields=["campaign"],
                name="crm_delivery_unlogged",
                condition=models.Q(status="sent", logged=False),
            ),
            # Progress and report: counts by status, who by status.
            models.Index(fields=["campaign", "status"], name="crm_delivery_status"),
            # A member's mails, newest first.
            models.Index(fields=["member", "-sent_at"], name="crm_delivery_of_member"),
        ]

    def __str__(self) -> str:
        return f"{self.campaign_id}: {self.member_id}"


class Click(models.Model):
    """Somebody's mail led here through this link; kept once per mail and link."""

    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="clicks")
    link = models.ForeignKey(Link, on_delete=models.CASCADE, related_name="clicks", db_index=False)
    at = models.DateTimeField(default=timezone.now)
    machine = models.BooleanField(default=False)

    class Meta:
        verbose_name = _("click")
        verbose_name_plural = _("clicks")
        default_permissions = ()
        constraints = [
            # A member counts once per link; also how the clicks of a mail are read.
            models.UniqueConstraint(fields=["delivery", "link"], name="crm_click_once")
        ]
        # Who clicked this link.
        indexes = [models.Index(fields=["link", "-at"], name="crm_click_of_link")]

    def __str__(self) -> str:
        return f"{self.link_id}: {self.delivery_id}"


class Suppression(models.Model):
    """An address that must not be mailed: it does not exist, or its owner complained."""

    class Reason(models.TextChoices):
        BOUNCE = "bounce", _("The mail server said that it does not exist")
        COMPLAINT = "complaint", _("Its owner reported our mail as spam")
        STAFF = "staff", _("Put here by a colleague")

    email_key = models.CharField(_("e-mail address"), max_length=320, unique=True)
    reason = models.CharField(_("reason"), max_length=10, choices=Reason.choices)
    detail = models.TextField(_("details"), blank=True)
    at = models.DateTimeField(_("since"), default=timezone.now)

    objects = SuppressionQuerySet.as_manager()

    class Meta:
        verbose_name = _("blocked address")
        verbose_name_plural = _("blocked addresses")
        ordering = ["-at"]

    def __str__(self) -> str:
        return gettext("%(address)s: %(reason)s") % {
            "address": self.email_key,
            "reason": self.get_reason_display(),
        }
