"""The actions that every site has, besides the file: tags, attributes, static segments."""

from collections.abc import Iterable, Sequence
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from wagtail_crm.members import actions as members
from wagtail_crm.members.attributes import PREFIX, display_value, form_fields, stored_value
from wagtail_crm.members.models import AttributeDefinition, Member, TaggedMember
from wagtail_crm.members.tag_form import TagForm
from wagtail_crm.segments import static
from wagtail_crm.segments.models import Membership, Segment, segment_field

from .action import ActionForm, Batch, CannotStart, Options, SegmentAction, Skip

CHANGE_MEMBERS = "wagtail_crm_members.change_member"
CHANGE_SEGMENTS = "wagtail_crm_segments.change_segment"
# Of an attribute's definition, what says a value in words; the history may outlive the attribute.
WORDS = ("label", "type", "choices", "translations")


class TagsForm(ActionForm, TagForm):
    def options(self) -> dict[str, Any]:
        remove = [tag.name for tag in self.cleaned_data["remove"]]
        return {"add": sorted(set(self.cleaned_data["add"]) - set(remove)), "remove": remove}


class TagAction(SegmentAction):
    slug = "tag"
    label = _("Tag")
    description = _("Put tags on these members, or take them off.")
    icon = "tag"
    order = 200
    permission = CHANGE_MEMBERS
    form_class = TagsForm

    def in_words(self, options: Options) -> str:
        parts = []
        if options["add"]:
            parts.append(gettext("Add the tags: %(tags)s") % {"tags": _listed(options["add"])})
        if options["remove"]:
            words = {"tags": _listed(options["remove"])}
            parts.append(gettext("Remove the tags: %(tags)s") % words)
        return gettext(". ").join(parts)

    def skips(self, options: Options) -> Sequence[Skip]:
        settled = Q()
        for name in options["add"]:
            settled &= Q(_tagged(name))
        for name in options["remove"]:
            settled &= ~Q(_tagged(name))
        return [Skip("settled", _("already tagged so"), settled)]

    def apply(self, batch: Batch) -> None:
        people = Member.objects.filter(pk__in=batch.member_ids)
        members.tag_members(
            members=people, add=batch.options["add"], remove=batch.options["remove"]
        )

    def touches(self, options: Options) -> Iterable[str]:
        return {"tags"}


def _tagged(name: str) -> Exists:
    return Exists(TaggedMember.objects.filter(content_object=OuterRef("pk"), tag__name=name))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(names)


class AttributeForm(ActionForm):
    """One value field per attribute; Wagtail's script shows that of the chosen one."""

    attribute = forms.ModelChoiceField(
        label=_("Attribute"), queryset=AttributeDefinition.objects.all(), to_field_name="key"
    )
    clear = forms.BooleanField(
        label=_("Take the value away"),
        required=False,
        help_text=_("Members then have no value for this attribute."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.definitions = list(AttributeDefinition.objects.all())
        for name, field in form_fields(self.definitions).items():
            self.fields[name] = _yes_or_no(field) if _is_boolean(field) else field
            self.fields[name].required = False
        self.order_fields(["attribute", *(PREFIX + each.key for each in self.definitions), "clear"])

    def shown_with(self, name: str) -> dict[str, list[str]]:
        is_value = name.startswith(PREFIX)
        return {"attribute": [name.removeprefix(PREFIX)]} if is_value else {}

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if not self.errors and self._value() is None and not said["clear"]:
            name = PREFIX + said["attribute"].key
            self.add_error(name, _("Say which value, or tick that it is taken away."))
        return said

    def _value(self) -> Any:
        return stored_value(self.cleaned_data.get(PREFIX + self.cleaned_data["attribute"].key))

    def options(self) -> dict[str, Any]:
        clear = self.cleaned_data["clear"]
        definition = self.cleaned_data["attribute"]
        return {
            "attribute": definition.key,
            "value": None if clear else self._value(),
            "definition": {name: getattr(definition, name) for name in WORDS},
        }


def _is_boolean(field: forms.Field) -> bool:
    return isinstance(field, forms.BooleanField)


def _yes_or_no(field: forms.Field) -> forms.Field:
    """A box left empty could mean no, or nothing at all."""
    return forms.TypedChoiceField(
        label=field.label,
        help_text=field.help_text,
        choices=[("", _("Please choose")), ("true", _("Yes")), ("false", _("No"))],
        coerce=lambda value: value == "true",
        empty_value=None,
    )


class AttributeAction(SegmentAction):
    slug = "attribute"
    label = _("Set an attribute")
    description = _("Write the same value into an attribute of all these members.")
    icon = "edit"
    order = 300
    permission = CHANGE_MEMBERS
    form_class = AttributeForm

    def in_words(self, options: Options) -> str:
        definition = AttributeDefinition(**options["definition"])
        words = {"attribute": definition.text("label")}
        if options["value"] is None:
            return gettext("Take the value of “%(attribute)s” away") % words
        words["value"] = display_value(definition, options["value"])
        return gettext("Set “%(attribute)s” to “%(value)s”") % words

    def skips(self, options: Options) -> Sequence[Skip]:
        key, value = options["attribute"], options["value"]
        if value is None:
            return [Skip("settled", _("without a value there"), ~Q(attributes__has_key=key))]
        return [Skip("settled", _("with this value already"), Q(**{f"attributes__{key}": value}))]

    def apply(self, batch: Batch) -> None:
        members.set_attribute(
            member_ids=batch.member_ids,
            key=batch.options["attribute"],
            value=batch.options["value"],
        )

    def touches(self, options: Options) -> Iterable[str]:
        return {f"attributes.{options['attribute']}"}


class StaticForm(ActionForm):
    target = forms.ModelChoiceField(
        label=_("Static segment"),
        queryset=Segment.objects.static().order_by("name"),
        required=False,
        empty_label=_("A new one, named below"),
    )
    name = forms.CharField(label=_("Name of the new segment"), max_length=120, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        others = Segment.objects.static().exclude(pk=self.segment.pk)
        self.fields["target"].queryset = others.order_by("name")  # type: ignore[attr-defined]
        if not may_add_segments(self.user):
            del self.fields["name"]
            self.fields["target"].required = True
            self.fields["target"].empty_label = _("Please choose")  # type: ignore[attr-defined]

    def shown_with(self, name: str) -> dict[str, list[str]]:
        return {"target": [""]} if name == "name" else {}

    def clean(self) -> dict[str, Any]:
        said = self.cleaned_data
        if said.get("target") or "name" not in self.fields or self.errors:
            return said
        if not said["name"]:
            self.add_error("name", _("Choose a segment, or name a new one."))
        elif Segment.objects.filter(name=said["name"]).exists():
            self.add_error("name", _("There is a segment of this name."))
        return said

    def options(self) -> dict[str, Any]:
        target = self.cleaned_data.get("target")
        if target:
            return {"target": target.pk, "name": target.name}
        return {"target": None, "name": self.cleaned_data["name"]}


def may_add_segments(user: Any) -> bool:
    return bool(user.has_perm("wagtail_crm_segments.add_segment"))


class StaticAction(SegmentAction):
    """Changes who is in the static segment that ``options`` name as ``target`` and ``name``."""

    permission = CHANGE_SEGMENTS

    def touches(self, options: Options) -> Iterable[str]:
        return {segment_field(options["target"])}

    def target_of(self, batch: Batch) -> Segment:
        """Raises ``LookupError`` when it is gone by now."""
        segment = Segment.objects.static().filter(pk=batch.options["target"]).first()
        if segment is None:
            text = gettext("The segment “%(segment)s” no longer exists.")
            raise LookupError(text % {"segment": batch.options["name"]})
        return segment


class AddToStatic(StaticAction):
    slug = "static_add"
    label = _("Add to a static segment")
    description = _("Remember who is in it today: a list that changes only by hand.")
    icon = "folder-open-inverse"
    order = 400
    form_class = StaticForm

    def in_words(self, options: Options) -> str:
        words = {"segment": options["name"]}
        if options["target"] is None:
            return gettext("Add to the new static segment “%(segment)s”") % words
        return gettext("Add to the static segment “%(segment)s”") % words

    def skips(self, options: Options) -> Sequence[Skip]:
        return [Skip("settled", _("already in it"), Q(_inside(options["target"])))]

    def begin(self, segment: Segment, options: dict[str, Any], by: Any) -> dict[str, Any]:
        if options["target"] is not None:
            return options
        try:
            made = static.create_static_segment(name=options["name"], by=by)
        except static.NameTaken as error:
            raise CannotStart([gettext("There is a segment of this name.")]) from error
        return options | {"target": made.pk}

    def apply(self, batch: Batch) -> None:
        static.add_members(segment=self.target_of(batch), member_ids=batch.member_ids)


class RemoveForm(ActionForm):
    target = forms.ModelChoiceField(
        label=_("Static segment"),
        queryset=Segment.objects.static().order_by("name"),
        empty_label=_("Please choose"),
    )

    def options(self) -> dict[str, Any]:
        target = self.cleaned_data["target"]
        return {"target": target.pk, "name": target.name}


class RemoveFromStatic(StaticAction):
    slug = "static_remove"
    label = _("Remove from a static segment")
    description = _("Take these members out of a list that changes only by hand.")
    icon = "minus"
    order = 410
    form_class = RemoveForm

    def in_words(self, options: Options) -> str:
        return gettext("Remove from the static segment “%(segment)s”") % {
            "segment": options["name"]
        }

    def skips(self, options: Options) -> Sequence[Skip]:
        return [Skip("settled", _("not in it"), ~Q(_inside(options["target"])))]

    def apply(self, batch: Batch) -> None:
        static.remove_members(segment=self.target_of(batch), member_ids=batch.member_ids)


def _inside(target: int | None) -> Exists:
    return Exists(Membership.objects.filter(segment=target or 0, member=OuterRef("pk")))
