"""Segment rules answered naively, one member at a time, in plain Python.

Written from the words of the editor, not from the code: it knows facts, no SQL and no Django.
A rule is (type, value) as the editor stores it; a person is a :class:`Person`.
"""

import datetime
from dataclasses import dataclass, field
from decimal import Decimal


@dataclass
class Fact:
    """One event: what, on which page (as a path from the root), when, for how much."""

    kind: str
    day: datetime.date
    path: tuple = ()
    subject: str = ""
    value: Decimal = Decimal(0)


@dataclass
class Person:
    status: str = "prospect"
    language: str = ""
    registered: datetime.date | None = None
    attributes: dict = field(default_factory=dict)
    tags: set = field(default_factory=set)
    consents: dict = field(default_factory=dict)
    facts: list = field(default_factory=list)


def belongs(person, match, rules, world):
    """Whether a person is in a segment of these rules; who left is in none."""
    return person.status != "withdrawn" and group_holds(person, match, rules, world)


def group_holds(person, match, rules, world):
    answers = [rule_holds(person, rule, world) for rule in rules]
    if not answers:
        return True
    return {"all": all(answers), "any": any(answers), "none": not any(answers)}[match]


def rule_holds(person, rule, world):
    kind, value = rule
    if kind == "group":
        inner = [(child["type"], child["value"]) for child in value["rules"]]
        return group_holds(person, value["match"], inner, world)
    return RULES[kind](person, value, world)


def _facts(person, value, kind, world):
    facts = [fact for fact in person.facts if fact.kind == kind]
    if value["days"]:
        first = world.today - datetime.timedelta(days=value["days"] - 1)
        facts = [fact for fact in facts if first <= fact.day <= world.today]
    if value.get("subject"):
        facts = [fact for fact in facts if fact.subject == value["subject"]]
    if value["pages"]:
        named = [world.paths[pk] for pk in value["pages"]]
        facts = [
            fact
            for fact in facts
            if any(
                fact.path[: len(path)] == path if value["below"] else fact.path == path
                for path in named
            )
        ]
    return facts


def _compare(amount, value, limit):
    return amount >= limit if value["comparison"] == "at_least" else amount <= limit


def behaviour(person, value, world):
    times = len(_facts(person, value, value["kind"], world))
    return _compare(times, value, value["times"])


def purchase(person, value, world):
    facts = _facts(person, value, "purchase", world)
    measured = {"times": len(facts), "value": sum((fact.value for fact in facts), Decimal(0))}
    return _compare(measured[value["measure"]], value, Decimal(value["amount"]))


def attribute(person, value, world):
    stored = person.attributes.get(value["attribute"])
    comparison = value["comparison"]
    if comparison in ("is_not", "not_set"):
        positive = {"is_not": "is", "not_set": "set"}[comparison]
        return not attribute(person, {**value, "comparison": positive}, world)
    if stored is None:
        return False
    if comparison == "set":
        return True
    parse = world.parsers[value["attribute"]]
    given = [parse(text.strip()) for text in value["value"].split(",")]
    if isinstance(stored, list):
        return any(choice in stored for choice in given)
    match comparison:
        case "is" | "one_of":
            return stored in given
        case "contains":
            return given[0].lower() in stored.lower()
        case "starts_with":
            return stored.lower().startswith(given[0].lower())
        case "between":
            return given[0] <= stored <= parse(value["upper"])
        case "lt":
            return stored < given[0]
        case "lte":
            return stored <= given[0]
        case "gt":
            return stored > given[0]
        case "gte":
            return stored >= given[0]


def tag(person, value, world):
    return (value["tag"] in person.tags) is (value["has"] == "has")


def consent(person, value, world):
    return person.consents.get(value["purpose"], False) is (value["agreed"] == "agreed")


def status(person, value, world):
    return person.status == value["status"]


def language(person, value, world):
    return (person.language == value["language"]) is (value["comparison"] == "is")


def registered(person, value, world):
    if person.registered is None:
        return False
    first = world.today - datetime.timedelta(days=value["days"] - 1)
    return (person.registered >= first) is (value["when"] == "within")


def segment(person, value, world):
    match, rules = world.segments[value["segment"]]
    return belongs(person, match, rules, world) is (value["membership"] == "in")


RULES = {
    name: function
    for name, function in globals().items()
    if name
    in {
        "behaviour",
        "purchase",
        "attribute",
        "tag",
        "consent",
        "status",
        "language",
        "registered",
        "segment",
    }
}
