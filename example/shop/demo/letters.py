"""Two campaigns that were sent, with what people did with them, and one being written."""

from django.contrib.auth import get_user_model
from django.db import transaction

from wagtail_crm.mail.actions import choose_audience
from wagtail_crm.mail.models import Campaign, Sender

from .audiences import publish_segment
from .bodies import rich
from .responses import Post
from .world import EDITOR, content


def send_letters(world, tick):
    texts = content("letters")
    sender = _sender(texts["sender"])
    for letter in texts["letters"]:
        if not Campaign.objects.filter(name=letter["name"]).exists():
            _send(world, sender, letter)
        tick(0.95 / len(texts["letters"]))
    _segments_of_readers(world)
    tick(0.05)


def _sender(texts):
    return Sender.objects.get_or_create(email=texts["email"], defaults=texts)[0]


@transaction.atomic
def _send(world, sender, letter):
    campaign = Campaign(
        name=letter["name"],
        subject=letter["subject"],
        preheader=letter["preheader"],
        sender=sender,
        language="ja",
    )
    block = Campaign._meta.get_field("body").stream_block
    campaign.body = block.to_python([_part(world, part) for part in letter["body"]])
    campaign.save()
    campaign.save_revision()
    editor = get_user_model().objects.get(email=EDITOR)
    segment = world.segments[letter["to"]]
    choose_audience(campaign=campaign, everybody=False, included=[segment], excluded=[], by=editor)
    if "days_ago" in letter:
        moment = world.days_ago(letter["days_ago"], hour=letter["hour"])
        Post(world, campaign, moment).deliver(editor)


def _part(world, part):
    ((kind, value),) = part.items()
    if isinstance(value, str):
        return {"type": kind, "value": {"text": rich(value)}}
    value = dict(value)
    if "page" in value:
        value["page"] = world.pages[value["page"]].pk
    if "audience" in value:
        segment = world.segments[value["audience"]]
        value["audience"] = {"segments": [segment.pk], "excluded": []}
    return {"type": kind, "value": value}


def _segments_of_readers(world):
    """Who reads every letter, and who none: there is something to ask about only now."""
    for slug, name, deed in (
        ("readers", "メールをよく読む人", "clicked"),
        ("silent", "メールを開かない人", "not_opened"),
    ):
        rule = {"type": "mail", "value": {"deed": deed, "which": "any", "campaign": None}}
        world.segments[slug] = publish_segment(name, "all", [rule])
