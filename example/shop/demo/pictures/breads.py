"""Bread and cake, each drawn around 0, 0 and about 160 units wide."""

from .canvas import box, darker, lighter, mix, oval, smooth

CRUST = "#c07a35"
DARK_CRUST = "#9c5623"
CRUMB = "#f4dfb5"
FLOUR = "#fbf1de"


def boule(c):
    """A round country loaf, scored as an ear of wheat."""
    c.shadow(4, 52, 86, 16)
    c.shape(
        smooth("-84,8 -70,-34 -30,-60 22,-62 66,-38 84,6 70,44 0,56 -70,44"),
        CRUST,
        0.42,
    )
    c.speckles(-8, -20, 66, 32, lighter(CRUST, 0.55), 90, 0.8)
    c.line(smooth("-46,26 -18,-8 12,-32 50,-44", closed=False), CRUMB, 5)
    for x, y, dx, dy in (
        (-30, 6, -22, -16),
        (-8, -16, -24, -14),
        (18, -34, -24, -10),
        (-16, -4, 22, 10),
        (6, -24, 26, 12),
        (30, -38, 24, 14),
    ):
        c.line(
            smooth([(x, y), (x + dx * 0.6, y + dy * 0.9), (x + dx, y + dy * 0.8)], closed=False),
            CRUMB,
            4,
        )


def batard(c):
    c.shadow(2, 40, 96, 14)
    c.shape(
        smooth("-98,10 -72,-26 -20,-42 40,-40 84,-18 100,12 70,36 0,44 -72,36"),
        CRUST,
        0.42,
    )
    for x in (-52, -14, 24, 60):
        c.shape(
            smooth([(x - 20, 10), (x - 4, -14), (x + 18, -30), (x + 12, -8), (x - 4, 10)]),
            CRUMB,
            0.12,
        )
    c.speckles(0, 0, 84, 28, FLOUR, 80, 0.8)


def baguettes(c):
    for x, y, turn, colour in ((-14, 16, -28, DARK_CRUST), (10, 6, -18, CRUST)):
        with c.at(x, y, 1, turn):
            c.shadow(0, 22, 116, 12, 0.2)
            c.shape(
                smooth("-122,2 -104,-14 0,-21 104,-14 122,2 104,14 0,20 -104,14"),
                colour,
                0.4,
            )
            for notch in range(-88, 100, 34):
                c.shape(
                    smooth([(notch - 13, 7), (notch + 4, -9), (notch + 18, -12), (notch + 6, 3)]),
                    CRUMB,
                    0.1,
                )


def toast_loaf(c):
    """A tin loaf with two slices cut off."""
    c.shadow(10, 62, 100, 14)
    c.shape(
        smooth("-34,60 -36,-22 -46,-44 -14,-66 36,-64 82,-66 108,-44 100,-20 98,60"),
        CRUST,
        0.35,
    )
    for x in (-34, -62):
        c.shape(_slice(x), darker(CRUST, 0.18), 0.1)
        c.shape([(px * 0.88 + x * 0.12 - 1, py * 0.9 + 1) for px, py in _slice(x)], CRUMB, 0.1)
    c.speckles(-64, 4, 28, 44, mix(CRUMB, "#c99a5b", 0.35), 26, 1.2)


def _slice(x):
    return smooth(
        [
            (x - 34, 62),
            (x - 35, -16),
            (x - 44, -38),
            (x - 28, -58),
            (x, -54),
            (x + 28, -58),
            (x + 44, -38),
            (x + 35, -16),
            (x + 34, 62),
        ]
    )


def melon_pan(c):
    colour = "#eac06c"
    c.shadow(2, 44, 76, 14)
    c.shape(
        smooth("-76,30 -68,-20 -30,-54 24,-56 66,-24 76,28 40,46 -40,46"),
        colour,
        0.34,
    )
    groove = darker(colour, 0.25)
    for x, left, right in ((-44, -26, 12), (-18, -40, 34), (12, -44, 34), (40, -34, 24)):
        c.line(smooth([(x - 14, right), (x - 4, -4), (x + 8, left)], closed=False), groove, 2.4)
        c.line(smooth([(x - 18, left + 8), (x - 2, 0), (x + 10, right)], closed=False), groove, 2.4)
    c.speckles(0, -12, 60, 36, FLOUR, 70, 1.1)


def focaccia(c):
    c.shadow(0, 48, 100, 14)
    c.shape(
        smooth("-104,24 -70,-34 20,-48 92,-32 108,10 60,44 -40,54"),
        "#d9a552",
        0.34,
    )
    for x, y in ((-66, 6), (-34, -18), (-24, 22), (8, -4), (34, -26), (40, 20), (72, -4)):
        c.shape(oval(x, y, 9, 6), "#b87c30", 0.2)
    for x, y, turn in ((-50, -10, 20), (-4, 14, -30), (22, -22, 40), (56, 6, -12)):
        with c.at(x, y, 1, turn):
            c.line([(-12, 0), (12, 0)], "#4f6b3c", 2)
            for leaf in (-8, -2, 4):
                c.line([(leaf, 0), (leaf + 4, -6)], "#5f7d48", 1.8)
    c.speckles(0, 0, 80, 34, "#fffaf0", 40, 1.2)


def pancakes(c):
    c.shadow(0, 54, 104, 14)
    c.shape(oval(0, 50, 106, 18), "#f7f1e6", 0.16)
    for level in range(4):
        y = 36 - level * 17
        c.shape(
            smooth(
                [
                    (-72, y),
                    (-60, y - 12),
                    (0, y - 17),
                    (60, y - 12),
                    (72, y),
                    (56, y + 11),
                    (0, y + 15),
                    (-56, y + 11),
                ]
            ),
            "#b9702c",
            0.2,
        )
        c.shape(
            smooth(
                [
                    (-70, y - 4),
                    (-58, y - 14),
                    (0, y - 19),
                    (58, y - 14),
                    (70, y - 4),
                    (52, y + 4),
                    (0, y + 7),
                    (-52, y + 4),
                ]
            ),
            "#e6b269",
            0.16,
        )
    c.shape(
        smooth("-40,-18 0,-30 44,-18 50,6 40,-2 26,22 16,0 -6,6 -22,26 -30,-2 -44,2"),
        "#a7601c",
        0.2,
    )
    c.shape(box(2, -27, 30, 14, 3), "#fbe59a", 0.2)


def tart(c):
    c.shadow(0, 42, 96, 14)
    c.shape(smooth("-94,-4 -78,36 0,48 78,36 94,-4"), "#c98b45", 0.3)
    c.shape(oval(0, -6, 95, 34), "#dfae67", 0.16)
    c.shape(oval(0, -7, 82, 27), "#f7e3a4", 0.1)
    for x, y in (
        (-52, -8),
        (-30, -20),
        (-32, 4),
        (-6, -12),
        (0, 8),
        (22, -22),
        (24, 0),
        (48, -12),
        (50, 6),
        (-58, 4),
        (-6, -26),
    ):
        c.shape(oval(x, y, 11, 8.5), "#a63a3a" if (x + y) % 4 else "#51426e", 0.36)


def cookies(c):
    for x, y, r in ((-50, 22, 40), (36, 26, 44), (-6, -14, 42)):
        c.shadow(x, y + 22, r, 10, 0.2)
        c.shape(oval(x, y, r, r * 0.72), "#cf9850", 0.28)
        for _chip in range(8):
            px, py = c.random.uniform(-0.65, 0.65) * r, c.random.uniform(-0.45, 0.45) * r
            c.shape(oval(x + px, y + py, 5, 3.8), "#5a3018", 0.2)


def muffins(c):
    for x, y, colour in ((-56, 12, "#d9a25a"), (56, 12, "#8a5430"), (0, 28, "#e0b36c")):
        c.shadow(x, y + 40, 40, 8, 0.22)
        c.shape(
            [(x - 38, y - 2), (x + 38, y - 2), (x + 28, y + 42), (x - 28, y + 42)], "#f3e4cd", 0.2
        )
        for fold in range(-24, 30, 12):
            c.line([(x + fold * 1.25, y + 2), (x + fold, y + 40)], "#d8c2a2", 1.3)
        c.shape(
            smooth(
                [
                    (x - 46, y),
                    (x - 38, y - 26),
                    (x, y - 44),
                    (x + 38, y - 26),
                    (x + 46, y),
                    (x, y + 9),
                ]
            ),
            colour,
            0.36,
        )
        c.speckles(x, y - 18, 28, 12, darker(colour, 0.4), 8, 2.2)


def dough_bowl(c):
    c.shadow(0, 62, 92, 14)
    c.shape(smooth("-74,-6 -52,-44 0,-58 52,-44 74,-6 0,12"), "#f6e6c4", 0.26)
    c.shape(
        smooth("-100,-10 -90,30 -52,62 52,62 90,30 100,-10 60,4 0,8 -60,4"),
        "#8fa9a4",
        0.3,
    )
    c.line(smooth("-100,-10 -60,4 0,8 60,4 100,-10", closed=False), "#e8efe9", 3.5)
    c.speckles(0, -36, 40, 12, "#fffaf0", 30, 1)
