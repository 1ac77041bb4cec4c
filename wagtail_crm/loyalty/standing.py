"""How many points count for the ranks of some members, and until when their ranks stand."""

import datetime
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from django.db import connections, router

from wagtail_crm.conf import crm_settings
from wagtail_crm.expressions import IsOneOf
from wagtail_crm.members.models import Member
from wagtail_crm.tracking.ingest import local_day

from . import sql
from .balances import account_of
from .models import Account, Entry, Rank
from .period import ONE_DAY, counts_since, leaves_on


class Standing(NamedTuple):
    """``points`` count now. By time alone the rank falls on ``falls_on``, None: never.

    It cannot change before ``look_on``, and has to be looked at then. The next higher rank needs
    ``next_points``.
    """

    points: int = 0
    falls_on: datetime.date | None = None
    look_on: datetime.date | None = None
    next_points: int | None = None

    @property
    def last_day(self) -> datetime.date | None:
        """The last day of the rank if nothing more is earned; None: it does not end by itself."""
        return self.falls_on - ONE_DAY if self.falls_on else None

    @property
    def missing(self) -> int:
        """Points to the next rank."""
        return self.next_points - self.points if self.next_points else 0


NOTHING = Standing()


@dataclass(frozen=True)
class Ladder:
    """The ranks in use, the lowest first; ``known`` are those that are given up as well."""

    ranks: tuple[Rank, ...] = ()
    known: Mapping[int, Rank] = field(default_factory=dict)

    @classmethod
    def read(cls) -> "Ladder":
        known = {rank.pk: rank for rank in Rank.objects.order_by("points")}
        return cls(tuple(rank for rank in known.values() if not rank.is_ending), known)

    def reached(self, points: int) -> Rank | None:
        """The highest rank for which so many points suffice."""
        return next((rank for rank in reversed(self.ranks) if rank.points <= points), None)

    def after(self, points: int) -> Rank | None:
        """The lowest rank for which so many points do not suffice."""
        return next((rank for rank in self.ranks if rank.points > points), None)

    @property
    def basis(self) -> str:
        """All that decides who has which rank: differs when everybody has to be looked at."""
        steps = " ".join(f"{rank.pk}:{rank.points}" for rank in self.ranks)
        return f"{crm_settings.rank_months} months, {steps}"


def standings(account_ids: Collection[int]) -> Mapping[int, Standing]:
    """The standing of each of these accounts for which any points count; one query."""
    if not account_ids:
        return {}
    counting = Entry.objects.counting_for_ranks(counts_since())
    rows = counting.filter(IsOneOf("account", account_ids)).order_by()
    connection = connections[router.db_for_read(Entry)]
    columns = rows.values_list("account", "at", "pk", "amount")
    inner, parameters = columns.query.get_compiler(connection=connection).as_sql()
    with connection.cursor() as cursor:
        cursor.execute(sql.STANDINGS.format(counting=inner), parameters)
        return {row[0]: _standing(*row[1:]) for row in cursor.fetchall()}


def standing_of(account: Account | None) -> Standing:
    """The standing of one account; nothing of who has none."""
    return standings([account.pk]).get(account.pk, NOTHING) if account else NOTHING


def _standing(points: Any, falls_at: Any, look_at: Any, next_points: int | None) -> Standing:
    return Standing(int(points), _leaving(falls_at), _leaving(look_at), next_points)


def _leaving(moment: Any) -> datetime.date | None:
    """The day on which an entry of that moment, as the database says it, counts no more."""
    if moment is None or not crm_settings.rank_months:
        return None
    if isinstance(moment, str):  # SQLite
        moment = datetime.datetime.fromisoformat(moment).replace(tzinfo=datetime.UTC)
    return leaves_on(local_day(moment), crm_settings.rank_months)


@dataclass(frozen=True)
class Way:
    """Where somebody stands on the ladder, and how far it is to the next rank."""

    standing: Standing
    account: Account | None
    next: Rank | None

    @classmethod
    def of(cls, member: Member) -> "Way | None":
        """None where the site has no ranks."""
        ladder = Ladder.read()
        if not ladder.ranks:
            return None
        account = account_of(member)
        found = standing_of(account)
        held = account.rank if account else None
        after = ladder.after(max(found.points, held.points if held else 0))
        return cls(found, account, after)

    @property
    def rank(self) -> Rank | None:
        return self.account.rank if self.account else None

    @property
    def points(self) -> int:
        """For the bar: a correction may outlive what it corrects, and leave less than nothing."""
        return max(0, self.standing.points)

    @property
    def missing(self) -> int:
        """Points to the next rank."""
        return self.next.points - self.standing.points if self.next else 0
