"""My page: what members see and decide about themselves."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from django.conf import global_settings, settings
from django.contrib import messages
from django.contrib.auth import logout
from django.contrib.auth.mixins import LoginRequiredMixin
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import redirect
from django.urls import reverse, reverse_lazy
from django.utils import timezone, translation
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.views import View
from django.views.decorators.cache import never_cache
from django.views.generic import FormView, TemplateView

from wagtail_crm.conf import crm_settings
from wagtail_crm.members import actions
from wagtail_crm.members.consents import CONSENTS, answers_of
from wagtail_crm.members.forms import LanguageForm, ProfileForm
from wagtail_crm.members.models import Member
from wagtail_crm.members.panels import panels_at
from wagtail_crm.members.personal_data import export_member


class PortalMixin:
    """The frame of a member page: the site's own template around it."""

    request: HttpRequest
    section = ""

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),  # type: ignore[misc]  # a view stands behind
            "crm_base_template": crm_settings.base_template,
            "section": self.section,
            "member": getattr(self, "member", None),
        }


@method_decorator(never_cache, name="dispatch")
class MemberRequiredMixin(PortalMixin, LoginRequiredMixin):
    """For members only: others sign in first, or are asked to join."""

    member: Member

    def get_login_url(self) -> str:
        return reverse("account_login")

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.is_authenticated:
            return self.handle_no_permission()
        member = Member.objects.registered().of_user(request.user).first()
        if member is None:
            return redirect("wagtail_crm_members:join")
        self.member = member
        return super().dispatch(request, *args, **kwargs)


class MyPageView(MemberRequiredMixin, TemplateView):
    template_name = "wagtail_crm/members/my_page.html"
    section = "me"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        drawn = [
            (panel, panel.html(self.request, self.member))
            for panel in panels_at("portal", self.request)
        ]
        panels = [(panel, html) for panel, html in drawn if html.strip()]
        return {**super().get_context_data(**kwargs), "panels": panels}


class ProfileView(MemberRequiredMixin, FormView):
    template_name = "wagtail_crm/members/profile.html"
    form_class = ProfileForm
    success_url = reverse_lazy("wagtail_crm_members:profile")
    section = "profile"

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "member": self.member}

    def form_valid(self, form: ProfileForm) -> HttpResponse:
        form.save()
        messages.success(self.request, _("Your profile is saved."))
        return super().form_valid(form)


class SettingsView(MemberRequiredMixin, TemplateView):
    template_name = "wagtail_crm/members/settings.html"
    section = "settings"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        answers = answers_of(self.member)
        language = self.member.language or translation.get_language()
        # A site that names no languages has Django's hundred, and speaks one of them.
        has_languages = settings.LANGUAGES is not global_settings.LANGUAGES
        return {
            **super().get_context_data(**kwargs),
            "consents": [(consent, answers.get(consent.purpose)) for consent in CONSENTS],
            "language_form": has_languages and LanguageForm(initial={"language": language}),
        }


class ConsentView(MemberRequiredMixin, View):
    """Yes or no to one question, by POST."""

    def post(self, request: HttpRequest) -> HttpResponse:
        purpose = request.POST.get("purpose", "")
        if purpose not in {consent.purpose for consent in CONSENTS}:
            raise Http404
        granted = request.POST.get("granted") == "yes"
        actions.record_consent(
            member=self.member, purpose=purpose, granted=granted, source="my_page"
        )
        messages.success(request, _("Your choice is saved and applies at once."))
        return redirect(reverse("wagtail_crm_members:settings") + "#consent")


class LanguageView(MemberRequiredMixin, View):
    """Remember the language for mails, and show this site in it."""

    def post(self, request: HttpRequest) -> HttpResponse:
        form = LanguageForm(request.POST)
        response = redirect("wagtail_crm_members:settings")
        if not form.is_valid():
            return response
        language = form.cleaned_data["language"]
        actions.update_member(member=self.member, fields={"language": language})
        response.set_cookie(
            settings.LANGUAGE_COOKIE_NAME,
            language,
            max_age=settings.LANGUAGE_COOKIE_AGE,
            path=settings.LANGUAGE_COOKIE_PATH,
            domain=settings.LANGUAGE_COOKIE_DOMAIN,
            secure=settings.LANGUAGE_COOKIE_SECURE,
            httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
            samesite=settings.LANGUAGE_COOKIE_SAMESITE,
        )
        with translation.override(language):
            messages.success(request, _("Your language is saved."))
        return response


@method_decorator(reauthentication_required, name="get")
class DataView(MemberRequiredMixin, View):
    """Everything the site holds about the member, as a JSON file (GDPR Art. 15 and 20)."""

    def get(self, request: HttpRequest) -> HttpResponse:
        response = JsonResponse(
            export_member(self.member), json_dumps_params={"ensure_ascii": False, "indent": 2}
        )
        name = f"my-data-{timezone.localdate():%Y-%m-%d}.json"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        return response


@method_decorator(reauthentication_required, name="get")
@method_decorator(reauthentication_required, name="post")
class WithdrawView(MemberRequiredMixin, TemplateView):
    """Leave: says what will happen, and does it when the member confirms."""

    template_name = "wagtail_crm/members/withdraw.html"
    section = "settings"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {**super().get_context_data(**kwargs), "policy": crm_settings.withdrawal_policy}

    def post(self, request: HttpRequest) -> HttpResponse:
        if request.POST.get("confirm") != "yes":
            context = self.get_context_data(missing=True, erase=self._erase())
            return self.render_to_response(context, status=422)
        actions.withdraw_member(member=self.member, erase=self._erase())
        logout(request)
        return redirect("wagtail_crm_members:goodbye")

    def _erase(self) -> bool:
        policy = crm_settings.withdrawal_policy
        if policy == "choose":
            return self.request.POST.get("data") == "erase"
        return policy == "erase"


class GoodbyeView(PortalMixin, TemplateView):
    template_name = "wagtail_crm/members/goodbye.html"


@method_decorator(never_cache, name="dispatch")
class JoinView(PortalMixin, LoginRequiredMixin, TemplateView):
    """For people with an account of the site who are no members (any more)."""

    template_name = "wagtail_crm/members/join.html"

    def get_login_url(self) -> str:
        return reverse("account_login")

    def get(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if Member.objects.registered().of_user(request.user).exists():
            return redirect("wagtail_crm_members:me")
        return super().get(request, *args, **kwargs)

    def post(self, request: HttpRequest) -> HttpResponse:
        try:
            actions.join_with_account(user=request.user)
        except actions.UnconfirmedAddress:
            messages.error(request, _("Please confirm your e-mail address first."))
            return redirect("account_email")
        return redirect("wagtail_crm_members:me")
