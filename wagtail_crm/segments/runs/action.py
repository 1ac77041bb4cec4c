"""The contract of an action on a segment; ``register_crm_segment_actions`` adds to the list."""

import json
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django import forms
from django.db.models import Q

from wagtail_crm.members.models import Member
from wagtail_crm.registry import Registry
from wagtail_crm.segments.models import Segment, SegmentRun

Options = Mapping[str, Any]


@dataclass(frozen=True)
class Skip:
    """Members to whom the action is not done, and why.

    ``reason`` reads after their number: "already tagged so". Of several conditions that hold
    for a member the first counts, so nobody is counted twice.
    """

    slug: str
    reason: Any
    condition: Any


@dataclass(frozen=True)
class Batch:
    """Some members of a run, in the order of their ids, none of whom is to be skipped."""

    run: SegmentRun
    number: int
    member_ids: Sequence[int]

    @property
    def options(self) -> Options:
        return self.run.options

    def key_of(self, member_id: int) -> str:
        """Names what this run does to a member: the same however often it is tried."""
        return f"run:{self.run.key}:{member_id}"


class ActionForm(forms.Form):
    """What an editor has to say before an action: whom it is for, and the segment, are known."""

    def __init__(self, *args: Any, segment: Segment, user: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.segment, self.user = segment, user

    def options(self) -> dict[str, Any]:
        """What was said, as JSON can keep it: the ``options`` of the run."""
        return dict(self.cleaned_data)

    def shown_with(self, name: str) -> dict[str, list[str]]:
        """The answers to other fields with which a field is shown; nothing: always."""
        return {}

    @property
    def rows(self) -> list[tuple[forms.BoundField, str]]:
        """Each field, and when it is shown as Wagtail's script reads it."""
        rules = ((field, self.shown_with(field.name)) for field in self)
        return [(field, json.dumps(rule) if rule else "") for field, rule in rules]


class SegmentAction(ABC):
    """Something that can be done to every member of a segment.

    Subclasses say what they are called, who may do it (``permission``, as ``has_perm`` wants
    it), what has to be filled in (``form_class``), and do it to one batch after the other.
    """

    slug: ClassVar[str]
    label: Any
    description: Any
    icon: str = "cog"
    order: int = 500
    permission: str
    form_class: type[ActionForm] = ActionForm
    # Members of one transaction. So many that their snapshots are dropped and not made anew, and
    # so few that segments are asked about them together and not by a statement each.
    batch_size: int = 900
    # Whether ``finish`` has something to do once all batches are done.
    has_end: bool = False

    def permitted(self, user: Any) -> bool:
        return bool(user.has_perm(self.permission))

    @abstractmethod
    def in_words(self, options: Options) -> str:
        """What is done, as a heading in the active language: 'Add the tag "VIP"'."""

    def button(self, options: Options, number: int) -> str:
        """What the button that starts it says; "" for the usual words."""
        return ""

    def notes(self, segment: Segment, options: Options) -> list[str]:
        """What else the editor should know before it starts."""
        return []

    def obstacles(self, segment: Segment, options: Options) -> list[str]:
        """Why it cannot be done at all at present, in sentences; nothing when it can."""
        return []

    def skips(self, options: Options) -> Sequence[Skip]:
        """To whom it is not done. Asked for the dry run and again for each batch."""
        return ()

    def begin(self, segment: Segment, options: dict[str, Any], by: Any) -> dict[str, Any]:
        """In the transaction that starts the run: make what the batches need; the options."""
        return options

    @abstractmethod
    def apply(self, batch: Batch) -> bytes | None:
        """Do it to the members of a batch, inside the transaction that marks the batch as done.

        So it happens exactly once, if all it does is write to this database. Returns what
        becomes part of the file of the run, for actions that make one.
        """

    def touches(self, options: Options) -> Iterable[str]:
        """The fields of members that change, as ``member_changed`` names them."""
        return ()

    def finish(self, run: SegmentRun) -> None:  # noqa: B027  # most have no end
        """Once every batch is done, in a transaction of its own; asked for if ``has_end``."""


class HandOver(SegmentAction):
    """An action that another screen carries on: the campaign that sends the mails, for example.

    It has a dry run and a line in the history; progress, pause and cancel are that screen's.
    """

    def apply(self, batch: Batch) -> bytes | None:
        raise NotImplementedError

    @abstractmethod
    def hand_over(self, run: SegmentRun, by: Any) -> str:
        """In the transaction that makes the run: begin it; the address where it goes on.

        Raises ``CannotStart``.
        """


class CannotStart(Exception):
    """It is not possible now; ``reasons`` are sentences for the editor."""

    def __init__(self, reasons: Sequence[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = list(reasons)


segment_actions: Registry[SegmentAction] = Registry(
    "register_crm_segment_actions",
    SegmentAction,  # type: ignore[type-abstract]  # only what is registered is asked
)


def actions_for(user: Any) -> list[SegmentAction]:
    """What this colleague may do, in the order of the list."""
    permitted = [action for action in segment_actions.values() if action.permitted(user)]
    return sorted(permitted, key=lambda action: action.order)


WITHDRAWN = Q(status=Member.Status.WITHDRAWN)


@dataclass(frozen=True)
class NamedSkip:
    """A reason, how many members it holds for, and some of them."""

    reason: Any
    number: int
    sample: list[Member] = field(default_factory=list)
