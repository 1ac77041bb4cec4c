"""What they did: the event log, its daily totals, and browsers."""

import uuid
from typing import Any

import swapper
from django.conf import settings
from django.contrib.admin.decorators import display
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models
from django.db.models.fields.related_descriptors import ForwardManyToOneDescriptor
from django.utils import timezone
from django.utils.translation import gettext, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.models import Site

from wagtail_crm.members.models import Member

from .events import NO_PAGE, NOBODY, NewEvent, new_event_id
from .kinds import event_kinds
from .querysets import (
    IN_SAMPLE_OR_NOBODY,
    MAILED,
    DailyTotalQuerySet,
    EventQuerySet,
    RefusedEventQuerySet,
    VisitorQuerySet,
)


class LooseDescriptor(ForwardManyToOneDescriptor):
    """Reads None where the row that is referred to does not exist."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        if instance is not None and getattr(instance, self.field.attname) == NOBODY:
            return None
        try:
            return super().__get__(instance, cls)
        except self.RelatedObjectDoesNotExist:
            return None


class LooseForeignKey(models.ForeignKey):
    """A reference the database does not enforce: history outlives what it speaks of.

    The log is written in bulk, so no row is checked; deleting a page keeps its numbers. Fetch
    many of them with ``prefetch_related``: ``select_related`` would drop rows that refer to 0.
    """

    forward_related_accessor_class = LooseDescriptor

    def __init__(self, to: Any, on_delete: Any = models.DO_NOTHING, **kwargs: Any) -> None:
        kwargs |= {"db_constraint": False, "db_index": False}
        super().__init__(to, on_delete, **kwargs)


class Verdict(models.TextChoices):
    """What a browser is thought to be; the visits of a machine are not counted."""

    UNKNOWN = "unknown", pgettext_lazy("verdict", "not known")
    HUMAN = "human", pgettext_lazy("verdict", "a person")
    MACHINE = "machine", pgettext_lazy("verdict", "a machine")


class Reason(models.TextChoices):
    """Why it is thought so, to stand after the verdict."""

    COLLEAGUE = "colleague", _("a colleague said so")
    SIGNED_IN = "signed_in", _("somebody signed in on it")
    DEED = "deed", _("it did what only people do, such as buying")
    BEACON = "beacon", _("its pages were really looked at")
    VELOCITY = "velocity", _("it called up more pages than a person can read")
    REGULARITY = "regularity", _("it called up pages at the beat of a clock")
    SILENCE = "silence", _("unlike others, it does not run what belongs to a page")
    PROGRAM = "program", _("it goes by the name of a program")


class Visitor(models.Model):
    """A browser that agreed to be remembered, known by a random id in its cookie."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    member = models.ForeignKey(
        Member,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="visitors",
        verbose_name=_("member"),
    )
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text="The account registered here whose address is not confirmed yet.",
    )
    linked_at = models.DateTimeField(
        null=True, blank=True, help_text="Since when it is known to be the member's."
    )
    linked_by = models.CharField(
        max_length=40,
        blank=True,
        db_default="",
        help_text="login, registration, or mail:<delivery>.",
    )
    owned_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="What it did up to then, with nobody signed in, is the member's.",
    )
    disowned_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When somebody said that it was not the member's. Nobody gets what it did.",
    )
    consent_version = models.CharField(
        max_length=20, blank=True, db_default="", help_text="Of the text that it said yes to."
    )
    consented_at = models.DateTimeField(null=True, blank=True, help_text="When it said yes.")
    forgotten_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When it said no. Kept for a day, for what is still in the buffer.",
    )
    first_seen_at = models.DateTimeField(default=timezone.now)
    last_seen_at = models.DateTimeField(default=timezone.now)
    first_touch = models.JSONField(default=dict, help_text="Referrer and UTM of the first visit.")
    last_touch = models.JSONField(default=dict, help_text="Referrer and UTM of the latest.")

    verdict = models.CharField(
        max_length=10, choices=Verdict, default=Verdict.UNKNOWN, db_default=Verdict.UNKNOWN
    )
    verdict_reason = models.CharField(max_length=20, choices=Reason, blank=True, db_default="")
    judged_at = models.DateTimeField(null=True, blank=True)

    objects = VisitorQuerySet.as_manager()

    class Meta:
        verbose_name = _("visitor")
        verbose_name_plural = _("visitors")
        default_permissions = ()
        permissions = [
            ("unlink_visitor", _("Can say that a browser is not a member's")),
            ("judge_visitor", _("Can say whether a person or a machine uses a browser")),
        ]

    def __str__(self) -> str:
        return str(self.id)[:8]

    @property
    def is_known_by_mail_only(self) -> bool:
        """Whether a link in a mail is all that says whose it is; mails are passed on."""
        return self.linked_by.startswith(MAILED)

    @property
    def is_machine(self) -> bool:
        return self.verdict == Verdict.MACHINE


class Event(models.Model):
    """One thing that happened. Append-only; on PostgreSQL partitioned by month of ``at``."""

    id = models.UUIDField(primary_key=True, default=new_event_id, editable=False)
    at = models.DateTimeField()
    kind = models.CharField(max_length=40)
    member = LooseForeignKey(Member, default=NOBODY, related_name="events")
    visitor = LooseForeignKey(Visitor, null=True, related_name="events")
    page = LooseForeignKey(
        swapper.get_model_name("wagtailcore", "Page"), default=NO_PAGE, related_name="+"
    )
    site = LooseForeignKey(Site, null=True, related_name="+")
    subject = models.CharField(max_length=120, default="")
    value = models.DecimalField(max_digits=18, decimal_places=4, null=True)
    data = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    handed_over = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Nobody was signed in; it is the member's because the browser is.",
    )
    uncounted = models.BooleanField(
        default=False, db_default=False, help_text="A machine's visit: not in the totals."
    )

    objects = EventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event")
        verbose_name_plural = _("events")
        indexes = [
            # A member's timeline, newest first.
            models.Index(fields=["member", "-at"], name="crm_event_timeline"),
            # Stitching: what a browser did before it had a name.
            models.Index(
                fields=["visitor"],
                name="crm_event_unstitched",
                condition=models.Q(member=NOBODY),
            ),
            # Unlinking: what a browser's owner got without having been signed in.
            models.Index(
                fields=["visitor"],
                name="crm_event_handed_over",
                condition=models.Q(handed_over=True),
            ),
            # Putting back what was taken for a machine's.
            models.Index(
                fields=["visitor"],
                name="crm_event_uncounted",
                condition=models.Q(uncounted=True),
            ),
            # What happened to one campaign, order or survey.
            models.Index(
                fields=["subject", "kind", "-at"],
                name="crm_event_subject",
                condition=~models.Q(subject=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.at:%Y-%m-%d %H:%M}"


class DailyTotal(models.Model):
    """How often, and for how much, a member did one thing on one day (in the site's time zone).

    Counts only events that were really new. Rules and reports read these; raw events may expire.
    """

    member = LooseForeignKey(Member, default=NOBODY, related_name="totals")
    kind = models.CharField(max_length=40)
    page = LooseForeignKey(
        swapper.get_model_name("wagtailcore", "Page"), default=NO_PAGE, related_name="+"
    )
    subject = models.CharField(max_length=120, default="")
    day = models.DateField()
    count = models.IntegerField(default=0)
    value = models.DecimalField(max_digits=20, decimal_places=4, default=0)

    objects = DailyTotalQuerySet.as_manager()

    class Meta:
        verbose_name = _("daily total")
        verbose_name_plural = _("daily totals")
        constraints = [
            # One row per question; also how a member's totals are read.
            models.UniqueConstraint(
                fields=["member", "kind", "page", "subject", "day"], name="crm_total_once"
            )
        ]
        indexes = [
            # "Who did this in the last N days": a rule about a kind, on a page or a subject.
            models.Index(fields=["kind", "page", "day", "member"], name="crm_total_kind_page"),
            models.Index(
                fields=["kind", "subject", "day", "member"],
                name="crm_total_kind_subject",
                condition=~models.Q(subject=""),
            ),
            # Numbers of pages with so many visitors that counting one in 256 has to do, and the
            # visits of those without an account. The count is in no index: then each of them would
            # have to be written with every event that is added to a total.
            models.Index(
                fields=["kind", "page", "day", "member"],
                name="crm_total_sample",
                condition=IN_SAMPLE_OR_NOBODY,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.day}: {self.count}"


class Upkeep(models.Model):
    """A run of upkeep that did everything: when, and how many rows each chore concerned."""

    at = models.DateTimeField(default=timezone.now)
    done = models.JSONField(default=dict)

    class Meta:
        verbose_name = _("upkeep")
        verbose_name_plural = _("upkeep")
        default_permissions = ()
        # The last run: one look per round of the scheduler.
        indexes = [models.Index(fields=["-at"], name="crm_upkeep_last")]

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M}"


class RefusedEvent(models.Model):
    """What could not be written, or what a receiver failed to deal with; it is tried again."""

    payload = models.BinaryField()
    reason = models.TextField(_("reason"))
    at = models.DateTimeField(_("set aside"), default=timezone.now)
    attempts = models.PositiveIntegerField(_("attempts since"), default=0)
    # Whom it is about, as far as it can be read: for export and erasure.
    member = LooseForeignKey(Member, default=NOBODY, related_name="+", verbose_name=_("member"))

    objects = RefusedEventQuerySet.as_manager()

    class Meta:
        verbose_name = _("event set aside")
        verbose_name_plural = _("events set aside")
        ordering = ["-at", "-id"]
        default_permissions = ("view", "delete")
        permissions = [("retry_refusedevent", _("Can try events again that were set aside"))]

    def __str__(self) -> str:
        return self.kind()

    @display(description=_("event"))
    def kind(self) -> str:
        """What happened, in the active language, as far as it can be read."""
        event = self.event
        if event is None:
            return gettext("Something unreadable")
        return str(event_kinds[event.kind].label) if event.kind in event_kinds else event.kind

    @display(description=_("what is wrong"))
    def explanation(self) -> str:
        """For people; the exact reason is for who looks after the site."""
        event = self.event
        if event is None:
            return gettext("It cannot be read: something else than this site wrote it.")
        if event.kind not in event_kinds:
            return gettext("No installed part of the CRM knows this kind of event.")
        return gettext("Something failed while it was recorded or dealt with.")

    @property
    def event(self) -> NewEvent | None:
        """The event, None where the payload is none."""
        try:
            return NewEvent.from_json(bytes(self.payload))
        except ValueError:
            return None
