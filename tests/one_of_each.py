"""One of each thing that the admin lists, said in the same words."""

from tests.loyalty.factories import make_ranks, make_rule, make_staff
from tests.segments.factories import make_run
from tests.surveys.factories import answer
from wagtail_crm.loyalty.actions import adjust_points
from wagtail_crm.mail.models import Suppression
from wagtail_crm.members import actions
from wagtail_crm.segments.static import create_static_segment
from wagtail_crm.tracking.actions import set_aside
from wagtail_crm.tracking.models import RefusedEvent, Visitor


def one_of_each(words, *, member, segment, campaign, wish, survey, address, source):
    """These, and what else there is about ``member``; by the name of each one's addresses."""
    campaign.save_revision()
    actions.tag_members(members=[member], add=[words])
    rank = make_ranks(**{words: 5})[words]
    adjust_points(member=member, points=5, reason=words, staff=make_staff())
    answer(survey, member, why=words)
    set_aside(payloads=[words.encode()], reason=words)
    return {
        "member": member,
        "segment": segment,
        "campaign": campaign,
        "sender": campaign.sender,
        "attributedefinition": wish,
        "consentrecord": actions.record_consent(
            member=member, purpose="email", granted=True, source=source
        ),
        "suppression": Suppression.objects.create(email_key=address, reason="bounce", detail=words),
        "refusedevent": RefusedEvent.objects.get(),
        "visitor": Visitor.objects.create(member=member, linked_by="login"),
        "earningrule": make_rule(label=words),
        "rank": rank,
        "surveys": survey,
        "page": survey,
        "segmentrun": make_run(segment),
        "staticsegment": create_static_segment(name=f"{words} by hand"),
    }
