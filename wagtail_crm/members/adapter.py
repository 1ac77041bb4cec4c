"""How accounts (django-allauth) behave on a site with members: ``ACCOUNT_ADAPTER``."""

from dataclasses import dataclass
from typing import Any

from allauth.account import app_settings
from allauth.account.adapter import DefaultAccountAdapter
from django.conf import global_settings, settings
from django.http import HttpRequest
from django.shortcuts import resolve_url
from django.urls import reverse
from django.utils.encoding import force_str
from wagtail.models import Site

from wagtail_crm.conf import crm_settings

from .names import clean_email


@dataclass(frozen=True)
class MailSite:
    """The site as mails about accounts name it."""

    name: str
    domain: str


class CrmAccountAdapter(DefaultAccountAdapter):
    """Mails in the name of the Wagtail site; people land on my page."""

    def get_from_email(self) -> str:
        return crm_settings.mail_from

    def clean_email(self, email: str) -> str:
        """As members' addresses are kept: what is confirmed is what was claimed, letter by letter.

        Otherwise who owns ``maſter@…`` would come into what belongs to ``master@…``.
        """
        return clean_email(super().clean_email(email))

    def format_email_subject(self, subject: str) -> str:
        """Without "[example.com]" before it, unless the site asks for a prefix."""
        return (app_settings.EMAIL_SUBJECT_PREFIX or "") + force_str(subject)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        super().send_mail(template_prefix, email, {**context, "current_site": self._mail_site()})

    def _mail_site(self) -> MailSite:
        site = Site.find_for_request(self.request)
        domain = self.request.get_host() if self.request else site.hostname if site else ""
        name = getattr(settings, "WAGTAIL_SITE_NAME", "") or domain
        return MailSite(name=(site and site.site_name) or name, domain=domain)

    def add_message(
        self,
        request: HttpRequest,
        level: int,
        message_template: str | None = None,
        *args: Any,
        **kwargs: Any,
    ) -> None:
        """The last step of registering says itself that a mail was sent."""
        step = request.resolver_match and request.resolver_match.url_name
        sent = message_template == "account/messages/email_confirmation_sent.txt"
        if not (sent and step == "account_signup_confirm"):
            super().add_message(request, level, message_template, *args, **kwargs)

    def get_login_redirect_url(self, request: HttpRequest) -> str:
        """My page, unless the site has set ``LOGIN_REDIRECT_URL``."""
        if settings.LOGIN_REDIRECT_URL == global_settings.LOGIN_REDIRECT_URL:
            return reverse("wagtail_crm_members:me")
        return resolve_url(settings.LOGIN_REDIRECT_URL)

    def get_signup_redirect_url(self, request: HttpRequest) -> str:
        """The same place, unless the site has set ``ACCOUNT_SIGNUP_REDIRECT_URL``."""
        if app_settings.SIGNUP_REDIRECT_URL == settings.LOGIN_REDIRECT_URL:
            return self.get_login_redirect_url(request)
        return resolve_url(app_settings.SIGNUP_REDIRECT_URL)
