"""Reads of segments and memberships, in words."""

import datetime
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any, Self

import swapper
from django.db import models, transaction
from django.db.models import Count, Exists, Max, Model, OuterRef, Q, Subquery, Sum
from wagtail.models import ReferenceIndex

if TYPE_CHECKING:
    from .models import (  # noqa: F401  # names in the annotations below
        Membership,
        PastMembership,
        RunBatch,
        Segment,
        SegmentRun,
        SegmentSize,
    )


class SizesByDay(models.Aggregate):
    """Sizes as a JSON object by day; None where there are none."""

    function = "jsonb_object_agg"
    output_field = models.JSONField()

    def as_sqlite(self, compiler: Any, connection: Any, **extra: Any) -> Any:
        return self.as_sql(compiler, connection, function="json_group_object", **extra)


class SegmentQuerySet(models.QuerySet["Segment"]):
    def live(self) -> Self:
        """Published segments: those that are kept up to date and can be used."""
        return self.filter(live=True)

    def by_rules(self) -> Self:
        """Segments whose members follow from rules."""
        return self.filter(kind=self.model.Kind.RULES)

    def fingerprint(self) -> tuple[int, int, Any]:
        """Number, sum of ids and latest change: one row, however many there are."""
        found = self.aggregate(number=Count("pk"), ids=Sum("pk"), latest=Max("changed_at"))
        return found["number"], found["ids"] or 0, found["latest"]

    def with_sizes(self) -> Self:
        """With ``known_sizes``, size by day as far as that is kept: the trend needs no query."""
        related: Any = self.model._meta.get_field("sizes").related_model
        sizes = related._default_manager
        own = sizes.filter(segment=OuterRef("pk")).order_by().values("segment")
        by_day = own.annotate(by_day=SizesByDay("day", "size")).values("by_day")
        return self.annotate(known_sizes=Subquery(by_day))

    def static(self) -> Self:
        """Segments whose members were put in."""
        return self.filter(kind=self.model.Kind.STATIC)

    def waiting(self) -> Self:
        """Live segments that were never counted with their present rules."""
        return self.live().by_rules().filter(refreshed_at=None)

    def not_refreshed_since(self, moment: datetime.datetime) -> Self:
        """Live segments last counted before ``moment``, or never."""
        return self.live().by_rules().filter(Q(refreshed_at=None) | Q(refreshed_at__lt=moment))

    def decided_beforehand(self) -> Self:
        """Those whose members are known without a visit: they can be mailed and named by rules."""
        return self.live().filter(about_visit=False)

    def clocks(self) -> dict[int, datetime.datetime]:
        """Up to when the passing of time has been dealt with, for live segments counted before."""
        rows = self.live().filter(clock_at__isnull=False).values_list("pk", "clock_at")
        return {pk: moment for pk, moment in rows if moment is not None}

    def close(self) -> None:
        """Let nobody enter until the end of the transaction: their commits wait for ours.

        Otherwise somebody could enter between the deletion of the members and of the segment.
        """
        list(self.order_by("pk").select_for_update().values_list("pk", flat=True))

    def delete(self) -> tuple[int, dict[str, int]]:
        with transaction.atomic():
            self.close()
            return super().delete()

    delete.alters_data = True  # type: ignore[attr-defined]
    delete.queryset_only = True  # type: ignore[attr-defined]

    def naming(self, thing: Model) -> Self:
        """Segments whose rules name a page, an attribute, a tag, a segment, …"""
        return self._named_in(ReferenceIndex.get_references_to(thing))

    def naming_what_is_below(self, page: Any) -> Self:
        """Segments whose rules name a page somewhere below this one."""
        pages = swapper.load_model("wagtailcore", "Page").objects
        to = ReferenceIndex._get_base_content_type(pages.model)
        references = self._references.filter(to_content_type=to)
        named = {int(pk) for pk in references.values_list("to_object_id", flat=True)}
        below = pages.filter(pk__in=named, path__startswith=page.path).exclude(pk=page.pk)
        ids = [str(pk) for pk in below.order_by().values_list("pk", flat=True)]
        return self._named_in(references.filter(to_object_id__in=ids))

    @property
    def _references(self) -> Any:
        content_type = ReferenceIndex._get_base_content_type(self.model)
        return ReferenceIndex.objects.filter(base_content_type=content_type)

    def _named_in(self, references: Any) -> Self:
        content_type = ReferenceIndex._get_base_content_type(self.model)
        ids = references.filter(base_content_type=content_type).values_list("object_id", flat=True)
        return self.filter(pk__in=[int(pk) for pk in ids])


class MembershipQuerySet(models.QuerySet["Membership"]):
    def of_members(self, member_ids: Iterable[int]) -> Self:
        return self.filter(member__in=list(member_ids))

    def of_live_segments(self) -> Self:
        return self.filter(segment__live=True)

    def decided_beforehand(self) -> Self:
        """In live segments whose members are known without a visit."""
        return self.of_live_segments().filter(segment__about_visit=False)

    def with_members(self) -> Self:
        return self.select_related("member")

    def newest_first(self) -> Self:
        return self.order_by("-entered_at", "-pk")

    def segments_of(self, member: Any) -> Self:
        """The memberships of one person in live segments, by name of the segment."""
        rows = self.filter(member=member).of_live_segments()
        return rows.select_related("segment").order_by("segment__name")


class PastMembershipQuerySet(models.QuerySet["PastMembership"]):
    def left_before(self, moment: datetime.datetime) -> Self:
        return self.filter(left_at__lt=moment)

    def newest_first(self) -> Self:
        return self.order_by("-left_at", "-pk")


class SegmentRunQuerySet(models.QuerySet["SegmentRun"]):
    def running(self) -> Self:
        return self.filter(status=self.model.Status.RUNNING)

    def quiet_since(self, moment: datetime.datetime) -> Self:
        """Under way, but without a sign of life."""
        return self.running().filter(worked_at__lt=moment)

    def ended_before(self, moment: datetime.datetime) -> Self:
        return self.filter(finished_at__lt=moment)

    def holding_data(self) -> Self:
        """With a file, or with the ids of members who are still to be done."""
        return self.filter(Exists(self._of("batches")) | Exists(self._of("chunks")))

    def _of(self, name: str) -> models.QuerySet[Any]:
        rows: Any = self.model._meta.get_field(name).related_model
        found: models.QuerySet[Any] = rows.objects.filter(run=OuterRef("pk"))
        return found

    def newest_first(self) -> Self:
        return self.order_by("-started_at", "-pk")


class RunBatchQuerySet(models.QuerySet["RunBatch"]):
    def waiting(self) -> Self:
        """Batches that nobody has done."""
        return self.filter(state=self.model.State.WAITING)

    def untold(self) -> Self:
        """Batches that are done, but perhaps not every room has heard of it."""
        return self.filter(state=self.model.State.DONE)

    def naming(self, member_id: int) -> Self:
        """Those that name a member. Ids are in order, so each run has one candidate at most."""
        near = self.filter(first_id__lte=member_id, last_id__gte=member_id)
        lists = near.values_list("pk", "member_ids")
        return self.filter(pk__in=[pk for pk, ids in lists if member_id in ids])


class SegmentSizeQuerySet(models.QuerySet["SegmentSize"]):
    def since(self, day: datetime.date) -> Self:
        return self.filter(day__gte=day)
