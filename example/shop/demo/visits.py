"""Ninety days of visits: what everybody looked at, put into the cart and bought."""

import datetime
import uuid
from decimal import Decimal

from django.db import transaction

from example.shop.cart import order_name
from wagtail_crm.members.models import ConsentRecord, Member
from wagtail_crm.tracking import partitions
from wagtail_crm.tracking.actions import record_events
from wagtail_crm.tracking.events import NewEvent, event_id_for
from wagtail_crm.tracking.models import Visitor

from .habits import DEVICES, SEARCHES, TOUCHES, Paths, moments, weighted
from .people import PERSONAS

BATCH = 5000
# Sessions of people nobody knows, for each session of a member.
STRANGERS = 0.35


def record_visits(world, tick):
    """Write everything that happened, in batches, as if it had just been read from the buffer."""
    _prepare_months(world)
    diary = Diary(world)
    _own_browsers(world, diary)
    total = sum(person.activity for person in world.people) or 1
    done = 0.0
    batch = []
    for person in world.people:
        batch += diary.of_person(person)
        done += person.activity
        if len(batch) >= BATCH:
            record_events(events=batch)
            tick(0.8 * done / total)
            batch, done = [], 0.0
    record_events(events=batch)
    _record_strangers(diary, tick)


def _prepare_months(world):
    months = {world.days_ago(days).date().replace(day=1) for days in range(-1, 480, 20)}
    for start in sorted(months):
        partitions.create_month(start)


@transaction.atomic
def _own_browsers(world, diary):
    """Each registered member has a browser that is known to be theirs."""
    Visitor.objects.bulk_create(
        [
            Visitor(
                pk=diary.browser(person.member.code),
                member=person.member,
                linked_at=person.member.registered_at,
                linked_by="registration",
                owned_until=person.member.registered_at,
                first_seen_at=person.member.created_at,
                last_seen_at=person.member.registered_at,
            )
            for person in world.people
            if person.activity
        ],
        batch_size=1000,
        ignore_conflicts=True,
    )


def _record_strangers(diary, tick):
    events = diary.of_strangers()
    for start in range(0, len(events), BATCH):
        record_events(events=events[start : start + BATCH])
    tick(0.2)


class Diary:
    """Turns habits into events; the same seed writes the same diary."""

    def __init__(self, world):
        self.world = world
        self.paths = Paths(world)
        self.site_id = world.site.pk
        self.sessions = 0

    def browser(self, key):
        return uuid.uuid5(uuid.NAMESPACE_URL, f"hidamari:{self.world.seed}:{key}")

    def of_person(self, person):
        """Registration, consent, visits and orders of one member."""
        member = person.member
        chance = self.world.chance(f"visits:{member.code}")
        events = list(self._account_events(member))
        if not person.activity:
            return events
        since = max(member.created_at, self.world.days_ago(self.world.days))
        months = max((self.world.today - since).days / 30, 0.1)
        number = max(1, round(person.activity * months * chance.uniform(0.7, 1.3)))
        for moment in moments(chance, self.world, member.created_at, number):
            events += self._session(chance, person.persona, moment, member)
        return events

    def _account_events(self, member):
        if member.registered_at:
            yield self._fact("registration", member, member.registered_at)
        if member.status == Member.Status.WITHDRAWN:
            yield self._fact("withdrawal", member, member.withdrawn_at)

    def _fact(self, kind, member, at):
        return NewEvent(
            kind=kind, id=event_id_for(at, kind, member.pk, ""), at=at, member_id=member.pk
        )

    def of_strangers(self):
        """Visits of browsers whose owner nobody knows."""
        chance = self.world.chance("strangers")
        events = []
        since = self.world.days_ago(self.world.days)
        number = int(self.sessions * STRANGERS)
        for index, moment in enumerate(moments(chance, self.world, since, number)):
            persona = chance.choice(list(PERSONAS)[:5])
            events += self._session(chance, persona, moment, None, f"stranger:{index % 900}")
        return events

    def _session(self, chance, persona, moment, member, browser=""):
        """One visit: pages, now and then a search, a login, an order."""
        self.sessions += 1
        scene = {
            "member_id": member.pk if member else 0,
            "visitor_id": self.browser(member.code if member else browser),
            "site_id": self.site_id,
        }
        device = weighted(chance, DEVICES)
        key = member.code if member else browser
        events = []

        def note(kind, **what):
            number = len(events)
            data = device | what.pop("data", {})
            identity = event_id_for(moment, self.world.seed, key, kind, number)
            events.append(NewEvent(kind=kind, id=identity, at=moment, data=data, **scene, **what))

        touch = weighted(chance, TOUCHES)
        seen = []
        for page in self.paths.walk(chance, persona, member is not None):
            note("page_view", page_id=page.pk, data=touch if not seen else {})
            seen.append(page)
            moment += datetime.timedelta(seconds=int(chance.lognormvariate(3.6, 0.9)) + 3)
        if chance.random() < 0.06:
            note("search", subject=chance.choice(SEARCHES))
        if member and chance.random() < 0.25:
            note("login")
        wanted = [page for page in seen if hasattr(page, "sku")]
        if member and wanted and chance.random() < (0.5 if persona == "partner" else 0.26):
            self._shop(chance, wanted, note, key, moment)
        return events

    def _shop(self, chance, wanted, note, key, moment):
        """Put things into the cart; two carts in three are paid for."""
        lines = []
        for product in dict.fromkeys(wanted):
            quantity = chance.choices([1, 2, 3, 5], [78, 15, 5, 2])[0]
            note(
                "cart_add",
                page_id=product.pk,
                subject=f"sku:{product.sku}",
                value=Decimal(product.price),
                data={"name": product.title},
            )
            lines.append(
                {
                    "sku": product.sku,
                    "name": product.title,
                    "quantity": quantity,
                    "price": product.price,
                }
            )
        if chance.random() < 0.66:
            total = sum(line["price"] * line["quantity"] for line in lines)
            note(
                "purchase",
                subject=f"order:{moment:%y%m%d}-{key.removeprefix('H')}-{moment:%H%M}",
                value=Decimal(total),
                data={"name": order_name(lines), "lines": lines},
            )
            for product, line in zip(dict.fromkeys(wanted), lines, strict=True):
                note(
                    "purchase_item",
                    page_id=product.pk,
                    subject=f"sku:{product.sku}",
                    value=Decimal(line["price"] * line["quantity"]),
                    data={"name": line["name"], "quantity": line["quantity"]},
                )


def record_answers_about_consent(world, tick):
    """What people said about consent is in their timelines, too."""
    records = ConsentRecord.objects.order_by("pk").iterator()
    events = [
        NewEvent(
            kind="consent",
            id=event_id_for(record.at, "consent", record.member_id, record.purpose),
            at=record.at,
            member_id=record.member_id,
            subject=record.purpose,
            data={"granted": record.granted},
        )
        for record in records
    ]
    for start in range(0, len(events), BATCH):
        record_events(events=events[start : start + BATCH])
    tick(1)
