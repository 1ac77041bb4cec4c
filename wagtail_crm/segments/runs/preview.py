"""The dry run: whom an action would be done to, and whom not and why."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db.models import Case, Count, QuerySet, Value, When
from django.utils.translation import gettext_lazy as _

from wagtail_crm.conf import crm_settings
from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.models import Member
from wagtail_crm.segments.models import Membership, Segment
from wagtail_crm.tracking.patience import TookTooLong, no_longer_than

from .action import WITHDRAWN, NamedSkip, Options, SegmentAction, Skip

SAMPLE = 5
LEFT = "left"
FAILED = "failed"
REASONS = {
    LEFT: _("no longer in the list"),
    FAILED: _("with an error; administrators find it in the log"),
}


@dataclass(frozen=True)
class Preview:
    """Of ``total`` members, ``number`` are acted upon; the rest is in ``skipped``.

    With ``counted`` false there was no time to ask; then only the total is known.
    """

    total: int
    number: int
    skipped: list[NamedSkip] = field(default_factory=list)
    counted: bool = True

    @property
    def skipped_number(self) -> int:
        return self.total - self.number


def preview(action: SegmentAction, segment: Segment, options: Options) -> Preview:
    """Ask the database now, without changing anything: one question, and one for each reason."""
    members = Member.objects.filter(pk__in=members_of(segment).values("member"))
    skips = all_skips(action, options)
    try:
        with no_longer_than(crm_settings.count_timeout):
            return _preview(members, skips)
    except TookTooLong:
        return Preview(total=segment.size, number=segment.size, counted=False)


def members_of(segment: Segment) -> QuerySet[Membership]:
    """Who is in the segment, in the order of their ids."""
    return Membership.objects.filter(segment=segment).order_by("member_id")


def all_skips(action: SegmentAction, options: Options) -> list[Skip]:
    """Members who left are skipped whatever the action says."""
    return [Skip(LEFT, REASONS[LEFT], WITHDRAWN), *action.skips(options)]


def _preview(members: QuerySet[Member], skips: Sequence[Skip]) -> Preview:
    by_reason = _with_reason(members, skips)
    rows = by_reason.order_by().values_list("skip_reason").annotate(n=Count("pk"))
    numbers: dict[str, int] = dict(rows)
    skipped = [
        NamedSkip(
            skip.reason,
            numbers[skip.slug],
            list(by_reason.filter(skip_reason=skip.slug).order_by("-pk")[:SAMPLE]),
        )
        for skip in skips
        if numbers.get(skip.slug)
    ]
    return Preview(sum(numbers.values()), numbers.get("", 0), skipped)


def reasons_of(skips: Sequence[Skip], member_ids: Iterable[int]) -> dict[int, str]:
    """The slug of the reason to skip each of these members, "" for those who are acted upon.

    Somebody who is no longer in the database is missing.
    """
    members = _with_reason(Member.objects.filter(IsOneOf("pk", member_ids)), skips)
    return dict(members.order_by("pk").values_list("pk", "skip_reason"))


def _with_reason(members: QuerySet[Member], skips: Sequence[Skip]) -> QuerySet[Any]:
    cases = [When(skip.condition, then=Value(skip.slug)) for skip in skips]
    return members.annotate(skip_reason=Case(*cases, default=Value("")))


def named_skips(
    action: SegmentAction | None, options: Options, numbers: Mapping[str, int]
) -> list[NamedSkip]:
    """The reasons of a run in words, the most frequent first."""
    words = dict(REASONS)
    if action is not None:
        words |= {skip.slug: skip.reason for skip in action.skips(options)}
    ordered = sorted(numbers.items(), key=lambda each: -each[1])
    return [NamedSkip(words.get(slug, slug), number) for slug, number in ordered if number]
