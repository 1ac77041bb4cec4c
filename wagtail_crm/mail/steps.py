"""The steps of a campaign, across the top of each of its screens."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.translation import pgettext_lazy

from .checklist import Finding, checklist
from .models import Campaign

STEPS: list[tuple[str, Any]] = [
    ("edit", pgettext_lazy("step of a campaign", "Content")),
    ("audience", pgettext_lazy("step of a campaign", "Audience")),
    ("time", pgettext_lazy("step of a campaign", "Time")),
    ("check", pgettext_lazy("step of a campaign", "Check")),
    ("send", pgettext_lazy("step of a campaign", "Send")),
]


@dataclass(frozen=True)
class Step:
    """One step: where it is, whether it is the present one, and how much must be fixed."""

    name: str
    label: Any
    number: int
    url: str = ""
    is_current: bool = False
    reds: int = 0


def step_url(campaign: Campaign, step: str) -> str:
    return reverse(f"crm_campaign:{step}", args=[campaign.pk])


def steps_of(
    campaign: Campaign | None, current: str, findings: list[Finding] | None = None
) -> list[Step]:
    """All steps; those of a campaign that is not saved yet lead nowhere."""
    if campaign is None or campaign.pk is None:
        return [
            Step(name, label, number, is_current=name == current)
            for number, (name, label) in enumerate(STEPS, 1)
        ]
    if findings is None:
        findings = checklist(campaign)
    reds = Counter(finding.step for finding in findings if finding.level == "red")
    return [
        Step(name, label, number, step_url(campaign, name), name == current, reds[name])  # type: ignore[index]
        for number, (name, label) in enumerate(STEPS, 1)
    ]


def next_step(campaign: Campaign, current: str) -> Step | None:
    names = [name for name, _label in STEPS]
    place = names.index(current) + 1
    return steps_of(campaign, current, [])[place] if place < len(names) else None
