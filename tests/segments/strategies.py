"""Random rules, as editors store them."""

import datetime

import hypothesis.strategies as st

from tests.surveys.factories import BAKE, BREAD, CAKES, WHY

CITIES = ["Tokyo", "Osaka", "大阪", "tokyo bay"]
# Around the moments at which lives begin, leap days and anniversaries of them.
DATES = [
    "1984-02-29",
    "2001-02-28",
    "2000-03-01",
    "1999-11-01",
    "1971-03-14",
    "2024-02-29",
    "2026-11-01",
    "2026-11-02",
    "2027-02-26",
    "2027-02-28",
    "2027-03-01",
    "2027-03-14",
    "2028-02-28",
    "2028-02-29",
]
VALUES = {
    "city": CITIES,
    "age": [-1, 0, 20, 20.5, 100],
    "born": DATES,
    "rank": ["gold", "silver"],
    "likes": [["bread"], ["cake", "bread"], ["tea"]],
    "vegan": [True, False],
}
TYPES = {
    "city": "text",
    "age": "number",
    "born": "date",
    "rank": "choice",
    "likes": "choices",
    "vegan": "boolean",
}
PARSERS = {
    "city": str,
    "age": float,
    "born": str,
    "rank": str,
    "likes": str,
    "vegan": lambda text: text == "true",
}
CHOICES = {"rank": "gold\nsilver", "likes": "bread\ncake\ntea"}
MOMENTS = ("first", "last", "nth")
# The second as it was stored before there were categories.
BOUGHT = [
    {},
    {"product": "A"},
    {"what": "anything", "product": "A"},
    {"what": "product", "product": "B"},
    {"what": "category", "category": "bread"},
    {"what": "category", "category": "tea"},
]
CATEGORIES = {"bread": ["A", "B"], "tea": ["B", "C"]}
KINDS = ["page_view", "purchase", "purchase_item", "login"]

days = st.sampled_from([1, 2, 3, 5])


def typed(key):
    """Values of an attribute as an editor types them."""
    if key == "likes":
        return st.sampled_from(["bread", "cake", "tea"])
    if key == "vegan":
        return st.sampled_from(["true", "false"])
    return st.sampled_from([str(value) for value in VALUES[key]])


@st.composite
def attribute_rules(draw):
    key = draw(st.sampled_from([*sorted(VALUES), "born", "born"]))
    comparisons = ["is", "is_not", "set", "not_set"]
    if key != "vegan":
        comparisons += ["one_of"]
    if key == "city":
        comparisons += ["contains", "starts_with"]
    if key in ("age", "born"):
        comparisons += ["lt", "lte", "gt", "gte", "between"]
    if key == "born":
        comparisons += ["in_last", "in_next", "anniversary"] * 3
    comparison = draw(st.sampled_from(comparisons))
    value, upper = draw(typed(key)), draw(typed(key))
    if comparison == "one_of":
        value = ", ".join(draw(st.lists(typed(key), min_size=1, max_size=3)))
    if comparison in ("contains", "starts_with"):
        value = draw(st.sampled_from(["tok", "o", "大", "%", "_", "Tokyo"]))
    if comparison in ("in_last", "in_next", "anniversary"):
        value = draw(st.sampled_from(["1", "2", "5", "30", "366"]))
    if comparison == "between":
        value, upper = sorted([value, upper], key=PARSERS[key])
    value = {"attribute": key, "comparison": comparison, "value": value, "upper": upper}
    return "attribute", value


def dates(world):
    """From and until, either of which may be left out."""
    start = world.now.date()
    near = [(start + datetime.timedelta(days=number)).isoformat() for number in (-5, -2, 0, 1)]
    pairs = st.tuples(st.sampled_from([None, *near]), st.sampled_from([None, *near]))
    return pairs.filter(lambda pair: any(pair)).map(
        lambda pair: (pair[1], pair[0]) if all(pair) and pair[1] < pair[0] else pair
    )


@st.composite
def windows(draw, world, choices):
    first, last = draw(dates(world))
    number = draw(days)
    return {
        "window": draw(st.sampled_from(choices)),
        "days": number,
        "days_to": number + draw(st.integers(0, 3)),
        "first_day": first,
        "last_day": last,
    }


@st.composite
def properties(draw):
    name, comparison, value = draw(
        st.sampled_from(
            [
                ("device", "is", "phone"),
                ("device", "is_not", "phone"),
                ("device", "contains", "HON"),
                ("device", "at_least", "1"),
                ("results", "is", "1"),
                ("results", "is", "1.0"),
                ("results", "at_least", "1"),
                ("results", "at_most", "0.5"),
                ("results", "is_not", "phone"),
                ("granted", "is", "true"),
                ("granted", "is_not", "false"),
                ("granted", "is", "1"),
                ("touch.utm_source", "is", "letter"),
                ("touch.utm_source", "is_not", "letter"),
                ("subject", "contains", "KU:"),
                ("subject", "is_not", "sku:A"),
                ("subject", "at_least", "1"),
                ("device.of.nobody", "is", "phone"),
            ]
        )
    )
    return {"name": name, "comparison": comparison, "value": value}


@st.composite
def placed_rules(draw, world):
    comparison = draw(
        st.sampled_from(
            ["at_least", "at_least", "at_most", "exactly", "never", "first", "last", "nth"]
        )
    )
    choices = ["last", "before", "ago", "dates"]
    if comparison not in MOMENTS:
        choices.append("ever")
    seldom = st.sampled_from([False, False, True])
    value = {
        "comparison": comparison,
        "pages": draw(st.lists(st.sampled_from(sorted(world.pages)), max_size=2)),
        "below": draw(st.booleans()),
        "page_type": draw(st.sampled_from(world.page_types)) if draw(seldom) else "",
        "page_tag": draw(st.sampled_from(world.page_tags)) if draw(seldom) else "",
        "page_language": draw(st.sampled_from(["ja", "en"])) if draw(seldom) else "",
        **draw(windows(world, choices)),
    }
    if draw(seldom):  # as it was stored before there were windows
        for name in ("window", "days_to", "first_day", "last_day", "page_type"):
            del value[name]
        value["days"] = draw(days) if comparison in MOMENTS else draw(st.none() | days)
    least = 1 if comparison in ("at_least", "nth") else 0
    if draw(st.booleans()):
        counted = {"times": draw(st.integers(least, 3)), "measure": draw(_measures("times"))}
        wanted = draw(st.lists(properties(), max_size=2)) if draw(seldom) else []
        subject = draw(st.sampled_from(["", "", "sku:A"]))
        kind = draw(st.sampled_from(KINDS))
        return "behaviour", value | counted | {
            "kind": kind, "subject": subject, "properties": wanted
        }  # fmt: skip
    measure = draw(_measures("times", "value", "single"))
    if comparison in ("exactly", "nth"):
        measure = "times"
    amounts = st.integers(least, 3)
    if measure in ("value", "single"):
        amounts = st.sampled_from([0.5, 50, 100, 150])
    return "purchase", value | {
        "measure": measure, "amount": str(draw(amounts)), **draw(st.sampled_from(BOUGHT))
    }  # fmt: skip


def pages_or_anywhere(world):
    """Views of some pages, or of any; nothing else is asked of the pages."""
    return st.fixed_dictionaries(
        {
            "kind": st.just("page_view"),
            "comparison": st.sampled_from(["at_least", "never"]),
            "times": st.just(1),
            "pages": st.lists(st.sampled_from(sorted(world.pages)), max_size=1),
            "below": st.booleans(),
            "measure": st.just("times"),
            "subject": st.just(""),
            "properties": st.just([]),
            "window": st.just("ever"),
        }
    ).map(lambda value: ("behaviour", value))


def _measures(*others):
    return st.sampled_from([*others, "days"])


@st.composite
def registered_rules(draw, world):
    value = draw(windows(world, ["-"]))
    when = draw(st.sampled_from(["within", "before", "dates"]))
    kept = {name: value[name] for name in ("days", "first_day", "last_day")}
    return "registered", {"when": when, **kept}


@st.composite
def share_rules(draw):
    first = draw(st.integers(1, 60))
    return "share", {
        "membership": draw(st.sampled_from(["in", "not_in"])),
        "first": first,
        "last": first + draw(st.integers(0, 40)),
        "draw": draw(st.sampled_from(["", "autumn", "秋"])),
    }


@st.composite
def mail_rules(draw, world, windows_of=("ever", "last", "before", "ago", "dates", *["within"] * 4)):
    deeds = ["opened", "not_opened", "not_opened", "clicked", "not_clicked"]
    value = draw(windows(world, windows_of))
    if value["window"] != "within":
        deeds.append("sent")
    campaign = draw(st.none() | st.sampled_from(sorted(world.campaigns)))
    which = "any" if campaign is None else "one"
    return "mail", {
        "deed": draw(st.sampled_from(deeds)),
        "which": which,
        "campaign": campaign,
    } | value


@st.composite
def survey_rules(draw, world):
    question, answers = draw(st.sampled_from([("", []), (BAKE, [BREAD, CAKES]), (WHY, [])]))
    asked = f"{world.survey.pk}:{question}"
    chosen = draw(st.sets(st.sampled_from(answers))) if answers else []
    return "survey", {
        "question": asked,
        "comparison": draw(st.sampled_from(["did", "did_not"])),
        "answers": sorted(f"{asked}:{answer}" for answer in chosen),
    }


def points_rules():
    comparison = st.sampled_from(["at_least", "at_most"])
    value = st.fixed_dictionaries(
        {"comparison": comparison, "points": st.sampled_from([0, 1, 10, 60, 100])}
    )
    return st.tuples(st.just("points"), value)


def rank_rules(world):
    comparison = st.sampled_from(["is", "is_not", "at_least", "below", "any", "none"])
    rank = st.sampled_from(sorted(world.ranks))
    value = st.fixed_dictionaries({"comparison": comparison, "rank": rank})
    return st.tuples(st.just("rank"), value)


def simple_rules(world):
    tags = sorted(world.tags)
    fields = {
        "tag": {"has": st.sampled_from(["has", "has_not"]), "tag": st.sampled_from(tags)},
        "consent": {
            "agreed": st.sampled_from(["agreed", "not_agreed", "refused", "not_asked"]),
            "purpose": st.sampled_from(["email", "profiling"]),
        },
        "status": {"status": st.sampled_from(["registered", "prospect"])},
        "language": {
            "comparison": st.sampled_from(["is", "is_not"]),
            "language": st.sampled_from(["ja", "en"]),
        },
    }
    return st.one_of(
        [st.tuples(st.just(name), st.fixed_dictionaries(each)) for name, each in fields.items()]
    )


def grouped(rules):
    value = st.fixed_dictionaries(
        {
            "match": st.sampled_from(["all", "any", "none"]),
            "rules": st.lists(
                rules.map(lambda rule: {"type": rule[0], "value": rule[1]}), min_size=1, max_size=3
            ),
        }
    )
    return st.tuples(st.just("group"), value)


def leaves(world):
    return st.one_of(
        attribute_rules(),
        placed_rules(world),
        placed_rules(world),
        placed_rules(world),
        registered_rules(world),
        share_rules(),
        simple_rules(world),
        mail_rules(world),
        mail_rules(world),
        st.one_of(survey_rules(world), points_rules(), rank_rules(world)),
    )


def segment_rules(world):
    trees = st.recursive(leaves(world), grouped, max_leaves=6)
    return st.tuples(
        st.sampled_from(["all", "any", "none"]), st.lists(trees, min_size=1, max_size=3)
    )


def near_dates():
    """Rules about dates near today: those that each time zone's midnight may change."""
    return st.builds(
        lambda comparison, days: (
            "attribute",
            {"attribute": "born", "comparison": comparison, "value": days, "upper": ""},
        ),
        st.sampled_from(["in_last", "in_next", "anniversary"]),
        st.sampled_from(["1", "2", "3"]),
    )


def timed_rules(world):
    """Rules whose answer time alone may change."""
    moving = ("last", "before", "ago")
    deeds = placed_rules(world).filter(lambda rule: rule[1].get("window") in moving)
    mails = mail_rules(world, [*moving, "within"])
    return st.one_of(near_dates(), near_dates(), deeds, registered_rules(world), mails)
