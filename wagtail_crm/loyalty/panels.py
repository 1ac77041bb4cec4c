"""Points on my page, and on a member's page in the admin."""

from typing import Any

from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.html import format_html

from wagtail_crm.members.models import Member

from .amounts import in_points
from .balances import account_of, balance_of
from .models import EarningRule, Entry
from .period import in_words
from .standing import Way, standing_of

NEWEST_ON_MY_PAGE = 5
NEWEST_IN_ADMIN = 100


def on_my_page(request: HttpRequest, member: Member) -> dict[str, Any]:
    """The balance and what changed it last; without that, the rules that give points now."""
    entries = Entry.objects.of_member(member).with_details().newest_first()
    newest = list(entries[: NEWEST_ON_MY_PAGE + 1])
    return {
        "balance_text": _number(balance_of(member)),
        "entries": newest[:NEWEST_ON_MY_PAGE],
        "has_more": len(newest) > NEWEST_ON_MY_PAGE,
        "rules": EarningRule.objects.in_force(timezone.now()),
    }


def rank_on_my_page(request: HttpRequest, member: Member) -> dict[str, Any] | None:
    """Which rank, since when, until when, and how far it is to the next; nothing without ranks."""
    way = Way.of(member)
    if way is None:
        return None
    texts = {"points_text": in_points(way.points), "missing_text": in_points(way.missing)}
    return {"way": way, "period": in_words(), **texts}


def in_header(request: HttpRequest, member: Member) -> str:
    """A few words beside the name: ``Gold · 1,240 pt``; nothing for who never had any points."""
    account = account_of(member)
    if account is None:
        return ""
    words = [account.rank, in_points(account.balance)]
    return format_html("{}", " · ".join(str(word) for word in words if word))


def in_admin(request: HttpRequest, member: Member) -> dict[str, Any]:
    """The tab "Points": the rank, every movement, and the way to make one by hand."""
    account = account_of(member)
    entries = Entry.objects.of_member(member).with_details().newest_first()
    standing = standing_of(account)
    return {
        "standing": standing,
        "counting": in_points(standing.points),
        "missing": in_points(standing.missing),
        "period": in_words(),
        "account": account,
        "balance_text": in_points(account.balance) if account else "",
        "earned_text": in_points(account.earned) if account else "",
        "entries": entries[:NEWEST_IN_ADMIN],
        "limit": NEWEST_IN_ADMIN,
        "can_adjust": request.user.has_perm("wagtail_crm_loyalty.adjust_points"),
    }


def _number(points: int) -> str:
    return number_format(points, force_grouping=True)
