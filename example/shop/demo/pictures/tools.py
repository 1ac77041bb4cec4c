"""Tools, tins and places, each drawn around 0, 0."""

from .canvas import box, darker, lighter, oval, smooth

WOOD = "#c8935a"
STEEL = "#b9c2c2"


def banneton(c):
    """A proving basket with dough in it."""
    c.shadow(0, 50, 96, 14)
    c.shape(smooth("-96,-12 -84,30 -50,54 50,54 84,30 96,-12"), WOOD, 0.34)
    for level in range(4):
        y = 2 + level * 13
        c.line(
            smooth([(-92 + level * 8, y), (0, y + 14), (92 - level * 8, y)], closed=False),
            darker(WOOD, 0.25),
            2.4,
        )
    c.shape(oval(0, -14, 97, 28), lighter(WOOD, 0.2), 0.2)
    c.shape(oval(0, -18, 84, 24), "#f6e8cb", 0.22)
    for ring in (66, 46, 26):
        c.line(oval(0, -18, ring, ring * 0.28), "#e2cda3", 1.6)


def scraper(c):
    with c.at(0, 0, 1, -14):
        c.shadow(4, 48, 90, 12)
        c.shape(
            smooth("-90,36 -84,-30 -40,-48 40,-48 84,-30 90,36 0,40"),
            STEEL,
            0.24,
        )
        c.shape(box(0, -44, 178, 30, 14), WOOD, 0.3)
        for x in (-52, 0, 52):
            c.shape(oval(x, -44, 4, 4), "#8d9898", 0.3)


def lame(c):
    with c.at(0, 6, 1, -32):
        c.shadow(6, 14, 110, 8, 0.2)
        c.shape(box(34, 0, 150, 19, 9), WOOD, 0.34)
        c.shape(box(-50, 0, 36, 7, 2), STEEL, 0.2)
        c.shape(
            smooth("-112,-14 -80,-19 -58,-12 -58,12 -80,8 -112,12"),
            "#d9dfdf",
            0.2,
        )
        c.shape(box(-84, -2, 24, 5, 2), "#96a1a1", 0)


def whisk(c):
    with c.at(0, 0, 1, -38):
        c.shadow(0, 22, 120, 10, 0.18)
        for spread in (34, 24, 13, 3):
            c.line(
                smooth(
                    [
                        (10, -4),
                        (-50, -spread),
                        (-104, -spread * 0.72),
                        (-118, 0),
                        (-104, spread * 0.72),
                        (-50, spread),
                        (10, 4),
                    ],
                    closed=False,
                ),
                STEEL,
                2.6,
            )
        c.shape(box(64, 0, 118, 18, 9), WOOD, 0.34)
        c.shape(box(10, 0, 16, 14, 4), "#98a3a3", 0.3)


def rolling_pin(c):
    with c.at(0, 0, 1, -22):
        c.shadow(0, 26, 120, 10, 0.2)
        for side in (-1, 1):
            c.shape(box(side * 106, 0, 44, 15, 7), darker(WOOD, 0.2), 0.3)
        c.shape(box(0, 0, 176, 42, 20), WOOD, 0.36)
        for y in (-9, 4):
            c.line([(-70, y), (66, y - 1)], darker(WOOD, 0.1), 1.2)


def scale(c):
    c.shadow(0, 56, 92, 12)
    c.shape(box(0, 32, 178, 46, 12), "#f3eee4", 0.24)
    c.shape(box(0, 34, 74, 24, 5), "#2f3c36", 0.1)
    for x in (-16, 0, 16):
        c.line([(x, 28), (x, 40)], "#bfe3c4", 3)
    c.shape(oval(0, 8, 84, 13), STEEL, 0.3)
    c.shape(smooth("-56,4 -30,-28 0,-42 30,-28 56,4"), "#fbf3e2", 0.16)
    c.speckles(0, -10, 30, 14, "#e5d5b4", 30, 0.8)


def mitt(c, colour="#7f9a7d"):
    with c.at(0, 4, 1, 10):
        c.shadow(6, 78, 58, 12)
        c.shape(
            smooth(
                "-44,74 -48,4 -46,-50 -18,-84 18,-82 42,-46 44,-14 66,-38 84,-24 76,6 46,42 44,74"
            ),
            colour,
            0.3,
        )
        for y in (-50, -24, 2, 28):
            c.line([(-44, y), (38, y + 4)], lighter(colour, 0.2), 1.6)
        c.shape(box(0, 66, 98, 26, 8), "#fbf1de", 0.2)


def loaf_tin(c):
    c.shadow(0, 54, 106, 12)
    c.shape(smooth("-84,-20 -60,-52 0,-58 60,-52 84,-20 0,-8"), "#d3964a", 0.34)
    c.shape("-104,-22 104,-22 90,52 -90,52", "#6d7674", 0.34)
    c.shape(box(0, -22, 216, 12, 6), "#8d9795", 0.24)


def muffin_tray(c):
    c.shadow(0, 50, 112, 14)
    c.shape("-96,-36 96,-36 116,48 -116,48", "#7b8583", 0.3)
    for row, y in enumerate((-14, 24)):
        for column in range(3):
            x = (column - 1) * (58 + row * 8)
            c.shape(oval(x, y, 23 + row * 3, 14 + row * 2), "#4f5856", 0.3)
            c.shape(
                smooth(
                    [
                        (x - 22, y),
                        (x - 16, y - 13),
                        (x, y - 19),
                        (x + 16, y - 13),
                        (x + 22, y),
                        (x, y + 7),
                    ]
                ),
                "#dca55c",
                0.36,
            )


def chiffon_tin(c):
    c.shadow(0, 60, 84, 12)
    c.shape("-82,-26 82,-26 62,58 -62,58", STEEL, 0.36)
    c.shape(oval(0, -26, 83, 22), "#d4dbda", 0.2)
    c.shape(oval(0, -25, 73, 17), "#eec977", 0.2)
    c.shape(box(0, -46, 26, 54, 8), "#c8d0cf", 0.34)
    c.shape(oval(0, -72, 13, 5), "#8d9897", 0.1)


def pot(c, colour="#b4492a"):
    c.shadow(0, 62, 94, 14)
    for side in (-1, 1):
        c.shape(box(side * 98, -2, 34, 16, 8), darker(colour, 0.2), 0.3)
    c.shape(smooth("-92,-16 -90,36 -64,62 64,62 90,36 92,-16"), colour, 0.34)
    c.shape(
        smooth("-98,-18 -74,-40 0,-52 74,-40 98,-18 0,-10"),
        lighter(colour, 0.08),
        0.34,
    )
    c.shape(oval(0, -56, 15, 9), "#e9d7b8", 0.3)


def oven(c):
    """A brick oven with a fire and a loaf in it."""
    c.shape(
        smooth("-130,96 -128,10 -84,-66 0,-92 84,-66 128,10 130,96"),
        "#c9805a",
        0.24,
    )
    for row in range(5):
        for column in range(-4, 5):
            x = column * 30 + (row % 2) * 15
            c.shape(box(x, 82 - row * 34, 24, 3, 1), "#b26c48", 0)
    c.shape(
        smooth("-74,96 -72,26 -40,-22 0,-34 40,-22 72,26 74,96"),
        "#3c2013",
        0.1,
    )
    c.shape(
        smooth("-44,70 -40,34 -24,46 -8,8 10,38 24,22 44,70"),
        "#f0902f",
        0.2,
    )
    c.shape(smooth("-22,72 -16,48 0,32 14,52 22,72"), "#fbd266", 0.1)
    c.shape(smooth("-46,84 -32,62 0,54 32,62 46,84 0,92"), "#c07a35", 0.4)


def shop_front(c):
    c.shadow(0, 98, 140, 10)
    c.shape(box(0, 10, 240, 176, 6), "#fbeed6", 0.14)
    c.shape(box(-52, 26, 104, 92, 5), "#8fb0b3", 0.2)
    for x, y in ((-84, 58), (-52, 56), (-20, 58)):
        c.shape(
            smooth(
                [(x - 18, y + 12), (x - 12, y - 8), (x, y - 13), (x + 12, y - 8), (x + 18, y + 12)]
            ),
            "#c98840",
            0.36,
        )
    c.shape(box(62, 42, 62, 112, 4), "#8c5a34", 0.24)
    c.shape(box(62, 24, 40, 52, 3), "#f6d98e", 0.14)
    for stripe in range(8):
        x = -112 + stripe * 32
        colour = "#c4562a" if stripe % 2 else "#fdf4e3"
        c.shape(
            [(x - 16, -74), (x + 16, -74), (x + 18, -34), *oval(x, -34, 18, 10, 0, 180)],
            colour,
            0.14,
        )


def cup(c):
    c.shadow(0, 54, 84, 12)
    c.shape(oval(0, 50, 92, 15), "#f5eee1", 0.2)
    c.line(oval(62, 6, 24, 22), "#f5eee1", 9)
    c.shape(smooth("-62,-32 -56,24 -32,48 32,48 56,24 62,-32"), "#fbf5ea", 0.24)
    c.shape(oval(0, -32, 62, 15), "#e9dfcd", 0.1)
    c.shape(oval(0, -31, 54, 12), "#8a5a34", 0.2)
    for x in (-18, 12):
        c.line(
            smooth([(x, -58), (x + 8, -72), (x - 4, -84), (x + 6, -98)], closed=False),
            "#fffaf0",
            3.5,
        )
