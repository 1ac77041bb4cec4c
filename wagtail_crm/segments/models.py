"""Which people: segments, who is in them, and what is being done to them."""

import uuid
from typing import Any

from django.conf import settings
from django.core.serializers.json import DjangoJSONEncoder
from django.db import models, transaction
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext, override, pgettext_lazy
from django.utils.translation import gettext_lazy as _
from wagtail.models import DraftStateMixin, RevisionMixin
from wagtail.search import index

from wagtail_crm.members.models import Member

from .querysets import (
    MembershipQuerySet,
    PastMembershipQuerySet,
    RunBatchQuerySet,
    SegmentQuerySet,
    SegmentRunQuerySet,
    SegmentSizeQuerySet,
)
from .rules.blocks import MATCHES, RulesField, group_of
from .rules.groups import Group
from .rules.visit import asks_only_of_visit
from .rules.words import as_sentence


class Segment(DraftStateMixin, RevisionMixin, index.Indexed, models.Model):
    """A set of members: described by rules and kept up to date while it is live, or static.

    A static segment has no rules, no drafts and is always live: who is in it was put there, and
    stays until somebody takes them out or they leave the list.
    """

    class Kind(models.TextChoices):
        RULES = "rules", _("By rules")
        STATIC = "static", _("Static")

    name = models.CharField(_("name"), max_length=120, unique=True)
    kind = models.CharField(
        pgettext_lazy("segment", "kind"),
        max_length=6,
        choices=Kind.choices,
        default=Kind.RULES,
        editable=False,
    )
    match = models.CharField(_("who match"), max_length=4, choices=MATCHES, default="all")
    rules = RulesField(verbose_name=_("rules"), blank=True)
    size = models.PositiveIntegerField(_("members"), default=0, editable=False)
    refreshed_at = models.DateTimeField(
        _("counted"),
        null=True,
        blank=True,
        editable=False,
        help_text="When the whole list was last asked; null while that is still to be done.",
    )
    changed_at = models.DateTimeField(
        default=timezone.now,
        editable=False,
        help_text="When what the rules mean last changed; processes keep compiled rules by it.",
    )
    about_visit = models.BooleanField(
        default=False,
        editable=False,
        help_text="Whether the published rules ask about the visit: membership is not all then.",
    )
    clock_at = models.DateTimeField(
        null=True,
        blank=True,
        editable=False,
        help_text="The moment up to which the passing of time has been dealt with.",
    )

    objects = SegmentQuerySet.as_manager()

    search_fields = [index.SearchField("name"), index.AutocompleteField("name")]

    class Meta:
        verbose_name = _("segment")
        verbose_name_plural = _("segments")
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def delete(self, *args: Any, **kwargs: Any) -> Any:
        with transaction.atomic():
            Segment.objects.filter(pk=self.pk).close()
            return super().delete(*args, **kwargs)

    @property
    def is_static(self) -> bool:
        return self.kind == self.Kind.STATIC

    @cached_property
    def rule(self) -> Group:
        """The rules as a tree that can be asked."""
        return group_of(self.match, self.rules)

    @property
    def sentence(self) -> str:
        """The whole segment in words, in the active language."""
        if self.is_static:
            return gettext("Members who were put in by hand.")
        return sentence_of(self.rule)

    def sentence_in(self, language: str) -> str:
        """The same in another language. Rules are read anew: they keep names of what they name."""
        with override(language):
            if self.is_static:
                return self.sentence
            return sentence_of(group_of(self.match, self.rules))

    # No form offers a date to publish on: nothing is to be looked up.
    scheduled_revision = None

    @property
    def field(self) -> str:
        """The name under which other rules depend on this segment."""
        return segment_field(self.pk)

    def with_content_json(self, content: dict[str, Any]) -> "Segment":
        """A revision has rules, not numbers: what was counted since stays as it is.

        Nor does it know of later revisions: Wagtail would look up those it names, and then
        replace them.
        """
        revisions = {"latest_revision": None, "live_revision": None}
        segment: Segment = super().with_content_json(content | revisions)
        kept = ("kind", "size", "refreshed_at", "changed_at", "clock_at", "about_visit")
        for name in (*kept, "live_revision_id"):
            setattr(segment, name, getattr(self, name))
        return segment


def sentence_of(rule: Group) -> str:
    """A rule tree in words, in the active language."""
    if not rule.rules:
        return gettext("All members.")
    if asks_only_of_visit(rule):
        return gettext("Visitors %(clauses)s.") % {"clauses": rule.sentence()}
    return as_sentence(rule.sentence())


def segment_field(segment_id: Any) -> str:
    return f"segment.{segment_id}"


class Membership(models.Model):
    """A member is in a segment since ``entered_at``."""

    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, related_name="memberships", db_index=False
    )
    entered_at = models.DateTimeField(_("in it since"), default=timezone.now)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        default_permissions = ()
        constraints = [
            # Once per segment; also how the segments of one member are read.
            models.UniqueConstraint(fields=["member", "segment"], name="crm_membership_once")
        ]
        indexes = [
            # A refresh reads a segment's members by id; mails and exports walk them likewise.
            models.Index(fields=["segment", "member"], name="crm_membership_members"),
            # The newest members of a segment, on its page.
            models.Index(fields=["segment", "-entered_at", "-id"], name="crm_membership_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id}: {self.member_id}"


class PastMembership(models.Model):
    """A member was in a segment, and left it; with the memberships of today the whole history."""

    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="past_memberships", db_index=False
    )
    member = models.ForeignKey(
        Member, on_delete=models.CASCADE, related_name="past_memberships", db_index=False
    )
    entered_at = models.DateTimeField(_("in it since"))
    left_at = models.DateTimeField(_("in it until"), default=timezone.now)

    objects = PastMembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("past membership")
        verbose_name_plural = _("past memberships")
        default_permissions = ()
        indexes = [
            # The history of one member, newest first; also export and erasure.
            models.Index(fields=["member", "-left_at"], name="crm_past_of_member"),
            # Who left a segment lately; also what is past its retention.
            models.Index(fields=["segment", "-left_at"], name="crm_past_of_segment"),
        ]

    def __str__(self) -> str:
        return f"{self.segment_id}: {self.member_id}"


class SegmentSize(models.Model):
    """How many were in a segment on a day, as it was last looked at on that day."""

    segment = models.ForeignKey(
        Segment, on_delete=models.CASCADE, related_name="sizes", db_index=False
    )
    day = models.DateField()
    size = models.PositiveIntegerField()

    objects = SegmentSizeQuerySet.as_manager()

    class Meta:
        verbose_name = _("size of a segment")
        verbose_name_plural = _("sizes of segments")
        default_permissions = ()
        constraints = [
            # One for each day; also how the trend of a segment is read.
            models.UniqueConstraint(fields=["segment", "day"], name="crm_segment_size_once")
        ]

    def __str__(self) -> str:
        return f"{self.segment_id} {self.day}: {self.size}"


class SegmentRun(models.Model):
    """Something that is being, or was, done to everybody in a segment.

    Who that is was fixed when it began: the ids in its batches. They are forgotten once nothing
    needs them any more.
    """

    class Status(models.TextChoices):
        RUNNING = "running", _("Under way")
        CANCELLED = "cancelled", pgettext_lazy("run", "Cancelled")
        FAILED = "failed", _("Stopped by a fault")
        DONE = "done", pgettext_lazy("run", "Done")

    # Made by the page that asks: pressing its button twice makes one run.
    key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    segment = models.ForeignKey(Segment, on_delete=models.CASCADE, related_name="runs")
    action = models.CharField(_("action"), max_length=40)
    options = models.JSONField(default=dict, encoder=DjangoJSONEncoder)
    language = models.CharField(max_length=12, blank=True)
    status = models.CharField(
        _("status"), max_length=9, choices=Status.choices, default=Status.RUNNING
    )
    total = models.PositiveIntegerField(_("members"), default=0)
    done = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict, help_text="Reason to number of members.")
    report = models.JSONField(default=dict, help_text="What the action says of its outcome.")
    fault = models.TextField(blank=True)
    file_name = models.CharField(max_length=120, blank=True)
    file_size = models.BigIntegerField(default=0)
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    started_at = models.DateTimeField(_("started"), default=timezone.now)
    worked_at = models.DateTimeField(default=timezone.now, help_text="Last sign of life.")
    finished_at = models.DateTimeField(_("finished"), null=True)

    objects = SegmentRunQuerySet.as_manager()

    class Meta:
        verbose_name = _("action on a segment")
        verbose_name_plural = _("actions on segments")
        default_permissions = ()
        indexes = [
            # What was done to a segment, newest first.
            models.Index(fields=["segment", "-started_at"], name="crm_run_history"),
            # The sweeper: what is under way and nobody works at; what is old.
            models.Index(fields=["status", "worked_at"], name="crm_run_sweep"),
        ]

    def __str__(self) -> str:
        return f"{self.action}: {self.segment_id}"


class RunBatch(models.Model):
    """Some of the members of a run, done together in one transaction or not at all."""

    class State(models.TextChoices):
        WAITING = "waiting", "waiting"
        DONE = "done", "done"
        TOLD = "told", "done, and the other rooms know"

    run = models.ForeignKey(
        SegmentRun, on_delete=models.CASCADE, related_name="batches", db_index=False
    )
    number = models.PositiveIntegerField()
    member_ids = models.JSONField(help_text="In order.")
    first_id = models.BigIntegerField()
    last_id = models.BigIntegerField()
    state = models.CharField(max_length=7, choices=State.choices, default=State.WAITING)
    done = models.PositiveIntegerField(default=0)
    skipped = models.JSONField(default=dict)
    output = models.BinaryField(null=True, help_text="What becomes part of the file of the run.")

    objects = RunBatchQuerySet.as_manager()

    class Meta:
        verbose_name = _("part of an action")
        verbose_name_plural = _("parts of actions")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="crm_run_batch_once")]
        indexes = [
            # The next batch; how far a run is.
            models.Index(fields=["run", "state", "number"], name="crm_run_batch_next"),
            # The batches that name a member who is to be forgotten.
            models.Index(fields=["first_id", "last_id"], name="crm_run_batch_members"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.number}"


class RunFileChunk(models.Model):
    """A piece of the file that a run made. In the database, where no web server finds it."""

    run = models.ForeignKey(
        SegmentRun, on_delete=models.CASCADE, related_name="chunks", db_index=False
    )
    number = models.PositiveIntegerField()
    data = models.BinaryField()

    class Meta:
        verbose_name = _("part of a file")
        verbose_name_plural = _("parts of files")
        default_permissions = ()
        constraints = [models.UniqueConstraint(fields=["run", "number"], name="crm_run_chunk_once")]

    def __str__(self) -> str:
        return f"{self.run_id}: {self.number}"
