"""A filter that offers rows of a table, which it reads once."""

from collections.abc import Iterable, Iterator
from typing import Any

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Model
from django_filters.fields import ModelChoiceIterator, ModelMultipleChoiceField
from wagtail.admin.utils import get_user_display_name

from .widgets import ManyBoxes


class KnownRows(ModelChoiceIterator):
    """The rows that the field has read, not read anew."""

    def __iter__(self) -> Iterator[Any]:
        for row in self.queryset:
            yield self.choice(row)


class RowsField(ModelMultipleChoiceField):
    """Reads its rows for checking what was chosen and for drawing the boxes, once."""

    iterator = KnownRows
    widget = ManyBoxes

    def _check_values(self, value: Iterable[Any]) -> list[Model]:
        rows = {str(self.prepare_value(row)): row for row in self.choices.queryset}
        try:
            return [rows[str(key)] for key in dict.fromkeys(value)]
        except (KeyError, TypeError) as error:
            text = self.error_messages["invalid_choice"] % {"value": error}
            raise ValidationError(text, code="invalid_choice") from error


class RowsFilter(django_filters.ModelMultipleChoiceFilter):
    field_class = RowsField


class UsersField(RowsField):
    def label_from_instance(self, obj: Any) -> str:
        return str(get_user_display_name(obj))


class UsersFilter(RowsFilter):
    field_class = UsersField
