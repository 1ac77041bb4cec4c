"""What is sold in bags, jars and boxes, each drawn around 0, 0."""

from .canvas import box, darker, lighter, mix, oval, smooth

KRAFT = "#d8b07c"


def wheat(c, colour="#c98f2b", size=1.0):
    """An ear of wheat that bends to the right."""
    with c.at(0, 0, size):
        stem = smooth("-6,74 -2,20 8,-50", closed=False)
        c.line(stem, colour, 2.4)
        for level in range(6):
            x, y = 1 + level * 1.6, 2 - level * 11
            for side in (-1, 1):
                with c.at(x + side * 7, y, 1, side * 28):
                    c.shape(smooth("0,-10 5,-1 0,9 -5,-1"), colour, 0.24)
        c.shape(smooth("9,-72 14,-62 10,-52 5,-62"), colour, 0.24)


def bag(c, colour=KRAFT, label="#fdf6e7", sign="#b4571f"):
    """A paper bag of flour with a label."""
    c.shadow(6, 80, 74, 12)
    c.shape("-58,-58 58,-58 66,78 -64,78", colour, 0.28)
    c.shape("-58,-58 -46,-90 48,-90 58,-58", darker(colour, 0.1), 0.2)
    c.line([(-50, -74), (52, -74)], darker(colour, 0.24), 2)
    c.shape("50,-58 58,-58 66,78 52,78", darker(colour, 0.16), 0)
    c.shape(box(-2, 12, 82, 88, 41), label, 0.06)
    with c.at(-2, 8, 0.42):
        wheat(c, sign, 1.1)
    c.line([(-22, 44), (18, 44)], sign, 2.4)


def jar(c, content="#ecd9ad", lid="#b98b5a", level=0.62, bubbles=True, label=""):
    """A glass jar; ``level`` is how full it is."""
    c.shadow(4, 76, 62, 12)
    glass = smooth("-50,-46 -54,-20 -54,60 -44,76 44,76 54,60 54,-20 50,-46")
    c.shape(glass, "#e9efe6", 0.1)
    top = 74 - level * 112
    c.shape(
        smooth(
            [
                (-50, top),
                (-20, top - 5),
                (14, top + 3),
                (50, top - 1),
                (51, 58),
                (42, 72),
                (-42, 72),
                (-51, 58),
            ]
        ),
        content,
        0.16,
    )
    if bubbles:
        for _each in range(26):
            x, y = c.random.uniform(-42, 42), c.random.uniform(top + 8, 66)
            r = c.random.uniform(1.4, 4.2)
            c.shape(oval(x, y, r, r), mix(content, "#ffffff", 0.5), 0.1)
    c.shape(box(0, -58, 112, 26, 7), lid, 0.3)
    c.line([(-40, -28), (-40, 50)], "#ffffff", 4)
    if label:
        c.shape(box(4, 30, 66, 44, 6), "#fdf6e7", 0.05)
        c.line([(-16, 24), (24, 24)], label, 3)
        c.line([(-10, 36), (18, 36)], label, 2)


def butter(c):
    c.shadow(4, 42, 96, 12)
    c.shape(box(0, 40, 210, 14, 7), "#f6f1e8", 0.18)
    c.shape("-70,-18 40,-18 68,-40 -38,-40", "#fdeaa6", 0.08)
    c.shape("-70,-18 40,-18 40,34 -70,34", "#f6d877", 0.14)
    c.shape("40,-18 68,-40 68,12 40,34", "#e2bd55", 0.1)
    c.shape("44,34 40,-16 82,20 96,34", "#f9e08b", 0.16)


def chocolate(c):
    with c.at(0, 0, 1, -10):
        c.shadow(4, 56, 92, 14)
        c.shape(box(0, 0, 176, 108, 6), "#4b2713", 0.3)
        for row in range(2):
            for column in range(4):
                x, y = -63 + column * 42, -26 + row * 52
                c.shape(box(x, y, 37, 46, 4), "#5d3319", 0.3)
                c.shape(box(x, y, 25, 33, 3), "#6a3d20", 0.2)
        c.shape("-94,-8 10,-60 -94,-60", "#d99a4e", 0.2)
        c.shape("-94,-8 10,-60 2,-46 -80,-2", "#f1d6a3", 0.1)


def nuts(c):
    for x, y, turn, size in (
        (-58, 24, -12, 1),
        (48, 30, 20, 1.1),
        (-4, -18, 4, 1.15),
        (-2, 48, -30, 0.8),
    ):
        with c.at(x, y, size, turn):
            c.shadow(0, 28, 36, 9, 0.22)
            c.shape(
                smooth("-38,0 -28,-26 0,-34 28,-26 38,0 26,26 0,32 -26,26"),
                "#b5834a",
                0.4,
            )
            c.line([(0, -33), (0, 31)], "#8a5c2b", 3)
            for side in (-1, 1):
                c.line(
                    smooth(
                        [(side * 8, -22), (side * 20, -10), (side * 12, 2), (side * 22, 16)],
                        closed=False,
                    ),
                    "#946331",
                    2,
                )


def sugar(c):
    c.shadow(0, 56, 96, 14)
    c.shape(
        smooth("-84,54 -50,8 -20,-34 0,-46 24,-30 52,12 86,54"),
        "#f2e3c7",
        0.2,
    )
    c.speckles(0, 18, 60, 34, "#d9bf92", 90, 0.9)
    with c.at(44, 4, 1, 38):
        c.shape(oval(0, 30, 24, 15), "#c08c55", 0.3)
        c.line([(0, 18), (0, -66)], "#b37c46", 8)


def gift(c, colour="#b4571f", ribbon="#fbe7b2"):
    c.shadow(0, 66, 78, 12)
    c.shape(box(0, 22, 132, 88, 5), colour, 0.24)
    c.shape(box(0, -26, 144, 28, 5), lighter(colour, 0.1), 0.2)
    c.shape(box(0, 14, 18, 106, 0), ribbon, 0.1)
    for side in (-1, 1):
        c.shape(
            smooth([(0, -40), (side * 30, -70), (side * 48, -56), (side * 34, -42)]), ribbon, 0.2
        )
    c.shape(oval(0, -42, 9, 9), ribbon, 0.2)


def letter(c, colour="#fdf4e3", seal="#b4571f"):
    with c.at(0, 0, 1, -6):
        c.shadow(4, 58, 100, 14)
        c.shape(box(0, 0, 190, 118, 6), colour, 0.16)
        c.shape("-95,-57 95,-57 0,18", lighter(colour, 0.4), 0.1)
        c.line("-92,-55 0,18 92,-55", darker(colour, 0.16), 2)
        c.shape(oval(0, 16, 19, 19), seal, 0.3)
        with c.at(0, 14, 0.2):
            wheat(c, "#fdf4e3")
