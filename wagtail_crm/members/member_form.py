"""The form in which staff add and change a person; attributes are fields of their type."""

from collections.abc import Iterable
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.urls import reverse
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from wagtail.admin.forms.models import WagtailAdminModelForm
from wagtail.admin.panels import FieldPanel, FieldRowPanel, MultiFieldPanel, ObjectList, Panel

from . import actions, attributes
from .accounts import staff
from .forms import KanaField
from .models import AttributeDefinition, Member
from .names import email_key
from .widgets import MemberTagWidget

OWN_FIELDS = (*actions.NAME_FIELDS, "email", "code", "language", "owner")


class MemberForm(WagtailAdminModelForm):
    """Validates; writing is left to the actions."""

    family_name_kana = KanaField(label=_("Family name (kana)"), required=False, max_length=100)
    given_name_kana = KanaField(label=_("Given name (kana)"), required=False, max_length=100)

    definitions: tuple[AttributeDefinition, ...] = ()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"),
            required=False,
            choices=[("", _("Not known")), *settings.LANGUAGES],
            help_text=_("The language of mails to this person."),
        )
        self.fields["tags"].help_text = ""  # taggit's speaks of commas; the widget explains itself
        owner = Q(pk=self.instance.owner_id)
        owners: Any = self.fields["owner"]
        owners.queryset = staff() | staff().model._default_manager.filter(owner)
        # The form asks more than once what they are.
        owners.choices = [choice for choice in owners.choices]  # noqa: C416  # list() counts first
        for definition in self.definitions:
            value = self.instance.attributes.get(definition.key)
            self.initial[attributes.PREFIX + definition.key] = value
        if self.instance.user_id:
            self.fields["email"].disabled = True
            self.fields["email"].help_text = _(
                "This person signs in with it and changes it on their own page."
            )

    def clean_email(self) -> str:
        address: str = self.cleaned_data["email"]
        self._refuse_taken(Q(email_key=email_key(address)), bool(address), _("e-mail address"))
        return address

    def clean_code(self) -> str | None:
        code = (self.cleaned_data["code"] or "").strip() or None
        self._refuse_taken(Q(code=code), bool(code), _("customer code"))
        return code

    def _refuse_taken(self, condition: Q, given: bool, what: Any) -> None:
        other = Member.objects.filter(condition).exclude(pk=self.instance.pk).first()
        if given and other:
            raise ValidationError(
                format_html(
                    '{} <a href="{}">{}</a>',
                    _("Somebody in the list already has this %(what)s:") % {"what": what},
                    reverse("crm_member:inspect", args=[other.pk]),
                    other,
                )
            )

    @property
    def own_fields(self) -> dict[str, Any]:
        return {name: self.cleaned_data[name] for name in OWN_FIELDS}

    @property
    def attribute_values(self) -> dict[str, Any]:
        return attributes.from_form(self.definitions, self.cleaned_data)


def member_panel(definitions: Iterable[AttributeDefinition]) -> Panel:
    """The edit form of this site, with a typed field for each attribute."""
    definitions = tuple(definitions)
    fields: dict[str, Any] = dict(attributes.form_fields(definitions))
    for field in fields.values():
        field.required = False  # staff may not know everything
    form = type("SiteMemberForm", (MemberForm,), {**fields, "definitions": definitions})
    panels: list[Panel] = [
        MultiFieldPanel(
            [
                FieldRowPanel([FieldPanel("family_name"), FieldPanel("given_name")]),
                FieldRowPanel([FieldPanel("family_name_kana"), FieldPanel("given_name_kana")]),
            ],
            heading=pgettext_lazy("person", "Name"),
        ),
        FieldPanel("email"),
        FieldPanel("code"),
        FieldRowPanel([FieldPanel("language"), FieldPanel("owner")]),
        FieldPanel("tags", widget=MemberTagWidget),
    ]
    if fields:
        panels.append(
            MultiFieldPanel([FieldPanel(name) for name in fields], heading=_("Attributes"))
        )
    return ObjectList(panels, base_form_class=form).bind_to_model(Member)
