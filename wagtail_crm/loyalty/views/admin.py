"""Points in the Wagtail admin: the list of rules, and changes by hand."""

from typing import Any

from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.translation import gettext as _
from django.views.generic import FormView
from wagtail.admin import messages
from wagtail.admin.views.generic import WagtailAdminTemplateMixin
from wagtail.snippets.views import snippets

from wagtail_crm.loyalty.actions import adjust_points
from wagtail_crm.loyalty.amounts import in_points, signed
from wagtail_crm.loyalty.balances import balance_of
from wagtail_crm.loyalty.forms import AdjustPointsForm
from wagtail_crm.loyalty.ledger import NotEnoughPoints
from wagtail_crm.loyalty.models import Account, EarningRule
from wagtail_crm.members.models import Member
from wagtail_crm.viewsets import CrmIndexView


class EarningRuleIndexView(CrmIndexView):
    def get_base_queryset(self) -> Any:
        return super().get_base_queryset().select_related("page", "segment")

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        held = in_points(Account.objects.total())
        return {**super().get_context_data(**kwargs), "held": held}


class TwiceForOneOrderMixin:
    """Says it when one order now gives points for its amount and for that of its products."""

    request: HttpRequest
    object: EarningRule

    def save_action(self) -> HttpResponse:
        response = super().save_action()  # type: ignore[misc]
        for other in EarningRule.objects.doubling(self.object)[:1]:
            text = _(
                "One order now gives points for its amount twice, because “%(rule)s” counts it as "
                "well. Switch one of the two off, or choose a page for the one about products."
            )
            messages.warning(self.request, text % {"rule": other})
        return response


class EarningRuleCreateView(TwiceForOneOrderMixin, snippets.CreateView):
    pass


class EarningRuleEditView(TwiceForOneOrderMixin, snippets.EditView):
    pass


class AdjustPointsView(WagtailAdminTemplateMixin, FormView):
    """Give points to a member, or take some away; with a reason that the member reads."""

    form_class = AdjustPointsForm
    template_name = "wagtail_crm/loyalty/admin/adjust.html"
    header_icon = "crm-points"

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not request.user.has_perm("wagtail_crm_loyalty.adjust_points"):
            raise PermissionDenied
        return super().dispatch(request, *args, **kwargs)

    @cached_property
    def member(self) -> Member:
        return get_object_or_404(Member.objects.present(), pk=self.kwargs["pk"])

    def get_page_title(self) -> str:
        return _("Give or take points")

    def get_page_subtitle(self) -> str:
        return str(self.member)

    def get_success_url(self) -> str:
        return f"{reverse('crm_member:inspect', args=[self.member.pk])}?tab=points_history"

    def get_breadcrumbs_items(self) -> list[dict[str, Any]]:
        return [
            *super().get_breadcrumbs_items(),
            {"url": reverse("crm_member:list"), "label": _("Members")},
            {"url": self.get_success_url(), "label": str(self.member)},
            {"url": "", "label": self.get_page_title(), "sublabel": self.get_page_subtitle()},
        ]

    def form_valid(self, form: AdjustPointsForm) -> HttpResponse:
        values = form.cleaned_data
        try:
            adjust_points(
                member=self.member,
                points=values["points"],
                reason=values["reason"],
                staff=self.request.user,
                key=str(values["key"]),
            )
        except NotEnoughPoints as refusal:
            left = _("The member has only %(points)s.") % {"points": in_points(refusal.balance)}
            form.add_error("points", left)
            return self.form_invalid(form)
        words = {"member": self.member, "points": signed(values["points"])}
        messages.success(self.request, _("%(member)s: %(points)s") % words)
        return super().form_valid(form)

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**kwargs),
            "member": self.member,
            "balance": in_points(balance_of(self.member)),
            "back_url": self.get_success_url(),
        }
