"""How many points members have, for the snapshot that pages read and for merge fields."""

from collections.abc import Sequence

from django.utils.formats import number_format

from wagtail_crm.members.models import Member

from .models import Account


def build_balances(member_ids: Sequence[int]) -> dict[int, int]:
    """The balance of each member that has an account."""
    accounts = Account.objects.of_members(member_ids)
    return dict(accounts.values_list("member_id", "balance"))


def account_of(member: Member) -> Account | None:
    """The account of a member who ever had points; no query where it was fetched with them."""
    try:
        return member.points_account
    except Account.DoesNotExist:
        return None


def balance_of(member: Member) -> int:
    """The points of a member."""
    account = account_of(member)
    return account.balance if account else 0


def balance_in_words(member: Member) -> str:
    """The merge field: ``1,240``."""
    return number_format(balance_of(member), force_grouping=True)
