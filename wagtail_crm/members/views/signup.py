"""Registering in three steps: input, confirmation, done."""

from typing import Any

from allauth.account.adapter import get_adapter
from allauth.account.utils import passthrough_next_redirect_url
from allauth.account.views import SignupView as AllauthSignupView
from django.contrib.auth import REDIRECT_FIELD_NAME
from django.db import IntegrityError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.functional import cached_property

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.drafts import SignupDraft
from wagtail_crm.members.forms import SignupForm
from wagtail_crm.members.models import Registration


class SignupView(AllauthSignupView):
    """The first step: the form is kept in the session, and shown for confirmation once valid.

    A wrong form is also shown by a GET of its own: the browser's back button finds a page to go
    back to, and a good password need not be typed again because something else was wrong.
    """

    template_name = "wagtail_crm/members/signup.html"
    form_class = SignupForm
    step = 1

    @cached_property
    def draft(self) -> SignupDraft | None:
        return SignupDraft.of(self.request.session)

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs: dict[str, Any] = super().get_form_kwargs()
        if self.draft:
            kwargs["password_hash"] = self.draft.password
            if self.request.method == "GET" and not self.draft.is_valid:
                kwargs["data"] = self.draft.as_data()
                kwargs["password_errors"] = self.draft.password_errors
        return kwargs

    def get_form(self, form_class: Any = None) -> Any:
        """Who comes back finds everything as they typed it, except the password."""
        form = super().get_form(form_class)
        if self.draft and not form.is_bound:
            data = self.draft.as_data()
            for name, field in form.fields.items():
                if name not in form.password_names:
                    form.initial[name] = field.widget.value_from_datadict(data, {}, name)
        return form

    def form_valid(self, form: SignupForm) -> HttpResponse:
        SignupDraft.keep(self.request.session, self.request.POST, self.draft, form.fields)
        return redirect(self._with_next("account_signup_confirm"))

    def form_invalid(self, form: SignupForm) -> HttpResponse:
        request = self.request
        SignupDraft.keep(request.session, request.POST, self.draft, form.fields, form.errors)
        return redirect(self._with_next("account_signup"))

    def _with_next(self, name: str) -> str:
        return passthrough_next_redirect_url(self.request, reverse(name), REDIRECT_FIELD_NAME)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "crm_base_template": crm_settings.base_template,
            "step": self.step,
            "has_password": bool(self.draft and self.draft.password),
            "back_url": self._with_next("account_signup"),
        }


class SignupConfirmView(SignupView):
    """The second step: everything to read once more; the button makes the account."""

    template_name = "wagtail_crm/members/signup_confirm.html"
    step = 2

    def get_form_kwargs(self) -> dict[str, Any]:
        kwargs = super().get_form_kwargs()
        if self.draft:
            kwargs |= {"data": self.draft.as_data(), "token": self.draft.token}
        return kwargs

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.draft is None:
            return self._leave()
        form = self.get_form()
        if not form.is_valid():
            return redirect(self._with_next("account_signup"))
        return self.render_to_response(self.get_context_data(form=form))

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if self.draft is None:
            return self._leave()
        form = self.get_form()
        if not form.is_valid():
            return redirect(self._with_next("account_signup"))
        response = self._make_account(form)
        SignupDraft.finish(request.session, form.cleaned_data.get("email", ""))
        return response

    def _make_account(self, form: SignupForm) -> HttpResponse:
        try:
            response: HttpResponse = AllauthSignupView.form_valid(self, form)
        except IntegrityError:  # the button was pressed twice
            if not Registration.objects.filter(token=form.token).exists():
                raise
            response = get_adapter().respond_email_verification_sent(self.request, None)
        return response

    def _leave(self) -> HttpResponse:
        """Nothing to confirm: it is done already, or was never begun."""
        done = SignupDraft.is_finished(self.request.session)
        name = "account_email_verification_sent" if done else "account_signup"
        return redirect(self._with_next(name))
