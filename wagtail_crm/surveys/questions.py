"""Questions as editors write them, and the form fields that ask them."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from django import forms
from django.utils.translation import gettext, pgettext
from django.utils.translation import gettext_lazy as _
from wagtail import blocks
from wagtail.contrib.forms.forms import FormBuilder
from wagtail.fields import StreamField

from wagtail_crm.members.forms import ask_plainly

LONGEST_TEXT = 2000
# 1e999999 is eight characters, and a megabyte when written out.
DIGITS, PLACES = 18, 4


class QuestionBlock(blocks.StructBlock):
    """What every question has. The id of the block in the stream is the key of its answers."""

    label = blocks.CharBlock(label=_("Question"), max_length=255)
    help_text = blocks.CharBlock(label=_("Help text"), required=False, max_length=255)
    required = blocks.BooleanBlock(label=_("Must be answered"), required=False, default=True)

    def get_form_layout(self) -> blocks.BlockGroup:
        """The question and its answers; what is seldom changed sits in the settings."""
        settings = ["help_text", "required"]
        names = [name for name in self.child_blocks if name not in settings]
        return blocks.BlockGroup(names, settings=settings)

    class Meta:
        icon = "help"
        label_format = "{label}"


class ChoiceQuestionBlock(QuestionBlock):
    # The id of each item is what is stored, so that a choice may be reworded.
    choices = blocks.ListBlock(
        blocks.CharBlock(label=_("Choice"), max_length=255),
        min_num=2,
        default=["", ""],
        label=_("Choices"),
    )

    class Meta:
        icon = "radio-full"
        label = _("One of several")


class ChoicesQuestionBlock(ChoiceQuestionBlock):
    class Meta:
        icon = "list-ul"
        label = _("Any of several")


class ScaleQuestionBlock(QuestionBlock):
    steps = blocks.IntegerBlock(label=_("Number of steps"), min_value=2, max_value=11, default=5)
    lowest = blocks.CharBlock(label=_("1 means"), required=False, max_length=60)
    highest = blocks.CharBlock(label=_("The highest means"), required=False, max_length=60)

    class Meta:
        icon = "order"
        label = _("Scale")


class TextQuestionBlock(QuestionBlock):
    class Meta:
        icon = "pilcrow"
        label = _("Short text")


class LongTextQuestionBlock(QuestionBlock):
    class Meta:
        icon = "doc-full"
        label = _("Long text")


class NumberQuestionBlock(QuestionBlock):
    class Meta:
        icon = "decimal"
        label = _("Number")


class DateQuestionBlock(QuestionBlock):
    class Meta:
        icon = "date"
        label = _("Date")


class QuestionStreamBlock(blocks.StreamBlock):
    """Every kind of question. The names of the children are stored: never change them."""

    choice = ChoiceQuestionBlock()
    choices = ChoicesQuestionBlock()
    scale = ScaleQuestionBlock()
    text = TextQuestionBlock()
    long_text = LongTextQuestionBlock()
    number = NumberQuestionBlock()
    date = DateQuestionBlock()


class QuestionsField(StreamField):
    """A StreamField of questions. Migrations, those of sites too, do not list its blocks."""

    def __init__(self, block_types: Any = QuestionStreamBlock, **kwargs: Any) -> None:
        super().__init__(block_types or QuestionStreamBlock, **kwargs)

    def deconstruct(self) -> tuple[str, str, list[Any], dict[str, Any]]:
        name, path, _args, kwargs = super(StreamField, self).deconstruct()
        return name, path, [], kwargs


@dataclass(frozen=True)
class Question:
    """A question of one survey, in the shape that Wagtail's form builder reads.

    ``options`` are (value that is stored, label); empty for questions answered in words.
    """

    clean_name: str
    field_type: str
    label: str
    help_text: str = ""
    required: bool = True
    options: tuple[tuple[str, str], ...] = ()
    ends: tuple[str, str] = ("", "")
    default_value: str = field(default="", repr=False)

    @property
    def is_countable(self) -> bool:
        """Whether its answers can be counted and drawn."""
        return bool(self.options)

    def display(self, values: list[str]) -> str:
        """Stored values as people read them; a choice that is no longer offered stays a gap."""
        labels = dict(self.options)
        unknown = gettext("a choice that is no longer offered")
        separator = pgettext("between several answers", ", ")
        return separator.join(labels.get(value, unknown) for value in values)


def questions_of(stream: Any) -> Iterator[Question]:
    """The questions of a stream, in order."""
    for position, child in enumerate(stream):
        value = child.value
        yield Question(
            # A preview shows questions that have not been saved and have no id yet.
            clean_name=child.id or f"question-{position}",
            field_type=child.block_type,
            label=value["label"],
            help_text=value["help_text"] or "",
            required=bool(value["required"]),
            options=tuple(_options(value)),
            ends=(value.get("lowest") or "", value.get("highest") or ""),
        )


def _options(value: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "choices" in value:
        for item in value["choices"].bound_blocks:
            yield item.id, item.value
    for step in range(1, (value.get("steps") or 0) + 1):
        yield str(step), str(step)


class ScaleField(forms.ChoiceField):
    """Steps from 1 upwards; ``ends`` are what the first and the last of them mean."""

    is_scale = True
    widget = forms.RadioSelect

    def __init__(self, *, ends: tuple[str, str], **options: Any) -> None:
        super().__init__(**options)
        self.ends = ends


class SurveyFormBuilder(FormBuilder):
    """Wagtail's form builder with the kinds of question above."""

    @property
    def formfields(self) -> dict[str, forms.Field]:
        fields: dict[str, forms.Field] = super().formfields
        ask_plainly(fields)
        return fields

    def create_choice_field(self, question: Question, options: dict[str, Any]) -> forms.Field:
        return forms.ChoiceField(choices=question.options, widget=forms.RadioSelect, **options)

    def create_scale_field(self, question: Question, options: dict[str, Any]) -> forms.Field:
        return ScaleField(ends=question.ends, choices=question.options, **options)

    def create_choices_field(self, question: Question, options: dict[str, Any]) -> forms.Field:
        options["initial"] = []
        return forms.MultipleChoiceField(
            choices=question.options, widget=forms.CheckboxSelectMultiple, **options
        )

    def create_text_field(self, question: Question, options: dict[str, Any]) -> forms.Field:
        return forms.CharField(max_length=255, **options)

    def create_long_text_field(self, question: Question, options: dict[str, Any]) -> forms.Field:
        widget = forms.Textarea(attrs={"rows": 4})
        return forms.CharField(max_length=LONGEST_TEXT, widget=widget, **options)

    def create_number_field(self, question: Question, options: dict[str, Any]) -> forms.Field:
        return forms.DecimalField(max_digits=DIGITS, decimal_places=PLACES, **options)

    def create_date_field(self, question: Question, options: dict[str, Any]) -> forms.Field:
        widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
        return forms.DateField(widget=widget, **options)
