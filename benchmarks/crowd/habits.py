"""What they did, as arrays: a few do much, most do little, everybody likes one shelf best."""

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from .tree import OF_A_SHELF, SHELVES

DAYS = 400
PER_MEMBER = 20

# kind, its share of all, the subject, whether it happens on pages, most it is worth
KINDS = [
    ("page_view", 0.72, None, True, 0),
    ("mail_sent", 0.10, "campaign:", False, 0),
    ("login", 0.06, None, False, 0),
    ("mail_open", 0.05, "campaign:", False, 0),
    ("mail_click", 0.02, "campaign:", False, 0),
    ("cart_add", 0.03, "sku:P0", True, 0),
    ("purchase", 0.02, "sku:P0", True, 9_000),
]
CAMPAIGNS = 120
# Three digits, so that all subjects of a kind have one length.
FIRST_NUMBER = 100
# Of day, kind, member, page and subject as one number.
BITS = {"day": 9, "kind": 3, "member": 20, "page": 9, "subject": 9}
IDLE = 0.15


@dataclass(frozen=True)
class Habits:
    """Rows ``day``, ``kind``, ``member``, ``page`` (place in the tree), ``subject`` and ``count``.

    In the order in which they happened: by day, then by kind.
    """

    columns: dict[str, np.ndarray]
    count: np.ndarray

    def __len__(self) -> int:
        return len(self.count)

    def of_a_day(self) -> Iterator[tuple[int, int, slice]]:
        """(day, kind, rows) for each day and kind; day 0 is the oldest."""
        together = self.columns["day"] * len(KINDS) + self.columns["kind"]
        starts = np.flatnonzero(np.diff(together, prepend=-1))
        for start, end in zip(starts, [*starts[1:], len(self)], strict=True):
            day, kind = divmod(int(together[start]), len(KINDS))
            yield day, kind, slice(int(start), int(end))


def form(members: int, seed: int) -> Habits:
    """Twenty rows a member: (member, kind, page, subject, day) once each, with how often."""
    dice = np.random.default_rng(seed)
    wanted = members * PER_MEMBER
    keys, counts = np.empty(0, np.int64), np.empty(0, np.int64)
    while len(keys) < wanted:
        deeds = _deeds(dice, members, max(wanted // 2, 10_000))
        new, often = np.unique(deeds, return_counts=True)
        keys, counts = _merged(keys, counts, new, often)
    chosen = np.sort(dice.permutation(len(keys))[:wanted])
    return Habits(_taken_apart(keys[chosen]), counts[chosen])


def _merged(keys, counts, new, often):
    together, place = np.unique(np.concatenate([keys, new]), return_inverse=True)
    return together, np.bincount(place, np.concatenate([counts, often])).astype(np.int64)


def _deeds(dice: np.random.Generator, members: int, number: int) -> np.ndarray:
    """Deeds as numbers that say day, kind, member, page and subject."""
    who = _people(dice, members, number)
    kind = dice.choice(len(KINDS), number, p=[share for _kind, share, *_rest in KINDS])
    page = _pages(dice, who, number)
    on_pages = np.array([places for *_rest, places, _worth in KINDS])[kind]
    product = page % OF_A_SHELF
    campaign = dice.integers(CAMPAIGNS, size=number)
    subject = np.select(
        [np.isin(kind, (1, 3, 4)), np.isin(kind, (5, 6))], [campaign, product], default=0
    )
    # More of late: the site grows.
    day = (DAYS * np.sqrt(dice.random(number))).astype(np.int64)
    columns = {"day": day, "kind": kind, "member": who, "page": np.where(on_pages, page + 1, 0)}
    return _put_together({**columns, "subject": subject})


def _people(dice: np.random.Generator, members: int, number: int) -> np.ndarray:
    # Who is active is the same in every round: it does not come from ``dice``.
    nature = np.random.default_rng(members)
    activity = nature.lognormal(0, 1.5, members) * (nature.random(members) > IDLE)
    ends = np.cumsum(activity)
    return 1 + np.searchsorted(ends, dice.random(number) * ends[-1], side="right")


def _pages(dice: np.random.Generator, who: np.ndarray, number: int) -> np.ndarray:
    favourite = (who * 2_654_435_761 >> 16) % SHELVES
    # The first shelves are the popular ones.
    other = np.minimum((SHELVES * dice.random(number) ** 2).astype(np.int64), SHELVES - 1)
    shelf = np.where(dice.random(number) < 0.6, favourite, other)
    place = (OF_A_SHELF * dice.random(number) ** 1.7).astype(np.int64)
    return shelf * OF_A_SHELF + np.minimum(place, OF_A_SHELF - 1)


def _put_together(columns: dict[str, np.ndarray]) -> np.ndarray:
    key = np.zeros(len(columns["day"]), np.int64)
    for name, bits in BITS.items():
        key = key << bits | columns[name]
    return key


def _taken_apart(key: np.ndarray) -> dict[str, np.ndarray]:
    columns = {}
    for name, bits in reversed(BITS.items()):
        columns[name] = key & ((1 << bits) - 1)
        key = key >> bits
    return columns


def worth(habits: Habits, rows: slice, kind: int) -> np.ndarray:
    """What each row is worth in yen, in hundreds."""
    most = KINDS[kind][-1]
    if not most:
        return np.zeros(rows.stop - rows.start, np.int64)
    mixed = habits.columns["member"][rows] * 31 + habits.columns["page"][rows] * 17
    return (5 + mixed % (most // 100 - 5)) * 100 * habits.count[rows]


def date_of(day: int, today: datetime.date) -> datetime.date:
    """Day ``DAYS`` - 1 is today."""
    return today - datetime.timedelta(days=DAYS - 1 - day)
