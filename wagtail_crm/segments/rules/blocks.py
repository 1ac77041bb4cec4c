"""What an editor fills in: every rule is a StreamField block, and groups hold more of them."""

from typing import Any, ClassVar

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.fields import StreamField

from wagtail_crm.conf import crm_settings
from wagtail_crm.registry import Registry

from .base import Group, Rule

MATCHES = [
    ("all", _("all of these")),
    ("any", _("any of these")),
    ("none", _("none of these")),
]


class RuleBlock(blocks.StructBlock):
    """One kind of rule in the editor. ``slug`` is what the stream stores: never change it."""

    slug: ClassVar[str]

    def rule(self, value: Any) -> Rule:
        """The rule that this (cleaned) value means; ``Broken`` when it points at nothing."""
        raise NotImplementedError

    @property
    def label_text(self) -> str | Promise:
        return self.label


rule_blocks: Registry[RuleBlock] = Registry("register_crm_segment_rules", RuleBlock)


class GroupBlock(blocks.StructBlock):
    """Rules within rules; ``depth`` more levels may follow below it."""

    def __init__(self, depth: int = 0, **kwargs: Any) -> None:
        children = [
            ("match", blocks.ChoiceBlock(choices=MATCHES, default="any", label=_("Who match"))),
            ("rules", RuleStreamBlock(depth=depth, label=_("Rules"))),
        ]
        super().__init__(children, **kwargs)

    def rule(self, value: Any) -> Rule:
        return group_of(value["match"], value["rules"])

    class Meta:
        icon = "folder-open-inverse"
        label = _("Group")


class RuleStreamBlock(blocks.StreamBlock):
    """Every registered rule, and groups down to ``WAGTAIL_CRM["GROUP_DEPTH"]`` levels."""

    def __init__(
        self, local_blocks: Any = None, *, depth: int | None = None, **kwargs: Any
    ) -> None:
        depth = crm_settings.group_depth if depth is None else depth
        children = [*(local_blocks or ()), *rule_blocks.items()]
        if depth > 0:
            children.append(("group", GroupBlock(depth=depth - 1)))
        super().__init__(children, **kwargs)


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
