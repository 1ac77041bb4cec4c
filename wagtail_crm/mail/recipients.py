"""Who a campaign is for, who of them will get it, and why the others will not."""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Any, Self

from django.db.models import Count, Exists, OuterRef, Q, QuerySet

from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.members.querysets import MemberQuerySet
from wagtail_crm.segments.audience import Viewer
from wagtail_crm.segments.models import Membership, Segment

from .models import Campaign, Delivery, Suppression


@dataclass(frozen=True)
class Target:
    """The segments a campaign goes to and those it leaves out, or everybody but those."""

    everybody: bool = False
    included: frozenset[int] = frozenset()
    excluded: frozenset[int] = frozenset()

    @classmethod
    def of(cls, campaign: Campaign) -> Self:
        return cls(
            everybody=campaign.everybody,
            included=frozenset(campaign.included.values_list("pk", flat=True)),
            excluded=frozenset(campaign.excluded.values_list("pk", flat=True)),
        )

    def people(self) -> MemberQuerySet:
        """Everybody meant, reachable or not. Members who left are never meant."""
        members: MemberQuerySet = Member.objects.present()
        if not self.everybody:
            members = members.filter(_in_any(self.included))
        if self.excluded:
            members = members.exclude(_in_any(self.excluded))
        return members


def _in_any(segments: Iterable[int]) -> Exists:
    rows = Membership.objects.decided_beforehand().filter(segment__in=list(segments))
    return Exists(rows.filter(member=OuterRef("pk")))


def agreed() -> Exists:
    """Whether a member's newest answer about mail is yes."""
    answers = ConsentRecord.objects.agreeing_to(ConsentRecord.Purpose.EMAIL)
    return Exists(answers.filter(member=OuterRef("pk")))


def suppressed() -> Exists:
    """Whether a member's address must not be mailed."""
    return Exists(Suppression.objects.of_key(OuterRef("email_key")))


def reachable(members: MemberQuerySet) -> MemberQuerySet:
    """Those of ``members`` who may be mailed now."""
    with_address = members.present().reachable_by_email()
    return with_address.filter(agreed(), ~suppressed())


def recipients(target: Target) -> MemberQuerySet:
    """Who would get a mail to ``target`` that is sent now."""
    return reachable(target.people())


@dataclass(frozen=True)
class Bridge:
    """From everybody meant to those who will get it; nobody is subtracted twice."""

    people: int = 0
    no_consent: int = 0
    suppressed: int = 0
    no_address: int = 0
    recipients: int = 0

    def as_dict(self) -> dict[str, int]:
        return asdict(self)


def bridge(target: Target) -> Bridge:
    """The numbers, in one query."""
    people: QuerySet[Any] = target.people().annotate(says_yes=agreed(), blocked=suppressed())
    no_address = Q(email_key=None)
    return Bridge(
        **people.order_by().aggregate(
            people=Count("pk"),
            no_consent=Count("pk", filter=Q(says_yes=False)),
            suppressed=Count("pk", filter=Q(says_yes=True, blocked=True)),
            no_address=Count("pk", filter=Q(says_yes=True, blocked=False) & no_address),
            recipients=Count("pk", filter=Q(says_yes=True, blocked=False) & ~no_address),
        )
    )


def reasons_against(member_ids: Iterable[int]) -> dict[int, str]:
    """Why members may not be mailed any more, for those of ``member_ids`` who may not."""
    people = Member.objects.filter(pk__in=list(member_ids)).annotate(
        says_yes=agreed(), blocked=suppressed()
    )
    reasons: dict[int, str] = {}
    for member in people.only("pk", "status", "email_key"):
        if member.status == Member.Status.WITHDRAWN:
            reasons[member.pk] = Delivery.Reason.LEFT
        elif not member.says_yes:
            reasons[member.pk] = Delivery.Reason.NO_CONSENT
        elif member.email_key is None:
            reasons[member.pk] = Delivery.Reason.NO_ADDRESS
        elif member.blocked:
            reasons[member.pk] = Delivery.Reason.SUPPRESSED
    return reasons


def segments_of(member_ids: Iterable[int]) -> dict[int, frozenset[int]]:
    """Ids of the live segments of each member; absent for members of none."""
    found: dict[int, set[int]] = {}
    rows = Membership.objects.of_members(member_ids).decided_beforehand()
    for member, segment in rows.values_list("member_id", "segment_id"):
        found.setdefault(member, set()).add(segment)
    return {member: frozenset(segments) for member, segments in found.items()}


def available_segments() -> QuerySet[Segment]:
    return Segment.objects.decided_beforehand().order_by("name")


def viewer_for(member: Member | None, segments: frozenset[int] = frozenset()) -> Viewer:
    """``member`` as audiences see them."""
    if member is None:
        return Viewer(segments=segments)
    ids = member.memberships.decided_beforehand().values_list("segment_id", flat=True)
    return Viewer(segments=frozenset(ids), key=str(member.pk))
