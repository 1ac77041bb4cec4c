"""Why somebody is in a segment, or is not: each rule, whether it holds, and what speaks for it."""

from collections.abc import Sequence
from dataclasses import dataclass

from wagtail_crm.members.models import Member
from wagtail_crm.tracking.models import Event

from .people import load_people
from .rules.base import Rule, Scope
from .rules.groups import Group, Match
from .rules.person import Person

# Events that are shown of what speaks for a rule, newest first.
MOST_EVIDENCE = 5


@dataclass(frozen=True)
class Finding:
    """A rule and whether it holds for one person; None when that depends on the visit.

    Of a group, ``parts`` are its rules, of which all, any or none have to hold (``match``).
    ``evidence`` are the newest of the events the rule is about; it may be empty for a rule that
    holds because something was not done.
    """

    holds: bool | None
    sentence: str
    match: Match | None = None
    parts: Sequence["Finding"] = ()
    evidence: Sequence[Event] = ()
    problems: Sequence[str] = ()


def explain(rule: Rule, member: Member) -> Finding:
    """The whole tree of ``rule``, asked of ``member`` now. Words are in the active language.

    What the database alone can answer is asked there. A query for each sort of fact, and one for
    the evidence of each rule that is about events.
    """
    people = load_people([member.pk], rule.reads())
    return _finding(rule, people[member.pk])


def _finding(rule: Rule, person: Person) -> Finding:
    if isinstance(rule, Group):
        parts = [_finding(part, person) for part in rule.rules]
        return Finding(_together(rule.match, parts), rule.sentence(), rule.match, parts)
    return Finding(
        _holds(rule, person),
        rule.clause().alone(),
        evidence=_evidence(rule, person),
        problems=rule.problems(),
    )


def _together(match: Match, parts: Sequence[Finding]) -> bool | None:
    """What the parts make together; where it hangs on an open one, it is open."""
    answers = {part.holds for part in parts}
    if not parts or match == "all":
        return False if False in answers else None if None in answers else True
    found = True if True in answers else None if None in answers else False
    return found if found is None or match == "any" else not found


def _holds(rule: Rule, person: Person) -> bool | None:
    if rule.problems():
        return False
    if rule.about_visit:
        return None
    if rule.only_in_sql:
        return _asked_in_sql(rule, person)
    return rule.holds(person)


def _evidence(rule: Rule, person: Person) -> Sequence[Event]:
    events = rule.evidence(person)
    return () if events is None else tuple(events[:MOST_EVIDENCE])


def _asked_in_sql(rule: Rule, person: Person) -> bool:
    scope = Scope(member_ids=(person.pk,), now=person.now)
    return Member.objects.filter(rule.condition(scope), pk=person.pk).exists()
