"""Random lives: the same happenings told to the CRM and to plain Python."""

import datetime
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from taggit.models import Tag, TaggedItem
from wagtail.models import Locale, Page

from example.shop.models import ArticlePage, PageTag
from tests.loyalty.factories import make_ranks, make_staff
from tests.mail.factories import CHROME, make_campaign
from tests.members.factories import make_attribute, make_member
from tests.segments import oracle
from tests.segments.strategies import CATEGORIES, CHOICES, KINDS, PARSERS, TYPES, VALUES
from tests.surveys.factories import BAKE, BREAD, CAKES, WHY, answer, make_survey
from wagtail_crm.loyalty.actions import adjust_points
from wagtail_crm.mail.actions import record_click, record_open
from wagtail_crm.mail.events import SENT, campaign_event
from wagtail_crm.mail.models import Delivery, Link
from wagtail_crm.members import actions as members
from wagtail_crm.members.models import MemberTag
from wagtail_crm.tracking import actions as tracking
from wagtail_crm.tracking.events import NewEvent

PEOPLE = 6
ZONES = ["", "Asia/Tokyo", "America/New_York", "Pacific/Kiritimati", "Pacific/Pago_Pago", "Mars"]
# Before leap days and their absence, and before clocks change in New York.
BEGINNINGS = [
    datetime.datetime(2026, 10, 31, 13, 30, tzinfo=datetime.UTC),
    datetime.datetime(2027, 2, 26, 9, tzinfo=datetime.UTC),
    datetime.datetime(2027, 3, 13, 4, 45, tzinfo=datetime.UTC),
    datetime.datetime(2028, 2, 27, 14, 59, 59, tzinfo=datetime.UTC),
]
URL = "https://shop.example/kit"
HOURS = [1, 5, 9, 16, 24, 31, 72]
DATA = [
    {},
    {},
    {"device": "phone", "results": 1},
    {"device": "computer", "results": 0, "granted": True},
    {"device": "Phone", "results": "1", "touch": {"utm_source": "letter"}},
    {"device": 1, "granted": False, "touch": "letter"},
]


class Clock:
    """What ``timezone.now`` says; see the fixture ``clock``."""

    def __init__(self, now):
        self.now = now

    def __call__(self):
        return self.now


def tag_as_anything(thing, name):
    """As taggit's own manager does, in its one table for everything."""
    tag = Tag.objects.get_or_create(name=name, slug=name)[0]
    TaggedItem.objects.create(tag=tag, content_object=thing)


def make_world():
    root = Page.objects.get(depth=1)
    english, _created = Locale.objects.get_or_create(language_code="en")
    japanese, _created = Locale.objects.get_or_create(language_code="ja")
    shop = root.add_child(instance=Page(title="Shop", slug="shop-1", locale=japanese))
    bread = shop.add_child(instance=ArticlePage(title="Bread", slug="bread", locale=japanese))
    tea = shop.add_child(instance=ArticlePage(title="Tea", slug="tea", locale=english))
    cake = root.add_child(instance=Page(title="Cake", slug="cake", locale=english))
    bread.tags.add("oven", "warm")
    bread.save()
    assert PageTag.objects.count() == 2
    tag_as_anything(tea, "warm")
    for key, kind in TYPES.items():
        make_attribute(key, type=kind, choices=CHOICES.get(key, ""))
    tags = [MemberTag.objects.create(name=name, slug=name) for name in ("vip", "trade")]
    return SimpleNamespace(
        now=None,
        zone=settings.TIME_ZONE,
        pages={
            shop.pk: oracle.Page(("s",)),
            bread.pk: oracle.Page(("s", "b"), "shop.articlepage", tags={"oven", "warm"}),
            tea.pk: oracle.Page(("s", "t"), "shop.articlepage", "en", {"warm"}),
            cake.pk: oracle.Page(("c",), language="en"),
        },
        page_types=["wagtailcore.page", "shop.articlepage"],
        page_tags=["oven", "warm"],
        tags={tag.pk: tag.name for tag in tags},
        parsers=PARSERS,
        segments={},
        categories=CATEGORIES,
        survey=make_survey(answers_can_change=True),
        staff=make_staff(),
        ranks={rank.pk: rank.points for rank in make_ranks(Bronze=20, Gold=100).values()},
        **_letters(),
    )


def _letters():
    """Two campaigns, each with a link."""
    campaigns = [make_campaign(), make_campaign()]
    links = {each.pk: Link.objects.create(campaign=each, url=URL).pk for each in campaigns}
    return {"campaigns": {each.pk: each for each in campaigns}, "links": links}


class Life:
    """Several people; whatever happens to them is told twice."""

    def __init__(self, world):
        self.world = world
        self.members = [make_member() for _number in range(PEOPLE)]
        self.people = [oracle.Person(member.uuid) for member in self.members]
        self.newly_gone = []

    @property
    def today(self):
        return self.world.now.astimezone(ZoneInfo(self.world.zone)).date()

    def live_through(self, batch):
        with transaction.atomic():
            events = []
            for kind, number, *details in batch:
                event = getattr(self, kind)(self.members[number], self.people[number], *details)
                events += [event] if event else []
            tracking.record_events(events=events)
        # Points end with the membership, when all that happened is committed.
        while self.newly_gone:
            self.newly_gone.pop().points = 0

    def event(self, member, person, kind, page, days_ago, hour, subject, value, data):
        day = self.today - datetime.timedelta(days=days_ago)
        zone = timezone.get_default_timezone()
        event = NewEvent(
            kind=kind,
            at=datetime.datetime.combine(day, hour, tzinfo=zone),
            member_id=member.pk,
            page_id=page or 0,
            subject=subject,
            value=None if value is None else Decimal(value),
            data=data,
        )
        place = self.world.pages.get(page)
        person.facts.append(oracle.Fact(kind, day, place, subject, Decimal(value or 0), data))
        return event

    def attribute(self, member, person, key, value):
        members.update_member(member=member, attributes={key: value})
        person.attributes[key] = value

    def tag(self, member, person, tag, put_on):
        change = {"add" if put_on else "remove": [self.world.tags[tag]]}
        members.tag_members(members=[member], **change)
        (person.tags.add if put_on else person.tags.discard)(tag)

    def consent(self, member, person, purpose, granted):
        members.record_consent(member=member, purpose=purpose, granted=granted, source="test")
        person.consents[purpose] = granted

    def language(self, member, person, language):
        members.update_member(member=member, fields={"language": language})
        person.language = language

    def zone(self, member, person, zone):
        members.update_member(member=member, fields={"time_zone": zone})
        person.zone = zone

    def points(self, member, person, points):
        points = max(points, -person.points)
        if points:
            staff = self.world.staff
            adjust_points(member=member, points=points, reason="Test", staff=staff)
            person.points += points
            person.earned += points

    def survey(self, member, person, baked, why):
        answer(self.world.survey, member, bake=baked, why=why)
        person.answers = {BAKE: set(baked)} | ({WHY: {""}} if why else {})

    def mail(self, member, person, campaign, days_ago):
        """It was sent some days ago; nobody gets one twice."""
        if campaign in person.mails:
            return
        name = self.world.campaigns[campaign].name
        at = timezone.now() - datetime.timedelta(days=days_ago, minutes=1)
        sent = {"status": Delivery.Status.SENT, "sent_at": at}
        delivery = Delivery.objects.create(campaign_id=campaign, member=member, **sent)
        person.mails[campaign] = oracle.Mail(_day(at), delivery.pk)
        return campaign_event(SENT, delivery, name, at)

    def opening(self, member, person, campaign, agent):
        mail = person.mails.get(campaign)
        if mail:
            record_open(delivery_id=mail.delivery, user_agent=agent)
            mail.opened = mail.opened or (_day(timezone.now()) if agent == CHROME else None)

    def click(self, member, person, campaign):
        mail = person.mails.get(campaign)
        if mail:
            link = self.world.links[campaign]
            record_click(delivery_id=mail.delivery, link_id=link, user_agent=CHROME)
            today = _day(timezone.now())
            mail.opened, mail.clicked = mail.opened or today, mail.clicked or today

    def status(self, member, person, status, days_ago):
        if status == "withdrawn":
            members.withdraw_member(member=member)
            person.consents = dict.fromkeys(person.consents, False)
            if person.status != "withdrawn":
                self.newly_gone.append(person)
        else:
            at = timezone.now() - datetime.timedelta(days=days_ago)
            fields = {"status": status, "registered_at": at, "withdrawn_at": None}
            members.update_member(member=member, fields=fields)
            person.registered = _day(at)
        person.status = status


def _day(moment):
    """Where the site is."""
    return timezone.localdate(moment, timezone.get_default_timezone())


def happenings(world, chance, events, changes):
    """A batch of things that happen to several people before anybody looks.

    From one seed: hypothesis alone would make nearly empty lives.
    """
    pages = [None, *world.pages, *world.pages]
    hours = [datetime.time(0), datetime.time(12), datetime.time(23, 59, 59)]
    batch = [
        (
            "event",
            chance.randrange(PEOPLE),
            chance.choice(KINDS),
            chance.choice(pages),
            chance.choice([-1, 0, 0, 1, 1, 2, 3, 4, 5, 6]),
            chance.choice(hours),
            chance.choice(["", "sku:A", "sku:B", "sku:C"]),
            chance.choice([None, 50, 100]),
            chance.choice(DATA),
        )
        for _number in range(events)
    ]
    return batch + [_change(world, chance) for _number in range(changes)]


def _change(world, chance):
    person, key = chance.randrange(PEOPLE), chance.choice(sorted(VALUES))
    status = chance.choice(["registered", "registered", "withdrawn"])
    campaign, why = chance.choice(sorted(world.campaigns)), chance.choice(["", "Because."])
    return chance.choice(
        [
            ("attribute", person, key, chance.choice([None, *VALUES[key]])),
            ("attribute", person, key, chance.choice(VALUES[key])),
            ("attribute", person, "born", chance.choice(VALUES["born"])),
            ("tag", person, chance.choice(sorted(world.tags)), chance.random() < 0.6),
            ("consent", person, chance.choice(["email", "profiling"]), chance.random() < 0.6),
            ("language", person, chance.choice(["", "ja", "en"])),
            ("zone", person, chance.choice(ZONES)),
            ("status", person, status, chance.choice([0, 1, 2, 3, 29, 30, 40])),
            ("points", person, chance.choice([-30, 10, 50, 100])),
            ("survey", person, chance.sample([BREAD, CAKES], chance.choice([1, 2])), why),
            ("mail", person, campaign, chance.choice([0, 0, 1, 2, 3, 4, 6])),
            ("mail", person, campaign, chance.choice([0, 1, 2])),
            ("opening", person, campaign, chance.choice([CHROME, CHROME, "Mozilla/5.0"])),
            ("click", person, campaign),
        ]
    )


def birthdays(now, chance):
    """Everybody lives somewhere, and has a date in these days."""
    for person in range(PEOPLE):
        day = now.date() + datetime.timedelta(days=chance.choice([-1, 0, 1, 2, 3]))
        year = chance.choice([day.year, day.year, 1996, 2001])
        leap = (day.month, day.day) == (2, 29) and year % 4
        born = f"{year}-02-28" if leap else f"{year}-{day:%m-%d}"
        yield "attribute", person, "born", born
        yield "zone", person, chance.choice(ZONES)
