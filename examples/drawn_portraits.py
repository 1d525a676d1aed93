"""Portraits drawn with NumPy, for `portraits.py`: no photographs, and nothing is downloaded.

A face has skin, hair of a colour and a length, brows, eyes, a nose, a mouth, perhaps glasses or a
beard, and stands in front of a background, in light of a strength, a direction and a tint. What
tells a woman from a man are distributions that overlap: the length of the hair, the width of the
jaw and the shoulders, the brows, make-up; a beard only some men have. Hair has one of four
colours, whose shades overlap too, under light that tints them. Sex and hair colour are independent.
"""

from dataclasses import dataclass

import numpy as np

SEX = ("female", "male")
HAIR = ("black", "blond", "brown", "gray")
SHADES = np.array([[0.10, 0.09, 0.09], [0.80, 0.64, 0.36], [0.38, 0.24, 0.15], [0.60, 0.60, 0.61]])
SKINS = np.array([[0.98, 0.84, 0.74], [0.88, 0.69, 0.54], [0.66, 0.46, 0.33], [0.42, 0.28, 0.20]])
CHUNK = 128
"""Portraits drawn at once: few enough for the processor's cache."""


@dataclass
class Canvas:
    """Pictures that are drawn at once, all with the same shapes at places of their own.

    Attributes:
        u: Column of each pixel from the middle of the face to the right, in half heights of it.
        v: Row of each pixel from the middle of the face down, likewise.
        pixel: Size of a pixel, likewise.
        colors: What is drawn so far, of shape `(pictures, size, size, 3)`.
    """

    u: np.ndarray
    v: np.ndarray
    pixel: np.ndarray
    colors: np.ndarray

    def ellipse(self, x, y, width, height, *, power=2.0):
        """Return how much of each pixel is in an ellipse; a larger power is more of a box."""
        x, y, width, height = (_by_picture(one) for one in (x, y, width, height))
        across, down = np.abs((self.u - x) / width), np.abs((self.v - y) / height)
        distance = (across**power + down**power) ** (1 / power)
        edge = (1 - distance) * np.minimum(width, height) / self.pixel
        return np.clip(edge + 0.5, 0, 1)

    def above(self, y, softness=0.06):
        """Return how much of each pixel is above a line."""
        return np.clip((_by_picture(y) - self.v) / softness + 0.5, 0, 1)

    def paint(self, part, color):
        """Lay a colour over a part of each picture."""
        color = np.asarray(color, "float32")
        color = color[:, None, None, :] if color.ndim == 2 else color
        self.colors += part[..., None] * (color - self.colors)


def draw_portraits(count, *, size=40, seed=0):
    """Draw portraits of random people.

    Args:
        count: Number of portraits.
        size: Height and width in pixels.
        seed: The same seed draws the same portraits, and the first of a larger number too.

    Returns:
        The portraits, bytes of shape `(count, size, size, 3)`; the sexes and the hair colours,
        whole numbers of shape `(count,)`, whose names are in `SEX` and `HAIR`.
    """
    starts = range(0, count, CHUNK)
    chunks = [_draw_chunk(np.random.default_rng([seed, start]), size) for start in starts]
    portraits, sexes, hairs = (np.concatenate(part)[:count] for part in zip(*chunks, strict=True))
    return portraits, sexes, hairs


def _draw_chunk(random, size):
    sex, hair = random.integers(2, size=CHUNK), random.integers(4, size=CHUNK)
    canvas = _posed_canvas(random, size)
    people = _people(random, sex, hair)
    _draw_background(canvas, random)
    _draw_body(canvas, people)
    _draw_face(canvas, people, random)
    _draw_hair(canvas, people)
    _draw_glasses(canvas, people)
    return _lit(canvas, random), sex.astype("int32"), hair.astype("int32")


def _people(random, sex, hair):
    """Draw what people look like: each number depends on the sex or on the hair colour, or none."""

    def by_sex(women, men, spread):
        return np.where(sex, men, women) + random.normal(0, spread, len(sex))

    count = len(sex)
    shade = SHADES[hair] * random.uniform(0.72, 1.3, (count, 1))
    shade = np.clip(shade + random.normal(0, 0.035, (count, 3)), 0.03, 0.95)
    skin = random.dirichlet(np.full(len(SKINS), 0.35), count) @ SKINS
    return {
        "skin": np.clip(skin + random.normal(0, 0.02, (count, 3)), 0.1, 1),
        "hair": shade,
        "length": np.clip(by_sex(0.7, 0.15, 0.42), -0.25, 1.35),
        "fringe": np.clip(by_sex(-0.52, -0.62, 0.13), -0.85, -0.3),
        "volume": np.clip(by_sex(0.16, 0.11, 0.05), 0.05, 0.3),
        "jaw": by_sex(0.69, 0.735, 0.035),
        "brow": np.clip(by_sex(0.045, 0.065, 0.016), 0.02, 0.12),
        "eye": by_sex(0.125, 0.112, 0.012),
        "lips": np.clip(by_sex(0.75, 0.22, 0.17), 0, 1),
        "shoulders": by_sex(1.08, 1.28, 0.13),
        "beard": np.where(sex & (random.random(count) < 0.42), random.uniform(0.35, 1, count), 0),
        "cheeks": random.random(count) < 0.6,
        "glasses": random.random(count) < 0.28,
        "frame": random.uniform(0.02, 0.35, (count, 3)) * random.random((count, 1)),
        "clothes": random.uniform(0.05, 0.95, (count, 3)),
        "iris": random.uniform(0.1, 0.5, (count, 3)),
        "shadow": np.where(sex, 0, random.uniform(-0.7, 0.9, count).clip(0)),
        "shadow_color": random.dirichlet(np.ones(3) * 0.6, count),
        "blush": random.uniform(0, 1, count) * np.where(sex, 0.12, 0.5),
        "turn": random.normal(0, 0.11, count),
        "mouth": random.uniform(0.2, 0.32, count),
    }


def _posed_canvas(random, size):
    """Return an empty canvas on which each face has a place, a size and a tilt."""
    places = (np.arange(size, dtype="float32") + 0.5) / size * 2 - 1
    scale = _by_picture(random.uniform(1.4, 1.9, CHUNK))
    tilt = _by_picture(random.normal(0, 0.2, CHUNK))
    right, down = (_by_picture(random.normal(0, 0.17, CHUNK)) for _ in range(2))
    x, y = places * scale - right, places[:, None] * scale - down
    u, v = x * np.cos(tilt) + y * np.sin(tilt), y * np.cos(tilt) - x * np.sin(tilt)
    colors = np.zeros((CHUNK, size, size, 3), "float32")
    return Canvas(u.astype("float32"), v.astype("float32"), 2 * scale / size, colors)


def _draw_background(canvas, random):
    """Draw a gradient of two colours, some of them those of hair, and blurred things."""
    walls = random.uniform(0.1, 0.9, (16, 1)) + random.normal(0, 0.13, (16, 3))
    palette = np.concatenate([np.clip(walls, 0.02, 0.98), *[SHADES] * 3, SKINS])
    one, other = (palette[random.integers(len(palette), size=CHUNK)] for _ in range(2))
    canvas.paint(np.ones_like(canvas.u), one)
    direction = _by_picture(random.uniform(0, 2 * np.pi, CHUNK))
    canvas.paint(
        np.clip(0.5 + 0.5 * (canvas.u * np.cos(direction) + canvas.v * np.sin(direction)), 0, 1),
        other,
    )
    for _ in range(3):
        x, y = random.uniform(-1.6, 1.6, (2, CHUNK))
        width, height = random.uniform(0.15, 0.6, (2, CHUNK))
        blur = canvas.ellipse(x, y, width, height) * _by_picture(random.uniform(0, 0.7, CHUNK))
        canvas.paint(blur, palette[random.integers(len(palette), size=CHUNK)])


def _draw_body(canvas, people):
    """Draw the hair behind the neck, the neck and the shoulders."""
    length, wide = people["length"], people["jaw"] + people["volume"]
    behind = canvas.ellipse(0, 0.1, wide, 1.05, power=2.6) * canvas.above(length, 0.1)
    canvas.paint(behind, people["hair"] * 0.8)
    canvas.paint(canvas.ellipse(0, 0.95, 0.36, 0.55, power=3), people["skin"] * 0.78)
    shoulders = canvas.ellipse(0, 1.95, people["shoulders"], 0.85, power=2.5)
    canvas.paint(shoulders, people["clothes"])


def _draw_face(canvas, people, random):
    """Draw the head with all that is on it."""
    skin, turn, jaw = people["skin"], people["turn"], people["jaw"]
    for side in (-1, 1):
        canvas.paint(canvas.ellipse(side * jaw, 0.05, 0.11, 0.2), skin * 0.88)
    head = canvas.ellipse(0, -0.12, jaw, 0.83) + canvas.ellipse(0, 0.28, jaw * 0.87, 0.7, power=2.4)
    head = np.clip(head, 0, 1)
    canvas.paint(head, skin)
    canvas.paint(head * canvas.ellipse(-2 * turn, 0.3, 0.5, 0.25) * 0.15, skin * [1.1, 0.75, 0.7])
    chin = head * (1 - canvas.above(0.42, 0.25))
    cheeks = head * (1 - canvas.above(0.12, 0.3)) * (1 - canvas.ellipse(turn, 0.0, 0.5, 0.55))
    mustache = canvas.ellipse(turn, 0.43, 0.3, 0.09)
    beard = np.maximum(mustache, np.where(_by_picture(people["cheeks"]), cheeks + chin, 0))
    canvas.paint(np.clip(beard, 0, 1) * _by_picture(people["beard"] * 0.9), people["hair"] * 0.9)
    lips = people["lips"][:, None]
    color = skin * 0.78 * (1 - lips) + np.array([0.72, 0.2, 0.24]) * lips
    opened = random.uniform(0.045, 0.085, CHUNK)
    canvas.paint(canvas.ellipse(turn, 0.56, people["mouth"], opened), color)
    canvas.paint(canvas.ellipse(turn * 1.3, 0.2, 0.075, 0.2) * 0.35, skin * 0.6)
    for side in (-1, 1):
        x = turn + side * 0.29
        lid = canvas.ellipse(x, -0.13, 0.2, 0.13) * _by_picture(people["shadow"])
        canvas.paint(lid, people["shadow_color"])
        cheek = canvas.ellipse(x + side * 0.08, 0.25, 0.17, 0.12) * _by_picture(people["blush"])
        canvas.paint(cheek, [0.85, 0.25, 0.3])
        white = canvas.ellipse(x, -0.08, people["eye"] * 1.25, people["eye"] * 0.7)
        canvas.paint(white, [0.95] * 3)
        canvas.paint(canvas.ellipse(x, -0.08, 0.065, 0.075), people["iris"])
        brow = canvas.ellipse(x, -0.3, 0.2, people["brow"], power=3)
        canvas.paint(brow * 0.9, people["hair"] * 0.7)


def _draw_hair(canvas, people):
    """Draw the hair on top and beside the face, with strands."""
    jaw, volume = people["jaw"], people["volume"]
    cap = canvas.ellipse(0, -0.2, jaw + volume, 0.82 + volume, power=2.2)
    face = canvas.ellipse(people["turn"], 0.3, jaw * 0.92, 0.3 - people["fringe"], power=2.6)
    beside = canvas.above(np.clip(people["length"], -0.15, 1.2), 0.1)
    strands = 1 + 0.11 * np.sin(canvas.u * 26 + 5 * np.sin(canvas.v * 3))
    color = np.clip(people["hair"][:, None, None, :] * strands[..., None], 0, 1)
    part = np.clip(cap - face, 0, 1) * beside
    canvas.colors += part[..., None] * (color.astype("float32") - canvas.colors)


def _draw_glasses(canvas, people):
    """Draw the frames and the bridge of those who wear glasses."""
    wears = _by_picture(people["glasses"])
    for side in (-1, 1):
        x = people["turn"] + side * 0.29
        outer, inner = (canvas.ellipse(x, -0.06, r, r * 0.8, power=3) for r in (0.24, 0.19))
        canvas.paint((outer - inner) * wears, people["frame"])
    canvas.paint(canvas.ellipse(people["turn"], -0.08, 0.09, 0.03) * wears, people["frame"])


def _lit(canvas, random):
    """Return what a camera sees: light of a strength, a direction and a tint, and its noise."""
    direction = _by_picture(random.uniform(0, 2 * np.pi, CHUNK))
    slope = _by_picture(random.uniform(0, 0.22, CHUNK))
    shading = 1 + slope * (canvas.u * np.cos(direction) + canvas.v * np.sin(direction))
    tint = random.normal(0, 0.045, (CHUNK, 1, 1, 1)) * np.array([1, 0.1, -1])
    strength = random.uniform(0.7, 1.2, (CHUNK, 1, 1, 1))
    seen = canvas.colors * shading[..., None] * strength * (1 + tint)
    seen += random.normal(0, 0.03, seen.shape)
    return (255 * np.clip(seen, 0, 1) + 0.5).astype("uint8")


def _by_picture(values):
    """Return numbers, one for each picture, in a shape that broadcasts over its pixels."""
    values = np.asarray(values, "float32")
    return values[:, None, None] if values.ndim == 1 else values
