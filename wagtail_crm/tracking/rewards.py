"""What members get for what they do, so that a page can promise it and thank for it."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from wagtail_crm.registry import Registry


@dataclass(frozen=True)
class Reward:
    """A kind of reward, contributed through ``register_crm_rewards``.

    ``promised`` takes the kind of event, pages and a member id (0: anybody) and returns for each
    page id what doing it there would bring now, in words ("50 pt"), leaving out where nothing
    does. ``given`` says in words what the event with that id brought, or "".
    """

    slug: str
    promised: Callable[[str, Sequence[Any], int], dict[int, str]]
    given: Callable[[UUID], str]


rewards: Registry[Reward] = Registry("register_crm_rewards", Reward)


def promised_rewards(kind: str, pages: Iterable[Any], member_id: int = 0) -> dict[int, list[str]]:
    """For each page id: what an event of ``kind`` there would bring this member."""
    pages = list(pages)
    found: dict[int, list[str]] = {page.pk: [] for page in pages}
    for reward in rewards.values():
        for page_id, words in reward.promised(kind, pages, member_id).items():
            found[page_id].append(words)
    return found


def given_rewards(event_id: UUID) -> list[str]:
    """What an event brought, in words."""
    return [words for reward in rewards.values() if (words := reward.given(event_id))]
