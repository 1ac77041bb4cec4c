"""The rule "Mail": as a set, for one member, and incrementally; all three agree."""

import pytest
from django.utils import timezone, translation

from tests.mail.factories import CHROME, make_campaign, make_reader
from wagtail_crm.mail import actions, sending
from wagtail_crm.mail.models import Delivery, Link
from wagtail_crm.mail.rule_blocks import MailRuleBlock
from wagtail_crm.mail.rules import MailDeed
from wagtail_crm.members.models import Member
from wagtail_crm.segments.compiled import rules_of
from wagtail_crm.segments.models import Segment
from wagtail_crm.segments.rules.base import Broken, Scope
from wagtail_crm.segments.rules.blocks import group_of

pytestmark = pytest.mark.django_db

DEEDS = ["sent", "opened", "not_opened", "clicked", "not_clicked"]


@pytest.fixture
def people(smtp_sink):
    """By what they did with a campaign: nothing, opened, clicked; and one who never got it."""
    readers = {name: make_reader() for name in ("nothing", "opened", "clicked")}
    campaign = actions.start_campaign(campaign=make_campaign())
    sending.deliver_batch(campaign.pk)
    Delivery.objects.update(sent_at=timezone.now() - timezone.timedelta(minutes=5))
    of = {d.member_id: d.pk for d in Delivery.objects.all()}
    actions.record_open(delivery_id=of[readers["opened"].pk], user_agent=CHROME)
    actions.record_open(delivery_id=of[readers["nothing"].pk], user_agent="Mozilla/5.0")
    actions.record_click(
        delivery_id=of[readers["clicked"].pk], link_id=Link.objects.get().pk, user_agent=CHROME
    )
    return {"never": make_reader(), **readers}, campaign


EXPECTED = {
    "sent": {"nothing", "opened", "clicked"},
    "opened": {"opened", "clicked"},
    "not_opened": {"nothing"},
    "clicked": {"clicked"},
    "not_clicked": {"nothing", "opened"},
}


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("which", ["this", "any", "other"])
def test_as_a_set_and_for_one_member(people, deed, which):
    readers, campaign = people
    other = make_campaign()
    rule = MailDeed(deed, {"this": campaign.pk, "any": None, "other": other.pk}[which])
    expected = set() if which == "other" else EXPECTED[deed]

    as_a_set = set(Member.objects.filter(rule.condition(Scope())))
    for_one = {
        name
        for name, member in readers.items()
        if Member.objects.filter(rule.condition(Scope((member.pk,))), pk=member.pk).exists()
    }

    assert as_a_set == {readers[name] for name in expected}
    assert for_one == expected


def make_live(name, campaign, deed=None, match="all"):
    block = Segment._meta.get_field("rules").stream_block
    value = {"deed": deed or name, "which": "one", "campaign": campaign.pk}
    rules = block.to_python([{"type": "mail", "value": value}])
    segment = Segment.objects.create(name=name, match=match, rules=rules)
    segment.save_revision().publish()
    return segment


@pytest.mark.django_db(transaction=True)
def test_membership_follows_each_deed(smtp_sink):
    reader = make_reader()
    campaign = make_campaign()
    segments = {deed: make_live(deed, campaign) for deed in DEEDS}

    def inside():
        return {name for name, segment in segments.items() if segment.memberships.exists()}

    assert inside() == set()
    campaign = actions.start_campaign(campaign=campaign)
    sending.deliver_batch(campaign.pk)
    assert inside() == {"sent", "not_opened", "not_clicked"}
    delivery = Delivery.objects.get()
    Delivery.objects.update(sent_at=timezone.now() - timezone.timedelta(minutes=5))
    actions.record_open(delivery_id=delivery.pk, user_agent="Mozilla/5.0")
    assert inside() == {"sent", "not_opened", "not_clicked"}
    actions.record_open(delivery_id=delivery.pk, user_agent=CHROME)
    assert inside() == {"sent", "opened", "not_clicked"}
    actions.record_click(delivery_id=delivery.pk, link_id=Link.objects.get().pk, user_agent=CHROME)
    assert inside() == {"sent", "opened", "clicked"}
    assert segments["clicked"].memberships.get().member == reader


def test_a_deleted_campaign_does_not_become_any_campaign():
    campaign = make_campaign()
    block = Segment._meta.get_field("rules").stream_block
    value = {"deed": "opened", "which": "one", "campaign": campaign.pk}
    stream = block.to_python([{"type": "mail", "value": value}])
    assert group_of("all", stream).rules == (MailDeed("opened", campaign.pk, campaign.name),)
    campaign.delete()

    stream = block.to_python([{"type": "mail", "value": value}])
    assert isinstance(group_of("all", stream).rules[0], Broken)


@pytest.mark.django_db(transaction=True)
def test_nobody_is_in_a_segment_whose_campaign_was_deleted():
    reader, campaign = make_reader(), make_campaign()
    segment = make_live("opened", campaign, match="none")
    assert segment.memberships.get().member == reader

    campaign.delete()

    assert segment.memberships.count() == 0


@pytest.mark.parametrize("number", [1, 3])
def test_sentences_of_many_rules_ask_as_much_as_one(number, django_assert_num_queries):
    segments = [make_live(f"{n}", make_campaign(), deed="opened") for n in range(number)]
    with django_assert_num_queries(1):
        sentences = [rule.sentence() for rule in rules_of(segments).values()]
    assert len(set(sentences)) == number


def test_a_rule_reads_as_a_sentence():
    campaign = make_campaign(name="Autumn")

    with translation.override("en"):
        sentences = [MailDeed(deed, campaign.pk, campaign.name).sentence() for deed in DEEDS]

    assert sentences == [
        "who got the mail “Autumn”",
        "who opened the mail “Autumn”",
        "who got the mail “Autumn” and did not open it",
        "who clicked in the mail “Autumn”",
        "who got the mail “Autumn” and did not click in it",
    ]
    with translation.override("ja"):
        assert MailDeed("opened").sentence() == "いずれかのメールを開封している"


def test_naming_a_campaign_is_required_when_one_is_meant():
    block = MailRuleBlock()

    with pytest.raises(Exception) as error:  # block errors share no public base
        block.clean(block.to_python({"deed": "opened", "which": "one", "campaign": None}))

    assert "campaign" in error.value.block_errors


def test_a_draft_may_leave_open_which_campaign():
    block = MailRuleBlock()
    block.defer_required_validation()

    saved = block.clean(block.to_python({"deed": "opened", "which": "one", "campaign": None}))

    assert saved["campaign"] is None
