"""Flat, softly lit drawing with Pillow. One unit is 1/400 of the picture's width."""

import contextlib
import math
import random

from PIL import Image, ImageChops, ImageColor, ImageDraw, ImageFilter

WIDTH, HEIGHT = 400, 300
OVERSAMPLING = 2
PIXELS = 1080 / WIDTH * OVERSAMPLING


def mix(colour, other, share):
    """``colour`` with ``share`` (0 to 1) of ``other`` in it, both as ``#rrggbb``."""
    pairs = zip(ImageColor.getrgb(colour), ImageColor.getrgb(other), strict=True)
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def lighter(colour, share=0.25):
    return mix(colour, "#fff6e0", share)


def darker(colour, share=0.25):
    return mix(colour, "#3a1c08", share)


def oval(x, y, rx, ry, start=0.0, end=360.0):
    """Points of an ellipse, or of the part between two angles (degrees, clockwise from right)."""
    steps = max(8, int(abs(end - start) / 6))
    angles = [math.radians(start + (end - start) * step / steps) for step in range(steps + 1)]
    return [(x + rx * math.cos(angle), y + ry * math.sin(angle)) for angle in angles]


def box(x, y, width, height, radius=0.0):
    """Points of a rectangle with its centre at x, y and round corners."""
    right, bottom, r = x + width / 2, y + height / 2, min(radius, width / 2, height / 2)
    left, top = x - width / 2, y - height / 2
    return [
        *oval(right - r, top + r, r, r, -90, 0),
        *oval(right - r, bottom - r, r, r, 0, 90),
        *oval(left + r, bottom - r, r, r, 90, 180),
        *oval(left + r, top + r, r, r, 180, 270),
    ]


def points_of(points):
    """Points as pairs; ``"0,8 12,-4"`` is a short way to write them."""
    if not isinstance(points, str):
        return points
    return [tuple(map(float, pair.split(","))) for pair in points.split()]


def smooth(points, closed=True):
    """A curve through all points (Catmull-Rom)."""
    points = points_of(points)
    count = len(points)
    curve = []
    for index in range(count if closed else count - 1):
        near = [
            points[(index + k) % count] if closed else points[min(max(index + k, 0), count - 1)]
            for k in (-1, 0, 1, 2)
        ]
        curve += [_between(near, step / 12) for step in range(12)]
    return curve if closed else [*curve, points[-1]]


def _between(near, t):
    a, b, c, d = near
    return tuple(
        0.5
        * (
            2 * b[axis]
            + (c[axis] - a[axis]) * t
            + (2 * a[axis] - 5 * b[axis] + 4 * c[axis] - d[axis]) * t**2
            + (3 * b[axis] - a[axis] - 3 * c[axis] + d[axis]) * t**3
        )
        for axis in (0, 1)
    )


class Canvas:
    """A picture being painted; the same seed paints the same picture."""

    def __init__(self, seed, background):
        self.random = random.Random(seed)
        size = (round(WIDTH * PIXELS), round(HEIGHT * PIXELS))
        self.image = Image.new("RGB", size, background)
        self._place = (0.0, 0.0, 1.0, 0.0)

    @contextlib.contextmanager
    def at(self, x, y, scale=1.0, turn=0.0):
        """Draw around x, y, larger and turned (degrees)."""
        outer = self._place
        x, y = self._move((x, y))
        self._place = (x, y, outer[2] * scale, outer[3] + turn)
        yield self
        self._place = outer

    def _move(self, point):
        x, y, scale, turn = self._place
        sine, cosine = math.sin(math.radians(turn)), math.cos(math.radians(turn))
        px, py = point
        return (
            x + scale * (px * cosine - py * sine),
            y + scale * (px * sine + py * cosine),
        )

    def _pixels(self, points):
        return [(x * PIXELS, y * PIXELS) for x, y in map(self._move, points_of(points))]

    def _mask(self, points):
        """(mask of the shape, its top left corner) in pixels, or None outside the picture."""
        pixels = self._pixels(points)
        xs, ys = [x for x, _y in pixels], [y for _x, y in pixels]
        left, top = max(0, int(min(xs)) - 2), max(0, int(min(ys)) - 2)
        right = min(self.image.width, int(max(xs)) + 3)
        bottom = min(self.image.height, int(max(ys)) + 3)
        if right <= left or bottom <= top:
            return None
        mask = Image.new("L", (right - left, bottom - top))
        ImageDraw.Draw(mask).polygon([(x - left, y - top) for x, y in pixels], fill=255)
        return mask, (left, top)

    def shape(self, points, colour, light=0.22):
        """Fill a shape; ``light`` (0 to 1) is how round it looks, lit from the upper left."""
        found = self._mask(points)
        if not found:
            return
        mask, corner = found
        if light:
            self.image.paste(self._lit(mask, colour, light), corner, mask)
        else:
            self.image.paste(
                colour, (*corner, corner[0] + mask.width, corner[1] + mask.height), mask
            )

    def _fill(self, colour, corner, mask):
        left, top = corner
        self.image.paste(colour, (left, top, left + mask.width, top + mask.height), mask)

    def _lit(self, mask, colour, light):
        small = mask.resize((max(1, mask.width // 8), max(1, mask.height // 8)))
        reach = max(1, min(small.size) // 7)
        lit = ImageChops.offset(small, -reach, -reach)
        lit = lit.filter(ImageFilter.GaussianBlur(reach)).resize(
            mask.size, Image.Resampling.BILINEAR
        )
        dark = Image.new("RGB", mask.size, darker(colour, light))
        bright = Image.new("RGB", mask.size, lighter(colour, light * 0.6))
        return Image.composite(bright, dark, lit)

    def line(self, points, colour, width):
        """A line with round ends."""
        pixels = self._pixels(points)
        thickness = max(1, round(width * self._place[2] * PIXELS))
        draw = ImageDraw.Draw(self.image)
        draw.line(pixels, fill=colour, width=thickness, joint="curve")
        for x, y in (pixels[0], pixels[-1]):
            half = thickness / 2
            draw.ellipse((x - half, y - half, x + half, y + half), fill=colour)

    def shadow(self, x, y, rx, ry, strength=0.28):
        """The soft shadow of something that stands at x, y."""
        found = self._mask(oval(x, y, rx * 1.5, ry * 1.9))
        if not found:
            return
        mask, corner = found
        small = Image.new("L", (64, 64))
        ImageDraw.Draw(small).ellipse((13, 15, 51, 49), fill=round(255 * strength))
        soft = small.filter(ImageFilter.GaussianBlur(6)).resize(mask.size, Image.Resampling.BICUBIC)
        self.image.paste(
            "#4a2a10", (*corner, corner[0] + mask.width, corner[1] + mask.height), soft
        )

    def speckles(self, x, y, rx, ry, colour, number, size=0.9):
        """Flour, seeds or crumbs, strewn over an ellipse."""
        for _each in range(number):
            angle, far = self.random.uniform(0, 2 * math.pi), math.sqrt(self.random.random())
            px, py = x + rx * far * math.cos(angle), y + ry * far * math.sin(angle)
            radius = size * self.random.uniform(0.5, 1.2)
            self.shape(oval(px, py, radius, radius * 0.8), colour, light=0)

    def finished(self):
        """The picture in its final size, with a little grain."""
        size = (self.image.width // OVERSAMPLING, self.image.height // OVERSAMPLING)
        picture = self.image.resize(size, Image.Resampling.BOX)
        grain = self._grain(size)
        return ImageChops.overlay(picture, Image.merge("RGB", [grain] * 3))

    def _grain(self, size):
        tile = Image.frombytes("L", (128, 128), self.random.randbytes(128 * 128))
        tile = tile.point(lambda value: 128 + (value - 128) // 9)
        grain = Image.new("L", size)
        for x in range(0, size[0], 128):
            for y in range(0, size[1], 128):
                grain.paste(tile, (x, y))
        return grain
