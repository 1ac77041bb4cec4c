"""Which people: segments and who is in them."""

from typing import Any

from django.db import models, transaction
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail.models import DraftStateMixin, RevisionMixin
from wagtail.search import index

from wagtail_crm.members.models import Member

from .querysets import MembershipQuerySet, SegmentQuerySet
from .rules.blocks import MATCHES, RulesField, group_of
from .rules.groups import Group
from .rules.words import as_sentence


class Segment(DraftStateMixin, RevisionMixin, index.Indexed, models.Model):
    """A set of members described by rules; kept up to date while it is live."""

    name = models.CharField(_("name"), max_length=120, unique=True)
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

    @cached_property
    def rule(self) -> Group:
        """The rules as a tree that can be asked."""
        return group_of(self.match, self.rules)

    @property
    def sentence(self) -> str:
        """The whole segment in words, in the active language."""
        return sentence_of(self.rule)

    @property
    def field(self) -> str:
        """The name under which other rules depend on this segment."""
        return segment_field(self.pk)

    def with_content_json(self, content: dict[str, Any]) -> "Segment":
        """A revision has rules, not numbers: what was counted since stays as it is."""
        segment: Segment = super().with_content_json(content)
        for name in ("size", "refreshed_at", "changed_at"):
            setattr(segment, name, getattr(self, name))
        return segment


def sentence_of(rule: Group) -> str:
    """A rule tree in words, in the active language."""
    return as_sentence(rule.sentence()) if rule.rules else gettext("All members.")


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
