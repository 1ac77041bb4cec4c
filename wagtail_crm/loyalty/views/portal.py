"""My page › Points: every movement."""

from typing import Any

from django.core.paginator import Paginator
from django.utils import timezone
from django.utils.formats import number_format
from django.views.generic import TemplateView

from wagtail_crm.loyalty.balances import balance_of
from wagtail_crm.loyalty.models import EarningRule, Entry
from wagtail_crm.members.views.portal import MemberRequiredMixin

PER_PAGE = 30


class PointsView(MemberRequiredMixin, TemplateView):
    template_name = "wagtail_crm/loyalty/points.html"
    section = "points"

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        entries = Entry.objects.of_member(self.member).with_details().newest_first()
        page = Paginator(entries, PER_PAGE).get_page(self.request.GET.get("page"))
        balance = number_format(balance_of(self.member), force_grouping=True)
        rules = EarningRule.objects.in_force(timezone.now())
        context = {"balance_text": balance, "entries": page, "rules": rules}
        return {**super().get_context_data(**kwargs), **context}
