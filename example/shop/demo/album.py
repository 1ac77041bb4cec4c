"""The site's pictures: painted, and put into the image library once."""

from io import BytesIO

from django.core.files.images import ImageFile
from django.db import transaction
from wagtail.images.models import Image

from .pictures.scenes import SCENES, paint

# What each picture shows, for people who cannot see it and for editors who look for it.
TITLES = {
    "boule": "カンパーニュ",
    "batard": "バタール",
    "baguettes": "バゲット",
    "toast": "切り分けた食パン",
    "melon-pan": "メロンパン",
    "focaccia": "ローズマリーのフォカッチャ",
    "pancakes": "パンケーキ",
    "tart": "ベリーのタルト",
    "cookies": "チョコチップクッキー",
    "muffins": "マフィン",
    "dough": "ボウルの生地と粉",
    "morning-table": "朝の食卓",
    "evening-table": "夜の食卓",
    "spread": "焼きたてのパン三種",
    "oven": "石窯",
    "shop-front": "店の前",
    "cafe": "カフェのテーブル",
    "gift": "贈りもの",
    "letter": "お便り",
    "partners": "店と粉の袋",
    "flours": "粉の袋",
    "leavens": "酵母のびん",
    "tools": "道具",
    "tins": "型",
    "ingredients": "素材",
    "flour-strong": "強力粉の袋",
    "flour-french": "準強力粉の袋",
    "flour-whole": "全粒粉の袋",
    "flour-rye": "ライ麦粉の袋",
    "flour-cake": "薄力粉の袋",
    "flour-rice": "米粉ミックスの袋",
    "flour-pancake": "パンケーキミックスの袋",
    "starter-kit": "サワードウの元だね",
    "dry-yeast": "ドライイーストのびん",
    "fresh-leaven": "生だねのびん",
    "leaven-jar": "酵母びん",
    "banneton": "発酵かご",
    "scraper": "スケッパー",
    "lame": "クープナイフ",
    "whisk": "泡立て器",
    "rolling-pin": "めん棒",
    "scale": "はかり",
    "mitt": "オーブンミトン",
    "loaf-tin": "食パン型",
    "muffin-tray": "マフィン型",
    "tart-tin": "タルト型",
    "chiffon-tin": "シフォン型",
    "pot": "鋳物ほうろう鍋",
    "butter": "バター",
    "chocolate": "チョコレート",
    "walnuts": "くるみ",
    "sugar": "てんさい糖",
    "almond": "アーモンドプードル",
    "salt": "海塩のびん",
}


@transaction.atomic
def hang_pictures(world, tick):
    """Paint what is not in the library yet."""
    known = set(Image.objects.values_list("title", flat=True))
    for name in SCENES:
        if title_of(name) not in known:
            _hang(name)
        tick(1 / len(SCENES))


def title_of(name):
    return TITLES.get(name, name)


def pictures():
    """Every picture of the library by the name of its scene."""
    by_title = {image.title: image for image in Image.objects.all()}
    return {name: by_title[title_of(name)] for name in SCENES}


def _hang(name):
    picture, file = paint(name), BytesIO()
    picture.save(file, "JPEG", quality=88, optimize=True)
    size = file.tell()
    Image.objects.create(
        title=title_of(name),
        description=title_of(name),
        file=ImageFile(file, name=f"{name}.jpg"),
        width=picture.width,
        height=picture.height,
        file_size=size,
    )
