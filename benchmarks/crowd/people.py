"""Who is in the list: a million members with accounts, attributes, tags and consents."""

import datetime
import json
import random
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from faker.providers.person.en_US import Provider as English
from faker.providers.person.ja_JP import Provider as Japanese

from .copying import Filler, without_indexes

PREFECTURES = {
    "東京都": 22, "神奈川県": 12, "大阪府": 10, "愛知県": 8, "埼玉県": 8, "千葉県": 7,
    "兵庫県": 6, "北海道": 5, "福岡県": 5, "京都府": 4, "静岡県": 3, "広島県": 3, "宮城県": 3,
    "新潟県": 2, "長野県": 1, "沖縄県": 1,
}  # fmt: skip
PLANS = {"free": 70, "standard": 22, "premium": 7, "partner": 1}
INTERESTS = ["食パン", "サワードウ", "お菓子", "グルテンフリー", "こども", "道具"]
TAGS = 40
# Of a hundred: registered, prospects, and those who left.
REGISTERED, PROSPECTS = 70, 28
AGREE_TO_MAIL, REFUSE_MAIL, AGREE_TO_PROFILING = 60, 12, 75
YEARS = 3
DAY = datetime.timedelta(days=1)

HIRAGANA = {code: code - 0x60 for code in range(0x30A1, 0x30F7)}


def define_attributes() -> None:
    from wagtail_crm.members.models import AttributeDefinition

    Type = AttributeDefinition.Type
    for order, (key, label, kind, choices) in enumerate(
        [
            ("prefecture", "都道府県", Type.CHOICE, PREFECTURES),
            ("birthday", "誕生日", Type.DATE, ()),
            ("plan", "プラン", Type.CHOICE, PLANS),
            ("children", "お子さまの人数", Type.NUMBER, ()),
            ("interests", "興味", Type.CHOICES, INTERESTS),
        ]
    ):
        AttributeDefinition.objects.create(
            key=key, label=label, type=kind, choices="\n".join(choices), sort_order=order
        )


def make_tags() -> list[int]:
    from wagtail_crm.members.models import MemberTag

    tags = [MemberTag(name=f"タグ{number}", slug=f"tag-{number}") for number in range(TAGS)]
    return [tag.pk for tag in MemberTag.objects.bulk_create(tags)]


def fill(number: int, now: datetime.datetime, seed: int) -> None:
    """Members 1 to ``number``; the first are the oldest. All of it depends on ``seed`` only."""
    from django.contrib.auth import get_user_model

    from wagtail_crm.members.models import ConsentRecord, Member, TaggedMember

    define_attributes()
    tags = make_tags()
    user_model = get_user_model()
    tables = [model._meta.db_table for model in (Member, ConsentRecord, TaggedMember, user_model)]
    with without_indexes(*tables, "wagtail_crm_members_search"), _search_filled_at_once():
        first_user = _first_free(user_model)
        names = ("email", "password", "last_name", "first_name", "date_joined")
        Filler(user_model, "id", *names).copy(_accounts(number, now, seed, first_user))
        Filler(Member, *MEMBER).copy(_members(number, now, seed, first_user))
        consent = Filler(
            ConsentRecord, "member_id", "purpose", "granted", "version", "source", "at"
        )
        consent.copy(_consents(number, now, seed))
        Filler(TaggedMember, "content_object_id", "tag_id").copy(_tagged(number, seed, tags))
    _continue_ids(Member, user_model)


@contextmanager
def _search_filled_at_once() -> Iterator[None]:
    """One statement instead of a trigger for each member."""
    from django.db import connection

    from wagtail_crm.members.sql import FILL_SEARCH_TABLE

    table = "wagtail_crm_members_member"
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        yield
        cursor.execute(FILL_SEARCH_TABLE)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")


def _first_free(model: Any) -> int:
    newest = model.objects.order_by("-pk").first()
    return newest.pk + 1 if newest else 1


def _continue_ids(*models: Any) -> None:
    from django.db import connection

    with connection.cursor() as cursor:
        for model in models:
            table = model._meta.db_table
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )


class _Person:
    """The same person whoever asks for them: accounts, members and consents agree."""

    __slots__ = ("dice", "since", "status")

    def __init__(self, number: int, of: int, now: datetime.datetime, seed: int) -> None:
        self.dice = random.Random(seed * 1_000_003 + number)
        share = self.dice.random() * 100
        self.status = "withdrawn"
        if share < REGISTERED + PROSPECTS:
            self.status = "registered" if share < REGISTERED else "prospect"
        self.since = now - DAY * (YEARS * 365 * (1 - (number / (of + 1)) ** 0.6))

    @property
    def is_registered(self) -> bool:
        return self.status == "registered"


def _everybody(number: int, now: datetime.datetime, seed: int) -> Iterator[tuple[int, _Person]]:
    for pk in range(1, number + 1):
        yield pk, _Person(pk, number, now, seed)


def _accounts(number: int, now: datetime.datetime, seed: int, first: int) -> Iterator[tuple]:
    for pk, person in _everybody(number, now, seed):
        if person.is_registered:
            family, given = _name(person.dice)[1:3]
            yield first + pk, f"person{pk}@example.jp", "!", family, given, person.since


MEMBER = (
    "id", "uuid", "user_id", "status", "email", "email_key", "code", "family_name", "given_name",
    "family_name_kana", "given_name_kana", "language", "time_zone", "attributes", "created_at",
    "registered_at", "withdrawn_at", "last_seen_at", "updated_at",
)  # fmt: skip


def _members(number: int, now: datetime.datetime, seed: int, first: int) -> Iterator[tuple]:
    for pk, person in _everybody(number, now, seed):
        dice = person.dice
        language, family, given, family_kana, given_kana = _name(dice)
        address = "" if person.status == "withdrawn" else f"person{pk}@example.jp"
        registered = person.since + DAY * dice.random() if person.is_registered else None
        yield (
            pk,
            uuid.UUID(int=dice.getrandbits(128), version=4),
            first + pk if person.is_registered else None,
            person.status,
            address,
            address or None,
            f"C{pk:08}" if pk % 3 == 0 else None,
            family,
            given,
            family_kana,
            given_kana,
            language,
            "Asia/Tokyo" if language == "ja" else "Europe/London",
            _attributes(dice),
            person.since,
            registered,
            person.since + DAY if person.status == "withdrawn" else None,
            now - DAY * min(dice.expovariate(1 / 60), 1000) if dice.random() < 0.85 else None,
            person.since,
        )


_JAPANESE = list(Japanese.last_name_pairs)
_WEIGHTS = list(Japanese.last_name_pairs.values())
_GIVEN = [*Japanese.first_name_female_pairs, *Japanese.first_name_male_pairs]
_ENGLISH, _ENGLISH_GIVEN = list(English.last_names), list(English.first_names)


def _name(dice: random.Random) -> tuple[str, str, str, str, str]:
    """Language, family and given name, and how they are read; the first throws of ``dice``."""
    if dice.random() < 0.12:
        return "en", dice.choice(_ENGLISH), dice.choice(_ENGLISH_GIVEN), "", ""
    family, given = dice.choices(_JAPANESE, _WEIGHTS)[0], dice.choice(_GIVEN)
    kana = family[1].translate(HIRAGANA), given[1].translate(HIRAGANA)
    return "ja", family[0], given[0], *kana


def _attributes(dice: random.Random) -> str:
    """What they told of themselves; a tenth told nothing of each."""
    told: dict[str, Any] = {}
    if dice.random() < 0.9:
        told["prefecture"] = dice.choices(list(PREFECTURES), list(PREFECTURES.values()))[0]
    if dice.random() < 0.6:
        born = datetime.date(1940, 1, 1) + DAY * dice.randrange(65 * 365)
        told["birthday"] = born.isoformat()
    if dice.random() < 0.9:
        told["plan"] = dice.choices(list(PLANS), list(PLANS.values()))[0]
    if dice.random() < 0.3:
        told["children"] = dice.randrange(4)
    if dice.random() < 0.5:
        told["interests"] = dice.sample(INTERESTS, dice.randrange(1, 4))
    return json.dumps(told, ensure_ascii=False)


def _consents(number: int, now: datetime.datetime, seed: int) -> Iterator[tuple]:
    for pk, person in _everybody(number, now, seed):
        dice = random.Random(seed * 7_919 + pk)
        share = dice.random() * 100
        if share < AGREE_TO_MAIL + REFUSE_MAIL:
            yield pk, "email", share < AGREE_TO_MAIL, "1", "registration", person.since
        if dice.random() * 100 < AGREE_TO_PROFILING:
            yield pk, "profiling", True, "1", "banner", person.since


def _tagged(number: int, seed: int, tags: list[int]) -> Iterator[tuple]:
    """The first tag is on every twelfth, the last on few."""
    dice = random.Random(seed)
    for place, tag in enumerate(tags):
        share = 1 / (12 * (1 + place) ** 0.8)
        for pk in range(1, number + 1):
            if dice.random() < share:
                yield pk, tag
