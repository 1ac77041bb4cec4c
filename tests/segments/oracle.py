"""Segment rules answered naively, one member at a time, in plain Python.

Written from the words of the editor, not from the code: it knows facts, no SQL and no Django.
A rule is (type, value) as the editor stores it; a person is a :class:`Person`. The world is what
they live in: ``now``, the site's ``zone``, ``pages`` by id, ``segments`` by id.
"""

import calendar
import datetime
import hashlib
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo, available_timezones

DAY = datetime.timedelta(days=1)
# Asked thousands of times, and each time the files would be searched.
ZONES = frozenset(available_timezones())


@dataclass
class Page:
    """Where it is, as a path of names from the root, and what it is."""

    path: tuple
    type: str = "wagtailcore.page"
    language: str = "ja"
    tags: set = field(default_factory=set)


@dataclass
class Fact:
    """One event: what, on which page, on which day of the site, for how much."""

    kind: str
    day: datetime.date
    page: Page | None = None
    subject: str = ""
    value: Decimal = Decimal(0)
    data: dict = field(default_factory=dict)


@dataclass
class Mail:
    """One mail: the days on which it was sent, and first opened and clicked by a person."""

    sent: datetime.date
    delivery: int
    opened: datetime.date | None = None
    clicked: datetime.date | None = None


@dataclass
class Person:
    id: uuid.UUID = field(default_factory=uuid.uuid4)
    status: str = "prospect"
    language: str = ""
    zone: str = ""
    registered: datetime.date | None = None
    attributes: dict = field(default_factory=dict)
    tags: set = field(default_factory=set)
    consents: dict = field(default_factory=dict)
    facts: list = field(default_factory=list)
    points: int = 0
    earned: int = 0  # what they got, less what was taken back; not less what they lost by leaving
    answers: dict = field(default_factory=dict)  # question → what they said
    mails: dict = field(default_factory=dict)


def today_at(zone, world):
    return world.now.astimezone(ZoneInfo(zone)).date()


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


def in_window(day, value, window, world):
    """Whether a day of the site is in what the editor chose."""
    ago = (today_at(world.zone, world) - day).days
    match window:
        case "ever":
            return True
        case "last":
            return 0 <= ago <= value["days"] - 1
        case "before":
            return ago >= value["days"]
        case "ago":
            return value["days"] <= ago <= value["days_to"]
    first, last = value["first_day"], value["last_day"]
    return (not first or day >= datetime.date.fromisoformat(first)) and (
        not last or day <= datetime.date.fromisoformat(last)
    )


def _window(value):
    # Rules that were saved before there was a choice have only days.
    return value.get("window") or ("last" if value["days"] else "ever")


def _is_there(page, value, world):
    """Whether a page is one of those the rule means."""
    asked = [value.get(name) for name in ("page_type", "page_tag", "page_language")]
    if not value["pages"] and not any(asked):
        return True
    if page is None:
        return False
    named = [world.pages[pk].path for pk in value["pages"]]
    if named and not any(
        page.path[: len(path)] == path if value["below"] else page.path == path for path in named
    ):
        return False
    kind, tag, language = asked
    return (
        (not kind or page.type == kind)
        and (not tag or tag in page.tags)
        and (not language or page.language == language)
    )


def _says(fact, test):
    """Whether the data of an event passes a test on one detail."""
    found = {"subject": fact.subject} if test["name"] == "subject" else fact.data
    for name in test["name"].split("."):
        found = found.get(name) if isinstance(found, dict) else None
    wanted = test["value"]
    is_number = type(found) in (int, float)
    match test["comparison"]:
        case "is" | "is_not":
            if is_number:
                try:
                    same = found == float(wanted)
                except ValueError:
                    same = False
            elif type(found) is bool:
                same = wanted == {True: "true", False: "false"}[found]
            else:
                same = found == wanted
            return same is (test["comparison"] == "is")
        case "contains":
            return isinstance(found, str) and wanted.lower() in found.lower()
        case "at_least":
            return is_number and found >= float(wanted)
        case "at_most":
            return is_number and found <= float(wanted)


def _deeds(person, value, kinds, subjects, world):
    """What counts, whenever it was."""
    return [
        fact
        for fact in person.facts
        if fact.kind in kinds
        and (not subjects or fact.subject in subjects)
        and _is_there(fact.page, value, world)
        and all(_says(fact, test) for test in value.get("properties", ()))
    ]


def _did(person, value, kinds, subjects, number, world):
    deeds = _deeds(person, value, kinds, subjects, world)
    counted = [fact for fact in deeds if in_window(fact.day, value, _window(value), world)]
    match value["comparison"]:
        case "never":
            return not counted
        case "first":
            return bool(deeds) and min(deeds, key=lambda fact: fact.day) in counted
        case "last":
            return bool(deeds) and max(deeds, key=lambda fact: fact.day) in counted
        case "nth":
            # Within a day nobody knows which came first: the number is reached on a day.
            deeds.sort(key=lambda fact: fact.day)
            number = int(Decimal(number))
            return len(deeds) >= number and deeds[number - 1] in counted
    amount = _amount(counted, value.get("measure", "times"))
    limit = Decimal(number)
    return {"at_least": amount >= limit, "at_most": amount <= limit, "exactly": amount == limit}[
        value["comparison"]
    ]


def _amount(facts, measure):
    if measure == "times":
        return len(facts)
    if measure == "days":
        return len({fact.day for fact in facts})
    if measure == "value":
        return sum((fact.value for fact in facts), Decimal(0))
    # At once: the same thing on the same day is one purchase.
    at_once = {}
    for fact in facts:
        thing = fact.kind, fact.page and fact.page.path, fact.subject, fact.day
        at_once[thing] = at_once.get(thing, 0) + fact.value
    return max(at_once.values(), default=0)


def behaviour(person, value, world):
    subjects = [value["subject"]] if value["subject"] else []
    return _did(person, value, [value["kind"]], subjects, value["times"], world)


PLACES = ("pages", "page_type", "page_tag", "page_language")


def purchase(person, value, world):
    what = value.get("what") or ("product" if value.get("product") else "anything")
    codes = {
        "anything": lambda: [],
        "product": lambda: [value["product"]],
        "category": lambda: world.categories[value["category"]],
    }[what]()
    is_place = any(value.get(name) for name in PLACES)
    kinds = ["purchase", "purchase_item"] if codes or is_place else ["purchase"]
    subjects = [f"sku:{code}" for code in codes]
    return _did(person, value, kinds, subjects, value["amount"], world)


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
    if comparison in ("in_last", "in_next", "anniversary"):
        return _is_near(stored, comparison, int(value["value"]), person, world)
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


def _is_near(stored, comparison, days, person, world):
    """Today is the person's own, and one of the days."""
    zone = person.zone if person.zone in ZONES else world.zone
    today, date = today_at(zone, world), datetime.date.fromisoformat(stored)
    if comparison == "in_last":
        return 0 <= (today - date).days < days
    if comparison == "in_next":
        return 0 <= (date - today).days < days
    return any(_celebrated(date, today + number * DAY) for number in range(days))


def _celebrated(date, day):
    if (date.month, date.day) == (2, 29) and not calendar.isleap(day.year):
        return (day.month, day.day) == (2, 28)
    return (day.month, day.day) == (date.month, date.day)


def tag(person, value, world):
    return (value["tag"] in person.tags) is (value["has"] == "has")


def consent(person, value, world):
    said = person.consents.get(value["purpose"])  # None: never asked
    return (
        said
        in {
            "agreed": [True],
            "not_agreed": [False, None],
            "refused": [False],
            "not_asked": [None],
        }[value["agreed"]]
    )


def status(person, value, world):
    return person.status == value["status"]


def language(person, value, world):
    return (person.language == value["language"]) is (value["comparison"] == "is")


def registered(person, value, world):
    window = {"within": "last"}.get(value["when"], value["when"])
    return person.registered is not None and in_window(person.registered, value, window, world)


def share(person, value, world):
    """The documented draw: the first 32 bits of a hash, as one of a hundred equal parts."""
    drawn = hashlib.md5(f"{person.id.hex}{value['draw']}".encode()).hexdigest()[:8]
    part = int(drawn, 16) * 100 // 2**32 + 1
    return (value["first"] <= part <= value["last"]) is (value["membership"] == "in")


def segment(person, value, world):
    match, rules = world.segments[value["segment"]]
    return belongs(person, match, rules, world) is (value["membership"] == "in")


def points(person, value, world):
    if value["comparison"] == "at_least":
        return person.points >= value["points"]
    return person.points <= value["points"]


def rank(person, value, world):
    """Of what there was to be had for the points earned, the one that took most."""
    own = max((least for least in world.ranks.values() if least <= person.earned), default=0)
    asked = world.ranks[value["rank"]]
    return {
        "is": own == asked,
        "is_not": own != asked,
        "at_least": own >= asked,
        "below": own < asked,
        "any": own > 0,
        "none": own == 0,
    }[value["comparison"]]


def survey(person, value, world):
    question = value["question"].partition(":")[2]
    said = person.answers.get(question, set()) if question else set(person.answers)
    wanted = {answer.rpartition(":")[2] for answer in value["answers"]}
    answered = bool(said & wanted) if question and wanted else bool(said)
    return answered is (value["comparison"] == "did")


def mail(person, value, world):
    mails = [
        mail
        for campaign, mail in person.mails.items()
        if value["which"] == "any" or campaign == value["campaign"]
    ]
    deed, window, soon = value["deed"], value["window"], value["days"]
    if deed == "sent":
        return any(in_window(mail.sent, value, window, world) for mail in mails)
    days = [(mail.sent, getattr(mail, deed.removeprefix("not_"))) for mail in mails]
    if not deed.startswith("not_"):
        return any(
            (done - sent).days <= soon
            if window == "within"
            else in_window(done, value, window, world)
            for sent, done in days
            if done
        )
    if window == "within":
        today = today_at(world.zone, world)
        over = [(sent, done) for sent, done in days if (today - sent).days > soon]
        return bool(over) and not any(done and (done - sent).days <= soon for sent, done in over)
    asked = [done for sent, done in days if in_window(sent, value, window, world)]
    return bool(asked) and not any(asked)


RULES = {
    function.__name__: function
    for function in (
        behaviour,
        purchase,
        attribute,
        tag,
        consent,
        status,
        language,
        registered,
        share,
        segment,
        points,
        rank,
        survey,
        mail,
    )
}
