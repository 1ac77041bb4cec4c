"""What a browser would send of a form that somebody has filled in, whatever the form asks."""

from django import forms

from tests.segments.factories import behaviour
from tests.segments.posting import posted

# Asked for by name: what no field knows of itself, and what is to be changed where it is there.
SAID = {"name": "New", "label": "New", "add": "VIP", "verdict": "human"}


def sent_from(response):
    """The form on a page as it stands, and what it needs besides."""
    form = (response.context or {}).get("form")
    answers = {}
    for field in form or ():
        if hasattr(field.field, "block"):
            answers |= _stream(field)
        else:
            answers[field.html_name] = SAID.get(field.name) or _answer(field)
    return SAID | answers


def _stream(field):
    rules = posted(behaviour("login"))
    return {f"{field.html_name}-count": 0} | {
        name: value for name, value in rules.items() if name.startswith(f"{field.html_name}-")
    }


def _answer(bound):
    field, value = bound.field, bound.value()
    if isinstance(value, bool):
        return "on" if value else ""
    if value not in (None, "", []) or not field.required:
        return "" if value is None else value
    if isinstance(field, forms.ModelChoiceField):
        return field.queryset.values_list("pk", flat=True)[:1]
    if isinstance(field, forms.ChoiceField):
        return next(key for key in _keys(field.choices) if key)
    return {forms.EmailField: "new@example.jp", forms.IntegerField: 1}.get(type(field), "New")


def _keys(choices):
    for key, words in choices:
        if isinstance(words, list | tuple):
            yield from _keys(words)
        else:
            yield key
