"""What rules name and offer, read together: a few queries however many rules there are.

While :func:`read_together` is open, each object that the given rules name is read with all others
of its model, and the rows that drop-downs offer are read by one query for all drop-downs.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, TypeVar

import swapper
from django.db.models import IntegerField, Model, QuerySet, TextField, Value
from django.db.models.functions import Cast, Left, Length
from wagtail import blocks

from wagtail_crm.registry import Registry

T = TypeVar("T")
# A row of a list: the model, then its columns as text.
Row = tuple[Any, ...]
# What all queries of the union have; a list that needs fewer leaves the last ones empty.
COLUMNS = 7


@dataclass(frozen=True)
class RuleChoices:
    """Rows that rules offer to choose from, contributed through ``register_crm_rule_choices``.

    ``queries`` makes querysets; of each row, ``columns`` are read as text: seven at most.
    """

    slug: str
    queries: Callable[[], Iterable[QuerySet[Any]]]
    columns: tuple[str, ...]


rule_choices: Registry[RuleChoices] = Registry("register_crm_rule_choices", RuleChoices)
_kept: "ContextVar[dict[Hashable, Any] | None]" = ContextVar("crm_rules_read", default=None)


@contextmanager
def read_together(block: Any, streams: Iterable[Any]) -> Iterator[None]:
    """Read at once what these raw streams of rules name, and the lists that rules offer."""
    token = _kept.set({})
    try:
        wanted: dict[Any, set[Any]] = defaultdict(set)
        for stream in streams:
            for model, key in _named_in(block, stream):
                wanted[model].add(key)
        for model, keys in wanted.items():
            named(model, keys)
        yield
    finally:
        _kept.reset(token)


def is_together() -> bool:
    return _kept.get() is not None


def once(key: Hashable, make: Callable[[], T]) -> T:
    """What ``make`` returns; made once while rules are read together."""
    kept = _kept.get()
    if kept is None:
        return make()
    if key not in kept:
        kept[key] = make()
    found: T = kept[key]
    return found


def named(model: Any, keys: Iterable[Any]) -> dict[Any, Any]:
    """The rows with these primary keys, and maybe others, by key."""
    known: dict[Any, Any] = once(("named", model), dict)
    missing = {key for key in keys if key is not None} - set(known)
    if missing:
        is_page = issubclass(model, swapper.load_model("wagtailcore", "Page"))
        known |= dict.fromkeys(missing) | (_pages if is_page else _rows)(model, missing)
    return known


def _rows(model: Any, keys: set[Any]) -> dict[Any, Any]:
    found: dict[Any, Any] = model._default_manager.in_bulk(keys)
    return found


def _pages(model: Any, keys: set[Any]) -> dict[Any, Any]:
    """Pages with their parents: the chooser opens where the chosen page is."""
    chosen = model._default_manager.filter(pk__in=keys)
    above = chosen.annotate(above=Left("path", Length("path") - model.steplen)).values("above")
    parents = model._default_manager.filter(path__in=above)
    by_path = {page.path: page for page in (chosen.order_by() | parents.order_by())}
    for page in by_path.values():
        page._cached_parent_obj = by_path.get(page.path[: -model.steplen])
    return {page.pk: page for page in by_path.values()}


def _named_in(block: Any, raw: Any) -> Iterator[tuple[Any, Any]]:
    """(model, key) of what choosers hold in raw rules of any depth."""
    if isinstance(block, blocks.StreamBlock):
        for child in raw or ():
            if child["type"] in block.child_blocks:
                yield from _named_in(block.child_blocks[child["type"]], child["value"])
    elif isinstance(block, blocks.StructBlock):
        for name, child_block in block.child_blocks.items():
            if isinstance(raw, dict) and name in raw:
                yield from _named_in(child_block, raw[name])
    elif isinstance(block, blocks.ListBlock):
        for item in raw or ():
            value = item["value"] if isinstance(item, dict) and "value" in item else item
            yield from _named_in(block.child_block, value)
    elif isinstance(block, NamedMixin) and raw is not None:
        yield block.model_class, raw


class NamedMixin:
    """For chooser blocks of rules: what many of them name is read at once."""

    model_class: Any

    def bulk_to_python(self, values: Iterable[Any]) -> list[Any]:
        known = named(self.model_class, values)
        return [known.get(value) for value in values]


def offered(slug: str) -> list[Row]:
    """The rows of a list; those of all lists are read together."""
    if not is_together():
        return _read([rule_choices[slug]])[slug]
    return once("lists", lambda: _read(rule_choices.values()))[slug]


def _read(lists: Iterable[RuleChoices]) -> dict[str, list[Row]]:
    asked = [(each, query) for each in lists for query in each.queries()]
    found: dict[str, list[Row]] = {each.slug: [] for each in lists}
    if not asked:
        return found
    first, *others = [
        _as_texts(number, query, each.columns) for number, (each, query) in enumerate(asked)
    ]
    for number, *texts in first.union(*others, all=True) if others else first:
        each, query = asked[number]
        found[each.slug].append((query.model, *texts[: len(each.columns)]))
    return found


def _as_texts(number: int, query: QuerySet[Any], columns: tuple[str, ...]) -> QuerySet[Any, Any]:
    rest = [Value("")] * (COLUMNS - len(columns))
    all_columns: list[Any] = [*columns, *rest]
    texts: dict[str, Any] = {
        f"crm_column_{place}": Cast(column, TextField()) for place, column in enumerate(all_columns)
    }
    numbered = query.order_by().annotate(crm_list=Value(number, IntegerField()), **texts)
    return numbered.values_list("crm_list", *texts)


def instances(rows: Iterable[Row], columns: Iterable[str]) -> list[Model]:
    """Rows as instances that know these fields and no others."""
    return [_instance(model, dict(zip(columns, texts, strict=True))) for model, *texts in rows]


def _instance(model: Any, texts: dict[str, Any]) -> Model:
    fields = {name: model._meta.get_field(name) for name in texts if name != "pk"}
    fields["pk"] = model._meta.pk
    made: Model = model(**{name: _parsed(fields[name], text) for name, text in texts.items()})
    return made


def _parsed(field: Any, text: Any) -> Any:
    is_json = field.get_internal_type() == "JSONField"
    return field.from_db_value(text, None, None) if is_json else field.to_python(text)
