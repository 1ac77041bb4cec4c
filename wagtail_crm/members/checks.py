"""System checks of accounts and registration."""

from typing import Any, get_args

from allauth.account import app_settings
from allauth.account.adapter import get_adapter
from django.conf import global_settings, settings
from django.core.checks import CheckMessage, Error, Warning
from django.urls import NoReverseMatch, Resolver404, resolve, reverse

from wagtail_crm.conf import WithdrawalPolicy, crm_settings
from wagtail_crm.members.adapter import CrmAccountAdapter


def check_accounts(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.E011`` unknown withdrawal policy; ``E012`` addresses are never confirmed."""
    problems: list[CheckMessage] = []
    policies = get_args(WithdrawalPolicy)
    if crm_settings.withdrawal_policy not in policies:
        problems.append(
            Error(
                f"WAGTAIL_CRM['WITHDRAWAL_POLICY'] is {crm_settings.withdrawal_policy!r}.",
                hint=f"Use one of {', '.join(map(repr, policies))}.",
                id="wagtail_crm.E011",
            )
        )
    if app_settings.EMAIL_VERIFICATION == app_settings.EmailVerificationMethod.NONE:
        problems.append(
            Error(
                "Nobody can become a member: addresses are never confirmed.",
                hint="Set ACCOUNT_EMAIL_VERIFICATION to 'mandatory' (or 'optional').",
                id="wagtail_crm.E012",
            )
        )
    return problems


def check_landing(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.W014``: who signs in lands on an address that only Django's default names."""
    if settings.LOGIN_REDIRECT_URL != global_settings.LOGIN_REDIRECT_URL:
        return []
    if issubclass(type(get_adapter()), CrmAccountAdapter):
        return []
    return [
        Warning(
            f"After signing in, members are sent to {settings.LOGIN_REDIRECT_URL!r}.",
            hint=(
                "Set ACCOUNT_ADAPTER to 'wagtail_crm.members.adapter.CrmAccountAdapter', which "
                "sends them to my page, or set LOGIN_REDIRECT_URL."
            ),
            id="wagtail_crm.W014",
        )
    ]


def check_signup_address(**kwargs: Any) -> list[CheckMessage]:
    """``wagtail_crm.W013``: visitors register through a form that asks for no attributes."""
    # Imported when checked: the views need the models of every app.
    from .views.signup import SignupView  # noqa: PLC0415

    try:
        view = resolve(reverse("account_signup")).func
    except (NoReverseMatch, Resolver404):
        return []
    if issubclass(getattr(view, "view_class", object), SignupView):
        return []
    return [
        Warning(
            "Registration does not ask for names, attributes and consent.",
            hint=(
                "Include 'wagtail_crm.members.account_urls' where your URLs include 'allauth.urls'."
            ),
            id="wagtail_crm.W013",
        )
    ]
