"""Days where the member is: each member's own time zone, else the site's.

At one moment it is at most three different days on Earth, so a condition on members names their
zones by day: few conditions, however many zones there are.
"""

import datetime
import functools
import zoneinfo
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from typing import TypeVar

from django.db.models import Q
from django.utils import timezone

from .expressions import IsOneOfTexts

Key = TypeVar("Key")
Day = datetime.date


@functools.cache
def known_zones() -> frozenset[str]:
    """Names of the zones that this machine knows; any other name stands for the site's."""
    return frozenset(zoneinfo.available_timezones())


def day_in(zone_name: str, now: datetime.datetime) -> Day:
    """The day it is for a member with this time zone."""
    if zone_name in known_zones():
        return now.astimezone(zoneinfo.ZoneInfo(zone_name)).date()
    return now.astimezone(timezone.get_default_timezone()).date()


def by_day(now: datetime.datetime, condition: Callable[[Day], Q]) -> Q:
    """Members for whom ``condition`` holds on the day it is for them."""
    found = Q(pk__in=())
    for day, members in _members_by(_day_of(now)):
        found |= members & condition(day)
    return found


def changes_of_day(
    since: datetime.datetime, until: datetime.datetime
) -> Iterator[tuple[Day, Day, Q]]:
    """Who came from which day to which later one in this time, as conditions on members."""
    earlier, later = _day_of(since), _day_of(until)
    for (first, last), members in _members_by(lambda name: (earlier(name), later(name))):
        if first < last:
            yield first, last, members


def _day_of(now: datetime.datetime) -> Callable[[str], Day]:
    days = _days(now)
    site = now.astimezone(timezone.get_default_timezone()).date()
    return lambda name: days.get(name, site)


@functools.lru_cache(maxsize=8)
def _days(now: datetime.datetime) -> Mapping[str, Day]:
    return {name: day_in(name, now) for name in known_zones()}


def _members_by(key: Callable[[str], Key]) -> Iterator[tuple[Key, Q]]:
    """Zones with the same ``key`` together, as a condition on the members who live by them.

    Members without a zone, or with one that nobody knows, are with those of the site's.
    """
    zones: dict[Key, list[str]] = defaultdict(list)
    for name in known_zones():
        zones[key(name)].append(name)
    here = key("")
    for value in zones.keys() | {here}:
        if value == here:
            elsewhere = [name for other in zones.keys() - {here} for name in zones[other]]
            yield value, ~Q(IsOneOfTexts("time_zone", sorted(elsewhere)))
        else:
            yield value, Q(IsOneOfTexts("time_zone", sorted(zones[value])))
