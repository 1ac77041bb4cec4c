"""The list of ranks, and making and changing them."""

from typing import Any

from django.db.models import Max
from django.http import HttpResponse
from wagtail.snippets.views import snippets

from wagtail_crm.loyalty import tasks
from wagtail_crm.loyalty.models import Account, Rank, Recount
from wagtail_crm.loyalty.period import in_words
from wagtail_crm.viewsets import CrmIndexView


class RankIndexView(CrmIndexView):
    default_ordering = "points"

    def get_base_queryset(self) -> Any:
        return Rank.objects.in_use().with_sizes()

    def get_context_data(self, **kwargs: Any) -> dict[str, Any]:
        context = {"period": in_words(), "counted": percent_counted()}
        return {**super().get_context_data(**kwargs), **context}


def percent_counted() -> int | None:
    """How far the recount under way is; None: everybody's rank is known."""
    recount = Recount.objects.filter(done_at=None).first()
    if recount is None:
        return None
    last = Account.objects.aggregate(last=Max("pk"))["last"] or 1
    return int(100 * recount.position / last)


class RecountingMixin:
    """What was saved decides who has which rank.

    Wagtail saves in a transaction: looking at everybody in it would hold up all who earn points,
    and whoever fails there would take the rank along.
    """

    def save_action(self) -> HttpResponse:
        response: HttpResponse = super().save_action()  # type: ignore[misc]
        tasks.begin_recount()
        return response


class RankCreateView(RecountingMixin, snippets.CreateView):
    pass


class RankEditView(RecountingMixin, snippets.EditView):
    pass
