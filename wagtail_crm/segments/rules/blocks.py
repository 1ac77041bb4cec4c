"""What an editor fills in: every rule is a StreamField block, and groups hold more of them."""

import copy
import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.forms.models import ModelChoiceIterator
from django.utils.functional import cached_property
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.admin.staticfiles import versioned_static
from wagtail.admin.telepath import register
from wagtail.blocks.stream_block import StreamBlockAdapter
from wagtail.fields import StreamField

from wagtail_crm.conf import crm_settings
from wagtail_crm.registry import Registry

from .base import Broken, Rule
from .groups import Group
from .reading import instances, is_together, offered, once, rule_choices

MATCHES = [
    ("all", _("all of these")),
    ("any", _("any of these")),
    ("none", _("none of these")),
]

# Headings of the menu that adds a rule, in this order.
WHAT_THEY_DID = _("What they did")
WHO_THEY_ARE = _("Who they are")
THIS_VISIT = _("This visit")
COMBINE = _("Combine")

GROUP = "group"
MISSING = "missing"


class RuleBlock(blocks.StructBlock):
    """One kind of rule in the editor. ``slug`` is what the stream stores: never change it.

    ``Meta.group`` is the heading in the menu that adds rules. Objects that a rule names are
    chosen with chooser blocks: then Wagtail knows where they are used, and the segment follows
    when they go (see ``segments.actions.follow_named_object``).
    """

    slug: ClassVar[str]

    def rule(self, value: Any) -> Rule:
        """The rule that this value means, as read from the database or from a cleaned form.

        ``Broken`` when it points at nothing.
        """
        raise NotImplementedError

    def normalize(self, value: Any) -> Any:
        """Code may name the fields that matter; the others have what a new rule has in the form."""
        if not isinstance(value, self.meta.value_class):
            value = self.left_out() | dict(value)
        return super().normalize(value)

    def left_out(self) -> dict[str, Any]:
        """What fields have that code does not name."""
        return {name: child.get_default() for name, child in self.child_blocks.items()}

    def check_fields(self, value: Any) -> None:
        """Raise ``ValidationError``, by name of the field, for what makes no sense together.

        Each field is right by itself; here they may be tidied. Not asked of a draft, which may be
        half a thought.
        """

    def clean(self, value: Any) -> Any:
        cleaned = super().clean(value)
        if not self.is_deferred_validation:
            try:
                self.check_fields(cleaned)
            except ValidationError as error:
                raise _by_field(error) from error
        return cleaned

    class Meta:
        group = WHAT_THEY_DID
        form_classname = "struct-block crm-rule"


def _by_field(error: ValidationError) -> blocks.StructBlockValidationError:
    """What names no field is said above all of them."""
    found = error.update_error_dict({})
    above = found.pop(NON_FIELD_ERRORS, None)
    named = {name: ValidationError(errors) for name, errors in found.items()}
    return blocks.StructBlockValidationError(named, above)


rule_blocks: Registry[RuleBlock] = Registry("register_crm_segment_rules", RuleBlock)


class PickIterator(ModelChoiceIterator):
    """The choices of a drop-down, which rules read together."""

    field: "PickField"

    def __iter__(self) -> Iterator[Any]:
        if self.field.empty_label is not None:
            yield "", self.field.empty_label
        for row in self.field.offers():
            yield self.choice(row)


class PickField(forms.ModelChoiceField):
    iterator = PickIterator

    def __init__(self, *, offers: Callable[[], Iterable[Any]], **kwargs: Any) -> None:
        self.offers = offers
        super().__init__(**kwargs)


class PickBlock(blocks.ChooserBlock):
    """A chooser as a plain drop-down, for tables that are short.

    ``by`` is the unique field that is stored, so that rules can be written and read by people.
    ``offers`` is the name of the :class:`RuleChoices` that it offers.
    """

    widget: Any = forms.Select()

    def __init__(self, target_model: str, *, offers: str, by: str = "pk", **kwargs: Any) -> None:
        self.target_model = target_model
        self.by = by
        self.offers = offers
        super().__init__(**kwargs)

    @cached_property
    def field(self) -> forms.ModelChoiceField:
        return PickField(
            offers=self.rows,
            queryset=self.model_class.objects.all(),
            to_field_name=self.by,
            widget=self.widget,
            required=self._required,
            help_text=self._help_text,
        )

    def rows(self) -> list[Any]:
        """What it offers, in the order of the model; these rows know only what is shown."""
        return once(("offered", self.offers), self._rows)

    def _rows(self) -> list[Any]:
        rows = instances(offered(self.offers), rule_choices[self.offers].columns)
        ordering = self.model_class._meta.ordering or ["name"]
        return sorted(rows, key=lambda row: [getattr(row, name) for name in ordering])

    def to_python(self, value: Any) -> Any:
        return self.model_class.objects.filter(**{self.by: value}).first() if value else None

    def value_from_form(self, value: Any) -> Any:
        return value if isinstance(value, self.model_class) else self.to_python(value)

    def bulk_to_python(self, values: Any) -> list[Any]:
        """As in the base class: the same rows in the same order, None for gaps."""
        wanted = {value for value in values if value}
        rows: Any = self.model_class.objects.filter(**{f"{self.by}__in": wanted})
        found = {getattr(row, self.by): row for row in (self.rows() if is_together() else rows)}
        return [copy.copy(found.get(value)) for value in values]

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else getattr(value, self.by)

    def get_form_state(self, value: Any) -> Any:
        return self.field.widget.format_value(self.get_prep_value(value))

    def clean(self, value: Any) -> Any:
        # The field cleans what the browser sends, not rows.
        key = getattr(value, self.by) if isinstance(value, self.model_class) else value
        return blocks.FieldBlock.clean(self, key)


class MissingRuleBlock(RuleBlock):
    """Stands for a rule whose room is not installed any more, and keeps what it said.

    Wagtail would leave an unknown block out, and a segment that lost a condition is a larger one.
    """

    slug = MISSING

    kind = blocks.CharBlock(required=False)
    data = blocks.CharBlock(required=False)

    def rule(self, value: Any) -> Rule:
        return Broken(missing_text(value["kind"]))

    def clean(self, value: Any) -> Any:
        raise blocks.StructBlockValidationError(
            non_block_errors=[ValidationError(missing_text(value["kind"]))]
        )

    class Meta:
        icon = "warning"
        label = _("Rule that is not available")
        group = COMBINE
        form_classname = "struct-block crm-rule crm-rule--missing"
        help_text = _(
            "What it asks is not available on this site, or lies deeper than groups go here. "
            "Remove it to be able to save."
        )


def missing_text(kind: str) -> str:
    if kind == GROUP:
        return gettext(
            "A group lies deeper within others than this site allows, so it cannot be shown. "
            "Remove it, and add its rules to a group further out."
        )
    text = gettext("A rule of the kind “%(kind)s” is not available on this site; remove it.")
    return text % {"kind": kind}


class GroupBlock(blocks.StructBlock):
    """Rules within rules; ``depth`` more levels may follow below it."""

    def __init__(self, depth: int = 0, **kwargs: Any) -> None:
        end = "" if depth else _("Groups go no deeper than this one.")
        children = [
            ("match", blocks.ChoiceBlock(choices=MATCHES, default="any", label=_("Who match"))),
            ("rules", RuleStreamBlock(depth=depth, label=_("Rules"), help_text=end)),
        ]
        super().__init__(children, **kwargs)

    def rule(self, value: Any) -> Rule:
        return group_of(value["match"], value["rules"])

    class Meta:
        icon = "folder-open-inverse"
        label = _("Group of rules")
        group = COMBINE
        form_classname = "struct-block crm-rule-group"


class RuleStreamBlock(blocks.StreamBlock):
    """Every registered rule, and groups down to ``WAGTAIL_CRM["GROUP_DEPTH"]`` levels."""

    def __init__(
        self, local_blocks: Any = None, *, depth: int | None = None, **kwargs: Any
    ) -> None:
        depth = crm_settings.group_depth if depth is None else depth
        children = [*(local_blocks or ()), *rule_blocks.items()]
        if depth > 0:
            children.append((GROUP, GroupBlock(depth=depth - 1)))
        children.append((MISSING, MissingRuleBlock()))
        super().__init__(children, **kwargs)

    def clean(self, value: Any) -> Any:
        if self.required and not value and not self.is_deferred_validation:
            error = ValidationError(gettext("Add at least one rule to this group."))
            raise blocks.StreamBlockValidationError(non_block_errors=[error])
        return super().clean(value)

    def grouped_child_blocks(self) -> Any:
        groups = dict(super().grouped_child_blocks())
        order = [WHAT_THEY_DID, WHO_THEY_ARE, THIS_VISIT]
        first = [(group, groups.pop(group)) for group in order if group in groups]
        return [*first, *groups.items()]

    def to_python(self, value: Any) -> Any:
        if isinstance(value, str) and value:
            try:
                value = json.loads(value)
            except ValueError:
                return super().to_python(value)
        if isinstance(value, list) and value and isinstance(value[0], dict):
            value = self._without_gaps(value)
        return super().to_python(value)

    def bulk_to_python(self, values: Any) -> Any:
        return super().bulk_to_python([self._without_gaps(stream) for stream in values])

    def _without_gaps(self, stream: Any) -> list[dict[str, Any]]:
        """Unknown rules as missing ones, and missing ones that are known again as themselves."""
        return [self._or_missing(child) for child in stream]

    def _or_missing(self, child: dict[str, Any]) -> dict[str, Any]:
        kind, value = child["type"], child["value"]
        if kind == MISSING and value.get("kind") in self.child_blocks:
            return {**child, "type": value["kind"], "value": json.loads(value["data"])}
        if kind not in self.child_blocks:
            return {**child, "type": MISSING, "value": {"kind": kind, "data": json.dumps(value)}}
        return child


class RuleStreamAdapter(StreamBlockAdapter):
    """Leaves out of the menu what only stands for something else."""

    js_constructor = "wagtail_crm.segments.RuleStream"

    def js_args(self, block: RuleStreamBlock) -> list[Any]:
        *others, meta = super().js_args(block)
        return [*others, meta | {"notOffered": [MISSING], "addText": gettext("Add a rule")}]

    @cached_property
    def media(self) -> forms.Media:
        own = forms.Media(
            js=[
                versioned_static(f"wagtail_crm/segments/{name}.js") for name in ("adding", "rules")
            ],
            css={"all": [versioned_static("wagtail_crm/segments/adding.css")]},
        )
        return super().media + own


register(RuleStreamAdapter(), RuleStreamBlock)


class RulesField(StreamField):
    """A StreamField of rules. Migrations do not list its blocks: they come from hooks."""

    def __init__(self, block_types: Any = RuleStreamBlock, **kwargs: Any) -> None:
        super().__init__(block_types or RuleStreamBlock, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, _args, kwargs = super(StreamField, self).deconstruct()
        return name, path, [], kwargs


def group_of(match: Any, stream: Any) -> Group:
    """The rule tree of a stream of rule blocks, as read from the database or from a form."""
    return Group(match, tuple(child.block.rule(child.value) for child in stream))
