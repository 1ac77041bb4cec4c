"""The forms members fill in: registering, and their profile."""

import re
import unicodedata
import uuid
from collections.abc import Iterable, Mapping
from typing import Any

from allauth.account.forms import SignupForm as AllauthSignupForm
from allauth.account.utils import user_field
from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest
from django.utils.translation import get_language, gettext
from django.utils.translation import gettext_lazy as _

from . import actions, attributes
from .consents import CONSENTS
from .models import AttributeDefinition, Member
from .names import FAMILY_NAME_FIRST, reading

CONSENT_PREFIX = "consent_"
NOT_KANA = re.compile(r"[^\u3041-\u3096\u30a1-\u30ff\s]")


class KanaField(forms.CharField):
    """A reading in either kana, full or half width; cleaned to hiragana."""

    def clean(self, value: Any) -> str:
        text = unicodedata.normalize("NFKC", super().clean(value))
        if NOT_KANA.search(text):
            raise ValidationError(_("Please use hiragana or katakana."))
        return reading(text)


def name_fields() -> dict[str, forms.Field]:
    """The parts of a name in the order of the active language, with readings in Japanese."""
    language = (get_language() or "").split("-")[0]
    family = _text(_("Family name"), "family-name")
    given = _text(_("Given name"), "given-name")
    if language not in FAMILY_NAME_FIRST:
        return {"given_name": given, "family_name": family}
    names: dict[str, forms.Field] = {"family_name": family, "given_name": given}
    if language == "ja":
        names["family_name_kana"] = KanaField(label=_("Family name (kana)"), max_length=100)
        names["given_name_kana"] = KanaField(label=_("Given name (kana)"), max_length=100)
    return names


def _text(label: Any, autocomplete: str) -> forms.CharField:
    widget = forms.TextInput(attrs={"autocomplete": autocomplete})
    return forms.CharField(label=label, max_length=100, widget=widget)


def ask_plainly(fields: Mapping[str, forms.Field]) -> None:
    """Say what to do where Django says that a field is required."""
    for field in fields.values():
        chosen = isinstance(field, forms.ChoiceField)
        field.error_messages["required"] = (
            _("Please choose.") if chosen else _("Please fill this in.")
        )


class PersonMixin:
    """A form with the fields of a person: names and the attributes of ``definitions``."""

    fields: dict[str, forms.Field]
    cleaned_data: dict[str, Any]
    definitions: list[AttributeDefinition]

    def add_person_fields(self, definitions: Iterable[AttributeDefinition]) -> None:
        self.definitions = list(definitions)
        self.name_names = list(name_fields())
        self.fields.update(name_fields())
        self.fields.update(attributes.form_fields(self.definitions))
        ask_plainly(self.fields)

    @property
    def names(self) -> dict[str, str]:
        return {name: self.cleaned_data[name] for name in self.name_names}

    @property
    def attributes(self) -> dict[str, Any]:
        return attributes.from_form(self.definitions, self.cleaned_data)

    @property
    def attribute_names(self) -> list[str]:
        return [attributes.PREFIX + definition.key for definition in self.definitions]


class ProfileForm(PersonMixin, forms.Form):
    """What members may change of themselves."""

    def __init__(self, *args: Any, member: Member, **kwargs: Any) -> None:
        initial = {name: getattr(member, name) for name in actions.NAME_FIELDS}
        for key, value in member.attributes.items():
            initial[attributes.PREFIX + key] = value
        kwargs["initial"] = initial
        super().__init__(*args, **kwargs)
        self.member = member
        self.add_person_fields(AttributeDefinition.objects.asked_of_members())

    def save(self) -> Member:
        return actions.update_member(
            member=self.member, fields=self.names, attributes=self.attributes
        )


class LanguageForm(forms.Form):
    """The language mails and my page are written in."""

    language = forms.ChoiceField(label=_("Language"), choices=lambda: settings.LANGUAGES)


class SignupForm(PersonMixin, AllauthSignupForm):
    """Account, names, attributes asked when registering, and consent with every box empty.

    ``password_hash`` stands for a password that was typed a step earlier: then the fields for
    it may stay empty. ``password_errors`` are those of a password that was typed a request
    earlier. ``token`` makes one filled-in form into one account.
    """

    def __init__(
        self,
        *args: Any,
        password_hash: str = "",
        password_errors: Mapping[str, list[str]] | None = None,
        token: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.password_hash = password_hash
        self.password_errors = password_errors or {}
        self.token = token
        self.account_names = list(self.fields)
        self.add_person_fields(AttributeDefinition.objects.asked_when_registering())
        self._add_consents()
        for name in self.account_names:
            self.fields[name].widget.attrs.pop("placeholder", None)
        self.order_fields([name for _title, names in self._parts() for name in names])
        if "email" in self.fields:
            self.fields["email"].label = _("E-mail address")
        if self.password_hash:
            for name in self.password_names:
                self.fields[name].required = False

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean()
        if self.password_errors:
            for name in self.password_names:
                self.errors.pop(name, None)
        for name, errors in self.password_errors.items():
            self.add_error(name, errors)
        return cleaned

    def _add_consents(self) -> None:
        for consent in CONSENTS:
            self.fields[CONSENT_PREFIX + consent.purpose] = forms.BooleanField(
                label=consent.question, help_text=consent.explanation, required=False
            )

    @property
    def password_names(self) -> list[str]:
        return [name for name in ("password1", "password2") if name in self.fields]

    @property
    def consents(self) -> dict[str, bool]:
        return {
            consent.purpose: self.cleaned_data[CONSENT_PREFIX + consent.purpose]
            for consent in CONSENTS
        }

    def sections(self) -> list[tuple[Any, list[forms.BoundField]]]:
        """The fields under their headings, in the order people expect."""
        return [(title, [self[name] for name in names]) for title, names in self._parts()]

    def _parts(self) -> list[tuple[Any, list[str]]]:
        consents = [CONSENT_PREFIX + consent.purpose for consent in CONSENTS]
        parts = [
            (_("Your name"), self.name_names),
            (_("Your account"), self.account_names),
            (_("About you"), self.attribute_names),
            (_("What you agree to"), consents),
        ]
        return [(title, names) for title, names in parts if names]

    def summary(self) -> list[tuple[Any, list[tuple[Any, str]]]]:
        """What a valid form says, for people to read before they agree; no passwords."""
        repeated = {"password2", "email2"}
        return [
            (
                title,
                [(each.label, self._said(each)) for each in fields if each.name not in repeated],
            )
            for title, fields in self.sections()
        ]

    def _said(self, field: forms.BoundField) -> str:
        if field.name == "password1":
            return gettext("(not shown)")
        for definition in self.definitions:
            if field.name == attributes.PREFIX + definition.key:
                return attributes.display_value(definition, self.attributes[definition.key])
        value = self.cleaned_data[field.name]
        if isinstance(value, bool):
            return gettext("Yes") if value else gettext("No")
        return str(value or "")

    def custom_signup(self, request: HttpRequest, user: Any) -> None:
        """The account exists now; remember the rest until its address is confirmed."""
        super().custom_signup(request, user)
        user_field(user, "first_name", self.cleaned_data["given_name"])
        user_field(user, "last_name", self.cleaned_data["family_name"])
        if self.password_hash and not self.cleaned_data.get("password1"):
            user.password = self.password_hash
        user.save()
        actions.start_registration(
            user=user,
            names=self.names,
            attributes={key: value for key, value in self.attributes.items() if value is not None},
            consents=self.consents,
            language=get_language() or "",
            token=uuid.UUID(self.token) if self.token else None,
        )

    @transaction.atomic
    def save(self, request: HttpRequest) -> Any:
        """Account and registration together or not at all; ``IntegrityError`` the second time."""
        return super().save(request)
