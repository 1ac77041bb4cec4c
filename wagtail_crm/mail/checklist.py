"""The last look before sending: what must be fixed, what might be, and what is fine."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

import swapper
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext, ngettext
from wagtail import blocks

from wagtail_crm.members.placeholders import PATTERN, available_placeholders, unknown_words
from wagtail_crm.segments.audience import Viewer
from wagtail_crm.segments.audience_blocks import AudienceMixin
from wagtail_crm.segments.models import Segment

from .blocks import DestinationMixin
from .letter import Letter
from .links import UNSUBSCRIBE
from .models import Campaign
from .recipients import Target, bridge
from .render import CannotRender, Composer, children_of

Level = Literal["red", "amber", "green"]
Step = Literal["edit", "audience", "time", "check", "send"]

# Gmail shows no more of a mail than this.
CLIPPED_AT = 102_000
# What looks like the beginning or the end of a merge field, with the words beside it.
# It may be formatted, but it does not go on in the next paragraph.
PARAGRAPH = re.compile(r"</?(?:p|li|br|h\d)\b[^>]*>")
BROKEN = re.compile(r"\{\{(?:<[^>]*>|[^<\n]){0,20}|(?:<[^>]*>|[^<\n]){0,20}\}\}")
TAG = re.compile(r"<[^>]*>")
HREF_WITH_FIELD = re.compile(r"href=\"[^\"]*\{\{")


@dataclass(frozen=True)
class Finding:
    """One line of the check, and the step where it is fixed."""

    level: Level
    text: str
    step: Step = "edit"


def checklist(campaign: Campaign) -> list[Finding]:
    """Everything that was looked at, worst first."""
    findings = [
        *_subject(campaign),
        *_sender(campaign),
        *_content(campaign),
        *_audience(campaign),
        *_time(campaign),
        *_test(campaign),
    ]
    return sorted(findings, key=lambda finding: ("red", "amber", "green").index(finding.level))


def problems_of(campaign: Campaign) -> list[str]:
    """Why it must not be sent, in sentences; empty when it may."""
    return [finding.text for finding in checklist(campaign) if finding.level == "red"]


def _subject(campaign: Campaign) -> Iterator[Finding]:
    if not campaign.subject.strip():
        yield Finding("red", gettext("There is no subject. Write one."))
    else:
        yield Finding("green", gettext("Subject: %(subject)s") % {"subject": campaign.subject})
    if not campaign.preheader.strip():
        yield Finding(
            "amber",
            gettext("There is no preview text. Mail programs will show the first words instead."),
        )


def _sender(campaign: Campaign) -> Iterator[Finding]:
    if campaign.sender is None:
        yield Finding(
            "amber",
            gettext(
                "No sender is chosen: the site’s own address will be used, without an imprint. "
                "The law asks for your name, address and contact in every mail of this kind."
            ),
        )
    elif not campaign.sender.imprint.strip():
        yield Finding(
            "amber",
            gettext(
                "The sender “%(sender)s” has no imprint. The law asks for your name, address and "
                "contact in every mail of this kind."
            )
            % {"sender": campaign.sender.name},
        )
    else:
        yield Finding("green", gettext("From %(sender)s") % {"sender": campaign.sender})


def _content(campaign: Campaign) -> Iterator[Finding]:
    if not len(campaign.body):
        yield Finding("red", gettext("The mail is empty. Add at least a text."))
        return
    words = [campaign.subject, campaign.preheader, *_strings(campaign.body.get_prep_value())]
    yield from _merge_fields("\n".join(words))
    yield from _pages(campaign)
    known = set(Segment.objects.values_list("pk", flat=True))
    yield from _lost_segments(campaign.body.stream_block, campaign.body, known)
    try:
        letter = Composer(campaign).letter(Viewer())
    except CannotRender as error:
        yield Finding("red", gettext("The mail cannot be made: %(error)s") % {"error": str(error)})
    else:
        yield from _letter(letter)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for child in value.values():
            yield from _strings(child)
    elif isinstance(value, list):
        for child in value:
            yield from _strings(child)


def _merge_fields(text: str) -> Iterator[Finding]:
    unknown = unknown_words(text, available_placeholders())
    rest = PATTERN.sub("", text)
    for word in unknown:
        yield Finding(
            "red",
            gettext("There is no merge field “%(word)s”. Take one from the list below the text.")
            % {"word": word},
        )
    for fragment in BROKEN.findall(PARAGRAPH.sub("\n", rest)):
        yield Finding(
            "red",
            gettext("A merge field is not complete: “%(words)s”. Write it in one go, unformatted.")
            % {"words": TAG.sub("", fragment).strip()},
        )
    if HREF_WITH_FIELD.search(text):
        yield Finding("red", gettext("The address of a link cannot hold a merge field."))
    elif not unknown and PATTERN.search(text):
        yield Finding("green", gettext("All merge fields are known."))


def _pages(campaign: Campaign) -> Iterator[Finding]:
    page_model = swapper.load_model("wagtailcore", "Page")
    wanted = {
        int(key)
        for model, key, *_path in campaign.body.stream_block.extract_references(campaign.body)
        if issubclass(model, page_model)
    }
    found = {page.pk: page for page in page_model.objects.filter(pk__in=wanted)}
    for page in found.values():
        if not page.live:
            yield Finding(
                "red",
                gettext("The mail leads to “%(page)s”, which is not published.")
                % {"page": page.title},
            )
    if len(found) < len(wanted) or _has_lost_page(campaign.body.stream_block, campaign.body):
        yield Finding("red", gettext("The mail leads to a page that no longer exists."))


def _has_lost_page(block: Any, value: Any) -> bool:
    """Whether something anywhere in the value must lead to a page and points at nothing."""
    if isinstance(block, blocks.PageChooserBlock):
        return block.required and value is None
    if isinstance(block, DestinationMixin) and block.destination_required:
        return not block.destination(value)
    return any(
        _has_lost_page(child, child_value) for child, child_value in children_of(block, value)
    )


def _lost_segments(block: Any, value: Any, known: set[int]) -> Iterator[Finding]:
    if isinstance(block, AudienceMixin) and not known.issuperset(value["audience"]["segments"]):
        yield Finding(
            "amber",
            gettext("A part is for a segment that no longer exists: nobody will get that part."),
        )
    for child, child_value in children_of(block, value):
        yield from _lost_segments(child, child_value, known)


def _letter(letter: Letter) -> Iterator[Finding]:
    html = letter.html.fill(letter.values_for(None), lambda link: link.url)
    if UNSUBSCRIBE in html:
        yield Finding(
            "green", gettext("Everybody can unsubscribe: by a link, and by their mail program.")
        )
    else:
        yield Finding("red", gettext("There is no link to unsubscribe in the mail’s template."))
    if len(html.encode()) > CLIPPED_AT:
        yield Finding("amber", gettext("The mail is long: Gmail will not show its end."))
    number = len(letter.links)
    if number:
        text = ngettext("%(n)d link is counted.", "%(n)d links are counted.", number)
        yield Finding("green", text % {"n": number})


def _audience(campaign: Campaign) -> Iterator[Finding]:
    target = Target.of(campaign)
    if not target.everybody and not target.included:
        yield Finding("red", gettext("Nobody is chosen. Say who is to get it."), "audience")
        return
    numbers = bridge(target)
    number = numbers.recipients
    if not numbers.people and not target.everybody:
        yield Finding("red", gettext("Nobody is in the segments that you chose."), "audience")
        return
    if not number:
        yield Finding(
            "red",
            gettext("Nobody would get it: no one chosen has agreed to mail and has an address."),
            "audience",
        )
        return
    text = ngettext("%(number)s member will get it.", "%(number)s members will get it.", number)
    number_text = number_format(number, force_grouping=True)
    yield Finding("green", text % {"number": number_text}, "audience")


def _time(campaign: Campaign) -> Iterator[Finding]:
    if campaign.is_started or campaign.scheduled_at is None:
        return
    if campaign.scheduled_at <= timezone.now():
        yield Finding(
            "red",
            gettext("The time it is to be sent at has passed. Choose another, or send it now."),
            "time",
        )


def _test(campaign: Campaign) -> Iterator[Finding]:
    changed = campaign.latest_revision.created_at if campaign.latest_revision else None
    if campaign.tested_at is None:
        yield Finding("amber", gettext("You have not sent a test to yourself yet."), "check")
    elif changed and changed > campaign.tested_at:
        yield Finding(
            "amber", gettext("The mail has changed since the last test was sent."), "check"
        )
    else:
        yield Finding("green", gettext("A test was sent."), "check")
