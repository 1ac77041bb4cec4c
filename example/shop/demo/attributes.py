"""What Hidamari wants to know of its members."""

from wagtail_crm.members.models import AttributeDefinition

from .places import PREFECTURES, PREFECTURES_EN

Type, Place = AttributeDefinition.Type, AttributeDefinition.Place

INTERESTS = ["食パン", "ハード系・サワードウ", "お菓子", "グルテンフリー", "こどもと作る", "道具"]
EXPERIENCE = ["これから始める", "1年未満", "1〜3年", "3年以上", "仕事にしている"]
BUSINESS = ["パン屋", "カフェ", "料理教室", "その他のお店"]

# key, Japanese, English, type, where it is asked, (choices, in English), required
DEFINITIONS = [
    (
        "prefecture",
        "お住まいの都道府県",
        "Prefecture",
        Type.CHOICE,
        Place.REGISTRATION,
        (PREFECTURES, PREFECTURES_EN),
        True,
    ),
    ("birthday", "誕生日", "Birthday", Type.DATE, Place.REGISTRATION, None, False),
    (
        "gender",
        "性別",
        "Gender",
        Type.CHOICE,
        Place.PROFILE,
        (["女性", "男性", "回答しない"], ["Woman", "Man", "Rather not say"]),
        False,
    ),
    (
        "interests",
        "好きなこと",
        "Favourite baking",
        Type.CHOICES,
        Place.REGISTRATION,
        (
            INTERESTS,
            [
                "Tin loaves",
                "Crusty bread and sourdough",
                "Cakes",
                "Gluten free",
                "Baking with children",
                "Tools",
            ],
        ),
        False,
    ),
    (
        "experience",
        "パン・お菓子づくりの経験",
        "Baking experience",
        Type.CHOICE,
        Place.PROFILE,
        (
            EXPERIENCE,
            [
                "About to begin",
                "Less than a year",
                "1 to 3 years",
                "More than 3 years",
                "It is my work",
            ],
        ),
        False,
    ),
    ("newsletter", "メールマガジン", "Newsletter", Type.BOOLEAN, Place.PROFILE, None, False),
    ("postal_code", "郵便番号", "Postal code", Type.TEXT, Place.PROFILE, None, False),
    ("address", "ご住所", "Address", Type.LONG_TEXT, Place.PROFILE, None, False),
    (
        "business",
        "業種（パートナー）",
        "Business (partners)",
        Type.CHOICE,
        Place.STAFF,
        (BUSINESS, ["Bakery", "Café", "Cooking class", "Another shop"]),
        False,
    ),
    ("shop_name", "店名（パートナー）", "Shop (partners)", Type.TEXT, Place.STAFF, None, False),
]


def define_attributes(world, tick):
    for order, (key, label, english, kind, place, choices, required) in enumerate(DEFINITIONS):
        japanese, translated = choices or ([], [])
        AttributeDefinition.objects.get_or_create(
            key=key,
            defaults={
                "label": label,
                "type": kind,
                "place": place,
                "choices": "\n".join(japanese),
                "required": required,
                "sort_order": order * 10,
                "translations": {"en": {"label": english, "choices": "\n".join(translated)}},
            },
        )
    tick(1)
