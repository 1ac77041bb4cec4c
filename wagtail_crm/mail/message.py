"""The e-mail itself: headers, text, HTML."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from email.utils import formataddr
from functools import cached_property

from django.core.mail import EmailMultiAlternatives
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext

from wagtail_crm.conf import crm_settings
from wagtail_crm.members.models import Member

from .addresses import NOBODY, Addresses
from .letter import Letter
from .links import PIXEL, UNSUBSCRIBE, LinkMark
from .models import Campaign

# One transparent pixel (GIF89a), where an address would count an opening that is none.
NO_PIXEL = "data:image/gif;base64,R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7"

# RFC 8058: one click in the mail program, one POST, no questions.
ONE_CLICK = {"List-Unsubscribe-Post": "List-Unsubscribe=One-Click"}
# Keeps out-of-office robots quiet (RFC 3834 §2, and Exchange's own header).
BULK = {"Precedence": "bulk", "X-Auto-Response-Suppress": "OOF, AutoReply"}


def message_id(delivery_id: int, domain: str) -> str:
    """The same for every attempt, so that servers and readers can drop a second copy."""
    salt = "wagtail_crm.mail.message_id"
    digest = salted_hmac(salt, str(delivery_id), algorithm="sha256").hexdigest()[:20]
    return f"<crm-{delivery_id}-{digest}@{domain}>"


def one_line(text: str) -> str:
    """Text for a header: nothing that would begin another one."""
    return " ".join(text.split())


@dataclass(frozen=True)
class Envelope:
    """What all mails of a campaign have in common, and how each becomes a message."""

    campaign: Campaign
    addresses: Addresses
    link_ids: dict[str, int] = field(default_factory=dict)

    @cached_property
    def from_email(self) -> str:
        sender = self.campaign.sender
        return formataddr((sender.name, sender.email)) if sender else crm_settings.mail_from

    @cached_property
    def domain(self) -> str:
        return self.from_email.rpartition("@")[2].rstrip("> ") or "localhost"

    @cached_property
    def headers(self) -> dict[str, str]:
        return {
            **BULK,
            "List-ID": f"<mail.{self.domain}>",
            "Content-Language": self.campaign.mail_language,
        }

    @cached_property
    def reply_to(self) -> list[str] | None:
        sender = self.campaign.sender
        return [sender.reply_to] if sender and sender.reply_to else None

    def message(self, letter: Letter, member: Member, delivery_id: int) -> EmailMultiAlternatives:
        """The mail of one delivery; the same each time but for its date."""
        addresses = self.addresses
        unsubscribe = addresses.unsubscribe(delivery_id, member.pk)

        def address(link: LinkMark) -> str:
            if link.url == UNSUBSCRIBE:
                return unsubscribe
            if link.url == PIXEL:
                return addresses.pixel(delivery_id)
            link_id = self.link_ids.get(link.key)
            return addresses.click(delivery_id, link_id) if link_id else link.url

        headers = {
            **self.headers,
            **ONE_CLICK,
            "List-Unsubscribe": f"<{unsubscribe}>",
            "Message-ID": message_id(delivery_id, self.domain),
        }
        return self._message(letter, letter.values_for(member), member.email, address, headers)

    def test_message(
        self, letter: Letter, member: Member | None, to: str
    ) -> EmailMultiAlternatives:
        """The mail as ``member`` would get it, for an editor: nothing in it is counted."""
        message = self._message(
            letter, letter.values_for(member), to, self.plain_address, self.headers
        )
        message.subject = gettext("[Test] %(subject)s") % {"subject": message.subject}
        return message

    def plain_address(self, link: LinkMark) -> str:
        """Addresses for previews and tests, that lead where they say and count nothing."""
        if link.url == UNSUBSCRIBE:
            return self.addresses.unsubscribe(NOBODY, NOBODY)
        return NO_PIXEL if link.url == PIXEL else link.url

    def _message(
        self,
        letter: Letter,
        values: Mapping[str, str],
        to: str,
        address: Callable[[LinkMark], str],
        headers: dict[str, str],
    ) -> EmailMultiAlternatives:
        message = EmailMultiAlternatives(
            subject=one_line(letter.subject.fill(values, address)),
            body=letter.text.fill(values, address),
            from_email=self.from_email,
            to=[to],
            reply_to=self.reply_to,
            headers=headers,
        )
        message.attach_alternative(letter.html.fill(values, address), "text/html")
        return message
