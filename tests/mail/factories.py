"""Makers of senders, campaigns and people who get mail, with sensible defaults."""

import itertools

from tests.members.factories import make_member
from wagtail_crm.mail.actions import choose_audience
from wagtail_crm.mail.models import Campaign, Sender
from wagtail_crm.members.actions import record_consent
from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.segments.models import Membership, Segment

_numbers = itertools.count(1)

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/120.0 Safari/537.36"
)


def make_sender(**fields):
    defaults = {
        "name": "ひだまり",
        "email": "hello@hidamari.example",
        "imprint": "ひだまり株式会社 東京都世田谷区1-2-3",
    }
    return Sender.objects.create(**defaults | fields)


def body(*parts):
    """A body from (type, value) pairs as they are stored."""
    block = Campaign._meta.get_field("body").stream_block
    return block.to_python([{"type": kind, "value": value} for kind, value in parts])


def text(html):
    return ("text", {"text": html})


def button(words, url):
    return ("button", {"text": words, "url": url})


def make_campaign(*parts, everybody=True, included=(), excluded=(), **fields):
    """A campaign that is ready to be sent to everybody."""
    parts = parts or (text("<p>{{ name|客 }}様</p>"), button("見る", "https://shop.example/kit"))
    defaults = {
        "name": f"Autumn letter {next(_numbers)}",
        "subject": "秋のおたより",
        "preheader": "焼きたて",
        "language": "ja",
        "body": body(*parts),
    }
    if "sender" not in fields:
        fields["sender"] = make_sender()
    campaign = Campaign.objects.create(**defaults | fields)
    return choose_audience(
        campaign=campaign, everybody=everybody, included=included, excluded=excluded
    )


def make_reader(**fields):
    """A member who agreed to mail."""
    member = make_member(**fields)
    record_consent(member=member, purpose="email", granted=True, source="test")
    return member


def make_readers(number, **fields):
    return [make_reader(**fields) for _number in range(number)]


def make_many_readers(number):
    """The same in bulk, when nobody needs to be told of each."""
    addresses = [f"bulk{next(_numbers)}@example.jp" for _number in range(number)]
    members = Member.objects.bulk_create(
        [Member(email=address, email_key=address) for address in addresses]
    )
    ConsentRecord.objects.bulk_create(
        [
            ConsentRecord(member=member, purpose="email", granted=True, version="1", source="test")
            for member in members
        ]
    )
    return members


def make_segment(*members, name=None):
    """A live segment of these members, whatever its rules would say."""
    segment = Segment.objects.create(name=name or f"Segment {next(_numbers)}")
    Membership.objects.bulk_create(
        [Membership(segment=segment, member=member) for member in members]
    )
    return segment
