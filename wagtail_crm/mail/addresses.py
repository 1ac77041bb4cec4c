"""Addresses in mails that are made for one recipient: signed, short, and good for one purpose."""

from dataclasses import dataclass
from functools import cached_property

from django.core import signing
from django.urls import reverse
from wagtail.models import Site

from wagtail_crm.conf import crm_settings

SALT = "wagtail_crm.mail."
# A signature is checked against SECRET_KEY and SECRET_KEY_FALLBACKS.
SEPARATOR = "."
NUMBERS = "-"

ANY_TOKEN = "TOKEN"  # noqa: S105  # stands for tokens

# Stands for nobody: in tests that editors send to themselves.
NOBODY = 0


class BadToken(ValueError):
    """Not signed by us, or signed for another purpose."""


def sign(purpose: str, *numbers: int) -> str:
    """A token such as ``3d-7.Vw0…`` for ``purpose``; :func:`unsign` is its inverse."""
    value = NUMBERS.join(map(signing.b62_encode, numbers))
    return signing.Signer(sep=SEPARATOR, salt=SALT + purpose).sign(value)


def unsign(purpose: str, token: str) -> tuple[int, ...]:
    """The numbers that were signed. Raises ``BadToken``."""
    try:
        value = signing.Signer(sep=SEPARATOR, salt=SALT + purpose).unsign(token)
    except signing.BadSignature as error:
        raise BadToken(str(error)) from None
    return tuple(map(signing.b62_decode, value.split(NUMBERS)))


def site_address() -> str:
    """Where the public site is, without a slash at the end."""
    if crm_settings.base_url:
        return crm_settings.base_url.rstrip("/")
    site = Site.objects.filter(is_default_site=True).first() or Site.objects.first()
    return site.root_url if site else ""


@dataclass(frozen=True)
class Addresses:
    """Makes them for a whole campaign; ``base`` is the address of the public site."""

    base: str

    def click(self, delivery_id: int, link_id: int) -> str:
        return self._address("click", sign("click", delivery_id, link_id))

    def pixel(self, delivery_id: int) -> str:
        return self._address("open", sign("open", delivery_id))

    def unsubscribe(self, delivery_id: int, member_id: int) -> str:
        """Holds the member too, so that it works even after the campaign was deleted."""
        return self._address("unsubscribe", sign("unsubscribe", delivery_id, member_id))

    def _address(self, name: str, token: str) -> str:
        return self.base + self._paths[name].replace(ANY_TOKEN, token)

    @cached_property
    def _paths(self) -> dict[str, str]:
        """Asked once, not for every link of every mail."""
        names = ("click", "open", "unsubscribe")
        return {name: reverse(f"wagtail_crm_mail:{name}", args=[ANY_TOKEN]) for name in names}
