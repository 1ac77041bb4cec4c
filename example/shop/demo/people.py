"""Two thousand members, the staff, and who likes what."""

import datetime
from dataclasses import dataclass

from allauth.account.models import EmailAddress
from django.contrib.auth import get_user_model
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, Permission
from django.db import transaction

from wagtail_crm.members import actions
from wagtail_crm.members.models import ConsentRecord, Member, MemberTag, TaggedMember
from wagtail_crm.members.names import email_key

from .attributes import BUSINESS, EXPERIENCE, INTERESTS
from .places import PLACES, TOWNS
from .world import EDITOR, MEMBER, PASSWORD

Status = Member.Status
User = get_user_model()
TO_HIRAGANA = {code: code - 0x60 for code in range(ord("ァ"), ord("ヶ") + 1)}

# What people are like: share, interests, what they look at and buy.
PERSONAS = {
    "everyday": (30, [0], ["食パン", "朝食", "入門"]),
    "sourdough": (22, [1, 5], ["サワードウ", "ハード系"]),
    "sweets": (24, [2], ["お菓子", "贈りもの"]),
    "healthy": (12, [3, 0], ["グルテンフリー", "健康"]),
    "parents": (8, [4, 2], ["こども", "お菓子", "朝食", "入門"]),
    "partner": (4, [1, 5], ["プロ向け", "ハード系", "食パン"]),
}
PROVIDERS = ["example.jp", "example.com", "mail.example.jp", "example.net"]
STAFF = [
    (EDITOR, "宮内", "かおり", True),
    ("sato@hidamari.example", "佐藤", "恵", False),
    ("onodera@hidamari.example", "小野寺", "拓", False),
]
TAGS = ["VIP", "モニター", "教室参加", "要フォロー", "パートナー"]


@dataclass
class Person:
    """A member with what only the demo knows of them."""

    member: Member
    persona: str
    activity: float


def hire_staff(world, tick):
    """The editor (who may do everything) and two colleagues of marketing, who own partners."""
    for email, family, given, chief in STAFF:
        user, _created = User.objects.get_or_create(
            email=email,
            defaults={
                "last_name": family,
                "first_name": given,
                "password": make_password(PASSWORD),
                "is_staff": chief,
                "is_superuser": chief,
            },
        )
        EmailAddress.objects.get_or_create(
            user=user, email=email, defaults={"verified": True, "primary": True}
        )
        if not chief:
            user.groups.add(_marketing(), *Group.objects.filter(name="Editors"))
    tick(1)


def _marketing():
    """Colleagues who may do everything in the CRM but delete."""
    group, is_new = Group.objects.get_or_create(name="マーケティング")
    if is_new:
        of_crm = Permission.objects.filter(content_type__app_label__startswith="wagtail_crm_")
        group.permissions.set(of_crm.exclude(codename__startswith="delete_"))
        group.permissions.add(Permission.objects.get(codename="access_admin"))
    return group


@transaction.atomic
def gather_people(world, tick):
    """The list of members; ``world.people`` knows what each is like."""
    people = [_yoko(world), *Crowd(world).people()]
    known = dict(Member.objects.exclude(email_key=None).values_list("email_key", "pk"))
    fresh = [person.member for person in people if person.member.email_key not in known]
    tick(0.2)
    _open_accounts(fresh)
    tick(0.2)
    Member.objects.bulk_create(fresh, batch_size=500)
    tick(0.2)
    for person in people:
        person.member.pk = person.member.pk or known[person.member.email_key]
    _record_consents(world, fresh)
    tick(0.2)
    new = set(fresh)
    _put_tags(world, [person for person in people if person.member in new])
    world.people = people
    tick(0.2)


def _yoko(world):
    """The member everybody logs in as: a lover of sourdough from Tokyo."""
    joined = world.days_ago(204, hour=21)
    member = Member(
        email=MEMBER,
        email_key=email_key(MEMBER),
        code="H000001",
        family_name="田中",
        given_name="陽子",
        family_name_kana="たなか",
        given_name_kana="ようこ",
        language="ja",
        time_zone="Asia/Tokyo",
        status=Status.REGISTERED,
        created_at=joined,
        registered_at=joined,
        attributes={
            "prefecture": "東京都",
            "birthday": "1986-05-14",
            "gender": "女性",
            "interests": [INTERESTS[1], INTERESTS[5]],
            "experience": EXPERIENCE[2],
            "newsletter": True,
            "postal_code": "154-0004",
            "address": "東京都世田谷区太子堂2-10-4",
        },
    )
    return Person(member, "sourdough", 14.0)


class Crowd:
    """Everybody else, made up from chance."""

    def __init__(self, world):
        self.world = world
        self.chance = world.chance("people")
        self.japanese, self.english = world.faker("ja"), world.faker("en")

    def people(self):
        return [self._person(number) for number in range(2, self.world.members + 1)]

    def _person(self, number):
        chance = self.chance
        language = "en" if chance.random() < 0.1 else "ja"
        woman = chance.random() < 0.72
        names = self._japanese_names(woman) if language == "ja" else self._english_names(woman)
        roman = names.pop("roman")
        email = f"{roman}{chance.choice(['', '.', '_'])}{number}@{chance.choice(PROVIDERS)}"
        persona = chance.choices(list(PERSONAS), [share for share, *_rest in PERSONAS.values()])[0]
        status = self._status()
        joined = self._joined()
        member = Member(
            **names,
            email=email,
            email_key=email_key(email),
            code=f"H{number:06d}",
            language=language,
            time_zone="Asia/Tokyo" if chance.random() < 0.97 else "Europe/London",
            status=status,
            created_at=joined,
            registered_at=None if status == Status.PROSPECT else joined,
            withdrawn_at=self._left(joined) if status == Status.WITHDRAWN else None,
            attributes=self._attributes(persona, woman),
        )
        return Person(member, persona, self._activity(status, persona))

    def _status(self):
        return self.chance.choices(
            [Status.REGISTERED, Status.PROSPECT, Status.WITHDRAWN], [85, 13, 2]
        )[0]

    def _activity(self, status, persona):
        """Sessions a month: few people come often, most come once in a while."""
        if status != Status.REGISTERED:
            return 0.0
        usual = min(0.7 * self.chance.paretovariate(1.25), 24.0)
        return usual * (1.8 if persona == "partner" else 1.0)

    def _joined(self):
        """More and more people in fourteen months, mostly in the evening."""
        days = int(420 * (1 - self.chance.random() ** 0.62))
        moment = self.world.days_ago(days, hour=self.chance.choice([8, 12, 13, 20, 21, 22, 23]))
        moment += datetime.timedelta(seconds=self.chance.randrange(3600))
        return min(moment, self.world.today - datetime.timedelta(hours=1))

    def _left(self, joined):
        span = (self.world.today - joined) * self.chance.uniform(0.3, 0.95)
        return joined + span

    def _japanese_names(self, woman):
        family = self.japanese.last_name_pair()
        given = (
            self.japanese.first_name_female_pair()
            if woman
            else self.japanese.first_name_male_pair()
        )
        return {
            "family_name": family[0],
            "given_name": given[0],
            "family_name_kana": family[1].translate(TO_HIRAGANA),
            "given_name_kana": given[1].translate(TO_HIRAGANA),
            "roman": f"{given[2]}.{family[2]}".lower(),
        }

    def _english_names(self, woman):
        given = self.english.first_name_female() if woman else self.english.first_name_male()
        family = self.english.last_name()
        roman = f"{given}.{family}".lower().replace("'", "").replace(" ", "")
        return {"family_name": family, "given_name": given, "roman": roman}

    def _attributes(self, persona, woman):
        chance = self.chance
        prefecture, city, postal, _weight = chance.choices(
            PLACES, [weight for *_place, weight in PLACES]
        )[0]
        street = f"{chance.randint(1, 8)}-{chance.randint(1, 28)}-{chance.randint(1, 20)}"
        liked = {INTERESTS[index] for index in PERSONAS[persona][1]}
        liked |= {interest for interest in INTERESTS if chance.random() < 0.12}
        answers = {
            "prefecture": prefecture,
            "birthday": self._birthday(persona).isoformat() if chance.random() < 0.86 else None,
            "gender": ("女性" if woman else "男性") if chance.random() < 0.8 else "回答しない",
            "interests": [interest for interest in INTERESTS if interest in liked],
            "experience": self._experience(persona),
            "newsletter": chance.random() < 0.62,
            "postal_code": f"{postal}-{chance.randint(1, 72):04d}",
            "address": f"{prefecture}{city}{chance.choice(TOWNS)}{street}",
        }
        if persona == "partner":
            kind = chance.choices(BUSINESS, [30, 45, 15, 10])[0]
            shop = chance.choice(
                ["こもれび", "麦の音", "ことり", "つきのわ", "はちみつ", "灯", "まるや"]
            )
            answers |= {"business": kind, "shop_name": f"{kind} {shop}"}
        return {key: value for key, value in answers.items() if value is not None}

    def _birthday(self, persona):
        middle = {"parents": 37, "partner": 44, "everyday": 48}.get(persona, 42)
        age = min(max(self.chance.gauss(middle, 12), 18), 84)
        return self.world.today.date() - datetime.timedelta(days=int(age * 365.25))

    def _experience(self, persona):
        if persona == "partner":
            return EXPERIENCE[4]
        weights = [10, 15, 35, 40] if persona == "sourdough" else [25, 30, 28, 17]
        return self.chance.choices(EXPERIENCE[:4], weights)[0]


def _open_accounts(members):
    """Everybody who registered can log in; one password for all, hashed once."""
    password = make_password(PASSWORD)
    registered = [member for member in members if member.status == Status.REGISTERED]
    users = User.objects.bulk_create(
        [
            User(
                email=member.email,
                password=password,
                last_name=member.family_name,
                first_name=member.given_name,
                date_joined=member.registered_at,
            )
            for member in registered
        ],
        batch_size=500,
    )
    EmailAddress.objects.bulk_create(
        [EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users],
        batch_size=500,
    )
    for member, user in zip(registered, users, strict=True):
        member.user = user


def _record_consents(world, members):
    """Answers given at registration; some thought again later."""
    chance = world.chance("consents")
    records = []
    for member in members:
        for purpose, share in (("email", 0.74), ("profiling", 0.8)):
            granted = member.email == MEMBER or chance.random() < share
            records += _answers(member, purpose, granted, chance, world.today)
    ConsentRecord.objects.bulk_create(records, batch_size=1000)


def _answers(member, purpose, granted, chance, today):
    first = ConsentRecord(
        member=member,
        purpose=purpose,
        granted=granted,
        version="1",
        source="import" if member.status == Status.PROSPECT else "registration",
        at=member.created_at,
    )
    if member.status == Status.WITHDRAWN:
        again, granted, source, at = True, False, "withdrawal", member.withdrawn_at
    else:
        again = member.email != MEMBER and granted and chance.random() < 0.05
        granted, source = False, "settings"
        at = member.created_at + datetime.timedelta(days=chance.randint(1, 20))
        again = again and at < today
    if not again:
        return [first]
    first.is_current = False
    second = ConsentRecord(
        member=member, purpose=purpose, granted=granted, version="1", source=source, at=at
    )
    return [first, second]


def _put_tags(world, people):
    chance = world.chance("tags")
    tags = {name: MemberTag.objects.get_or_create(name=name)[0] for name in TAGS}
    rows = []
    for person in people:
        names = {"VIP"} if person.activity > 12 else set()
        names |= {"パートナー"} if person.persona == "partner" else set()
        names |= {tag for tag in TAGS[1:4] if chance.random() < 0.04}
        rows += [TaggedMember(tag=tags[name], content_object=person.member) for name in names]
    TaggedMember.objects.bulk_create(rows, batch_size=1000)
    _assign_owners([person.member for person in people if person.persona == "partner"])


def _assign_owners(partners):
    """The two colleagues share the partners."""
    colleagues = list(User.objects.filter(email__in=[email for email, *_rest in STAFF[1:]]))
    for number, member in enumerate(partners):
        member.owner = colleagues[number % len(colleagues)]
    Member.objects.bulk_update(partners, ["owner"], batch_size=500)


def announce_people(world):
    """Tell the other rooms that these people are here."""
    actions.announce_change(
        member_ids={person.member.pk for person in world.people}, fields={"status", "attributes"}
    )
