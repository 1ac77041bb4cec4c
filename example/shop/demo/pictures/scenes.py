"""Every picture of the site by name: a wall, a table, light, and something on it."""

import zlib

from . import breads, packets, tools
from .canvas import HEIGHT, WIDTH, Canvas, box, lighter, oval

# (wall, table, light)
MORNING = ("#f7e7c6", "#e9cf9f", "#fbdc86")
SAGE = ("#dbe5d2", "#c5d2b6", "#f3e9b0")
BLUSH = ("#f6dcc9", "#e8bf9f", "#fbe0a6")
SKY = ("#dbe7e8", "#c3d4d3", "#fbe9b8")
COCOA = ("#e6d2bd", "#cdb091", "#f6dca4")
BUTTER = ("#fbeebc", "#f1d98d", "#fff6d2")


def _scene(name, palette, *things):
    """``things`` are (draw, x, y, scale)."""
    wall, table, light = palette
    canvas = Canvas(zlib.crc32(name.encode()), wall)
    side = canvas.random.choice((-1, 1))
    canvas.shape(oval(WIDTH / 2 + side * 76, 112, 112, 112), light, 0.04)
    canvas.shape(box(WIDTH / 2, HEIGHT - 30, WIDTH + 20, 128), table, 0)
    canvas.shape(box(WIDTH / 2, HEIGHT - 93, WIDTH + 20, 3), lighter(table, 0.5), 0)
    for draw, x, y, scale in things:
        with canvas.at(x, y, scale):
            draw(canvas)
    canvas.speckles(WIDTH / 2, HEIGHT - 24, 170, 18, lighter(wall, 0.7), 70, 1.1)
    return canvas.finished()


def _bag(*look, **more):
    return lambda canvas: packets.bag(canvas, *look, **more)


def _jar(*look, **more):
    return lambda canvas: packets.jar(canvas, *look, **more)


_wheat = packets.wheat

SCENES = {
    # breads
    "boule": (MORNING, (_wheat, 112, 116, 1.0), (breads.boule, 206, 186, 1.3)),
    "batard": (COCOA, (_wheat, 340, 116, 0.9), (breads.batard, 200, 200, 1.4)),
    "baguettes": (SKY, (breads.baguettes, 200, 180, 1.3)),
    "toast": (BLUSH, (breads.toast_loaf, 192, 178, 1.3)),
    "melon-pan": (SAGE, (breads.melon_pan, 200, 190, 1.5)),
    "focaccia": (SKY, (breads.focaccia, 200, 196, 1.4)),
    "pancakes": (BUTTER, (breads.pancakes, 200, 180, 1.35)),
    "tart": (BLUSH, (breads.tart, 200, 190, 1.45)),
    "cookies": (SAGE, (breads.cookies, 200, 180, 1.4)),
    "muffins": (MORNING, (breads.muffins, 200, 180, 1.35)),
    "dough": (SAGE, (_bag("#f0dcb8"), 316, 150, 0.85), (breads.dough_bowl, 164, 192, 1.2)),
    "morning-table": (
        MORNING,
        (_jar("#e2a53f", "#a8672f", 0.7, False), 322, 152, 0.8),
        (breads.toast_loaf, 160, 164, 1.1),
        (tools.cup, 306, 232, 0.6),
        (breads.melon_pan, 84, 238, 0.62),
    ),
    "evening-table": (
        COCOA,
        (tools.pot, 112, 168, 0.95),
        (breads.boule, 270, 176, 1.0),
        (packets.butter, 174, 254, 0.5),
    ),
    "spread": (
        BLUSH,
        (_wheat, 346, 110, 0.9),
        (breads.batard, 258, 168, 0.95),
        (breads.boule, 122, 184, 1.05),
        (breads.baguettes, 232, 246, 0.75),
    ),
    # flour
    "flour-strong": (MORNING, (_wheat, 74, 128, 1), (_bag("#dcb583"), 212, 158, 1.25)),
    "flour-french": (SKY, (_wheat, 326, 128, 1), (_bag("#8fa7b0", sign="#3f5d6b"), 190, 158, 1.25)),
    "flour-whole": (COCOA, (_wheat, 74, 128, 1), (_bag("#a9794a", sign="#6b4520"), 212, 158, 1.25)),
    "flour-rye": (SAGE, (_wheat, 326, 128, 1), (_bag("#7d8a6b", sign="#4d5b3c"), 190, 158, 1.25)),
    "flour-cake": (
        BLUSH,
        (breads.muffins, 318, 218, 0.5),
        (_bag("#f3d3c4", sign="#b2604e"), 180, 158, 1.25),
    ),
    "flour-rice": (BUTTER, (_bag("#f6f0df", sign="#7d8f55"), 200, 158, 1.25)),
    "flour-pancake": (BUTTER, (_bag("#e9b65a"), 300, 140, 0.9), (breads.pancakes, 150, 206, 1.0)),
    "flours": (
        MORNING,
        (_bag("#8fa7b0", sign="#3f5d6b"), 92, 158, 0.95),
        (_bag("#a9794a", sign="#6b4520"), 308, 158, 0.95),
        (_bag("#dcb583"), 200, 172, 1.1),
    ),
    # leaven
    "starter-kit": (SAGE, (breads.boule, 300, 212, 0.62), (_jar(), 164, 168, 1.2)),
    "dry-yeast": (SKY, (_jar("#c9a36a", "#4f6b62", 0.5, False, "#4f6b62"), 200, 172, 1.15)),
    "fresh-leaven": (MORNING, (_jar("#f1dfb4", "#8c5a34", 0.8, True, "#9a4318"), 200, 168, 1.2)),
    "leaven-jar": (BLUSH, (_jar("#f3e6c6", "#c9c2b2", 0.3), 200, 168, 1.2)),
    "leavens": (
        SAGE,
        (_jar("#c9a36a", "#4f6b62", 0.5, False), 104, 168, 0.95),
        (_jar("#f1dfb4", "#8c5a34", 0.85), 296, 168, 0.95),
        (_jar(), 200, 186, 1.05),
    ),
    # tools
    "banneton": (COCOA, (tools.banneton, 200, 192, 1.4)),
    "scraper": (SKY, (tools.scraper, 200, 180, 1.3)),
    "lame": (BLUSH, (tools.lame, 206, 180, 1.35)),
    "whisk": (BUTTER, (tools.whisk, 200, 172, 1.3)),
    "rolling-pin": (SAGE, (tools.rolling_pin, 200, 186, 1.3)),
    "scale": (MORNING, (tools.scale, 200, 186, 1.35)),
    "mitt": (BLUSH, (tools.mitt, 190, 168, 1.15)),
    "tools": (
        SKY,
        (tools.mitt, 330, 166, 0.75),
        (tools.banneton, 124, 186, 0.95),
        (tools.rolling_pin, 236, 246, 0.85),
    ),
    # tins
    "loaf-tin": (MORNING, (tools.loaf_tin, 200, 190, 1.35)),
    "muffin-tray": (SAGE, (tools.muffin_tray, 200, 190, 1.35)),
    "tart-tin": (BUTTER, (breads.tart, 200, 192, 1.3)),
    "chiffon-tin": (BLUSH, (tools.chiffon_tin, 200, 184, 1.35)),
    "pot": (SKY, (tools.pot, 200, 184, 1.35)),
    "tins": (COCOA, (tools.chiffon_tin, 300, 170, 0.9), (tools.loaf_tin, 146, 196, 1.0)),
    # ingredients
    "butter": (SKY, (packets.butter, 200, 196, 1.4)),
    "chocolate": (BLUSH, (packets.chocolate, 200, 178, 1.35)),
    "walnuts": (SAGE, (packets.nuts, 200, 178, 1.4)),
    "sugar": (COCOA, (packets.sugar, 200, 186, 1.35)),
    "almond": (
        BUTTER,
        (packets.nuts, 300, 232, 0.55),
        (_bag("#e6c79a", sign="#8a5c2b"), 180, 158, 1.2),
    ),
    "salt": (SKY, (_jar("#fbf8f2", "#5e7f8c", 0.72, False, "#5e7f8c"), 200, 170, 1.2)),
    "ingredients": (
        MORNING,
        (_jar("#fbf8f2", "#5e7f8c", 0.7, False), 328, 150, 0.75),
        (packets.chocolate, 118, 168, 0.85),
        (packets.butter, 232, 240, 0.8),
    ),
    # places and occasions
    "oven": (COCOA, (tools.oven, 200, 190, 1.15)),
    "shop-front": (SKY, (tools.shop_front, 200, 174, 1.15)),
    "cafe": (BLUSH, (tools.cup, 260, 200, 1.1), (breads.melon_pan, 112, 218, 0.9)),
    "gift": (BUTTER, (packets.gift, 200, 184, 1.3)),
    "letter": (SAGE, (packets.letter, 200, 176, 1.3)),
    "partners": (SAGE, (tools.shop_front, 132, 156, 0.8), (_bag("#dcb583"), 316, 196, 0.9)),
}


def paint(name):
    """The picture called ``name``; always the same."""
    palette, *things = SCENES[name]
    return _scene(name, palette, *things)
