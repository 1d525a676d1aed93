"""Draws the pictures of the documentation: `python docs/draw_pictures.py`.

Networks are drawn by `keras_mtl.plot_transfer`, schedules by what they answer, the others here.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from html import escape
from itertools import pairwise
from pathlib import Path

import keras
import numpy as np

import keras_mtl

PICTURES = Path(__file__).parent / "pictures"
INK, MUTED, GRID, PAPER = "#1f2328", "#59636e", "#dde1e6", "#ffffff"
BLUE, ORANGE, GREEN = "#0072b2", "#c24e00", "#1f8651"
STATIC, NEW = "#e9ecef", "#fdf0e7"


class Drawing:
    """An SVG picture on white paper, which is read on dark pages too.

    Args:
        width: Width in pixels.
        height: Height in pixels.
        title: What the picture shows, for those who do not see it.
    """

    def __init__(self, width: int, height: int, title: str) -> None:
        self.parts = [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" role="img" font-family="system-ui, sans-serif" '
            f'font-size="13" fill="{INK}">',
            f"<title>{escape(title)}</title>",
            '<defs><marker id="tip" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" '
            f'markerHeight="7" orient="auto"><path d="M0 0 8 4 0 8z" fill="{MUTED}"/></marker>'
            "</defs>",
            f'<rect width="{width}" height="{height}" rx="8" fill="{PAPER}"/>',
        ]

    def box(self, x, y, width, height, text="", fill=PAPER, stroke=GRID, note=""):
        """Draw a rectangle with a name, and a smaller note below it."""
        self.parts.append(
            f'<rect x="{x}" y="{y}" width="{width}" height="{height}" rx="5" fill="{fill}" '
            f'stroke="{stroke}" stroke-width="1.3"/>'
        )
        middle = y + height / 2 + (-3 if note else 4.5)
        if text:
            self.text(x + width / 2, middle, text, anchor="middle")
        if note:
            self.text(x + width / 2, middle + 15, note, anchor="middle", size=11, color=MUTED)

    def text(self, x, y, text, *, anchor="start", size=13, color=INK, weight="normal"):
        """Write a line."""
        self.parts.append(
            f'<text x="{x}" y="{y}" text-anchor="{anchor}" font-size="{size}" fill="{color}" '
            f'font-weight="{weight}">{escape(text)}</text>'
        )

    def arrow(self, *points, color=MUTED, dashes="", tip=True):
        """Draw a line through points, with a tip at its end."""
        path = " ".join(f"{x},{y}" for x, y in points)
        end = ' marker-end="url(#tip)"' if tip else ""
        self.parts.append(
            f'<polyline points="{path}" fill="none" stroke="{color}" stroke-width="1.5" '
            f'stroke-dasharray="{dashes}"{end}/>'
        )

    def save(self, name: str) -> None:
        """Write the picture."""
        text = "\n".join([*self.parts, "</svg>"]) + "\n"
        (PICTURES / name).write_text(text, encoding="utf-8")


def draw_cuts() -> None:
    """Draw a residual network with the places at which it can be cut."""
    title = "A network with a residual block: a cut is legal where only one tensor passes"
    picture = Drawing(720, 250, title)
    boxes = [("input", 20), ("conv1", 125), ("conv2", 260), ("conv3", 365), ("add", 490)]
    boxes += [("dense", 590)]
    for name, x in boxes:
        picture.box(x, 90, 80 if name != "add" else 60, 44, name)
    for (first, x), (_, following) in pairwise(boxes):
        picture.arrow((x + (60 if first == "add" else 80), 112), (following - 2, 112))
    picture.arrow((670, 112), (706, 112))
    picture.arrow((230, 112), (230, 45), (520, 45), (520, 88))
    picture.text(240, 38, "the shortcut", size=11, color=MUTED)
    for x, name in ((217, "conv1"), (572, "add"), (688, "dense")):
        picture.arrow((x, 66), (x, 172), color=GREEN, tip=False)
        place = min(x, 676)
        picture.text(place, 188, f'cut="{name}"', anchor="middle", size=11, color=GREEN)
    for x, name in ((353, "conv2"), (466, "conv3")):
        picture.arrow((x, 28), (x, 172), color=ORANGE, dashes="5 4", tip=False)
        picture.text(x, 188, f"not after {name}", anchor="middle", size=11, color=ORANGE)
    picture.text(20, 218, "Green: one tensor carries all that the rest of the network needs.")
    picture.text(20, 237, "Orange: the shortcut passes by, so what is cut off would lack a tensor.")
    picture.save("cuts.svg")


def draw_static() -> None:
    """Draw what runs in training in a frozen model of Keras and in a trunk."""
    title = "During fit: a frozen model of Keras still draws, a trunk of keras_mtl does not"
    picture = Drawing(720, 250, title)
    rows = (
        ("Keras: base.trainable = False, base(x, training=False), then fit", 20, False),
        ("keras_mtl: transfer(base, cut, freeze=True), then fit", 135, True),
    )
    for heading, y, static in rows:
        picture.text(20, y + 14, heading, weight="bold")
        parts = ["augment", "conv", "batch norm", "dropout"]
        notes = ["draws", "fixed", "fixed", "draws"] if not static else ["fixed"] * 4
        for place, (part, note) in enumerate(zip(parts, notes, strict=True)):
            x = 20 + place * 135
            lively = note == "draws"
            colors = (NEW, ORANGE) if lively else (STATIC, MUTED)
            picture.box(x, y + 28, 110, 54, part, *colors, note)
            picture.arrow((x + 110, y + 55), (x + 133, y + 55))
        picture.box(560, y + 28, 140, 54, "head", NEW, ORANGE, "trains")
    picture.save("static.svg")


def draw_caching() -> None:
    """Draw the part of a model that runs once, and the part that is trained on its outputs."""
    title = "The static part runs once over the data; the rest is trained on the cached features"
    picture = Drawing(720, 235, title)
    picture.text(20, 28, "once", weight="bold")
    picture.text(105, 128, "in each epoch, or solved for", weight="bold")
    picture.box(20, 40, 100, 50, "x", note="all rows")
    picture.arrow((120, 65), (158, 65))
    picture.box(160, 40, 180, 50, "static layers", STATIC, MUTED, "and the pooling of the head")
    picture.arrow((340, 65), (398, 65))
    where = "in memory, or in a folder by the hash of all this"
    picture.box(400, 40, 300, 50, "features", note=where)
    picture.arrow((550, 90), (550, 110), (90, 110), (90, 138))
    picture.box(20, 140, 140, 50, "features", note="a batch of rows")
    picture.arrow((160, 165), (198, 165))
    picture.box(200, 140, 180, 50, "the rest", NEW, ORANGE, "the head, and what trains")
    picture.arrow((380, 165), (418, 165))
    what = "weights, slots and metrics of the whole model"
    picture.box(420, 140, 280, 50, "loss, one step", note=what)
    end = "The cache ends at the last legal cut before which nothing trains or draws."
    picture.text(20, 220, end)
    picture.save("caching.svg")


def draw_schedules() -> None:
    """Draw which task trains at which step, as the schedules answer."""
    batches, steps = {"sex": 12, "hair": 3}, 48
    schedules = keras_mtl.schedules
    shown = [
        ("Balanced()", schedules.Balanced()),
        ("Interleaved()", schedules.Interleaved()),
        ("RoundRobin()", schedules.RoundRobin()),
        ("RoundRobin(block=4)", schedules.RoundRobin(block=4)),
        ('Blocks({"sex": 6, "hair": 2})', schedules.Blocks({"sex": 6, "hair": 2})),
        ("Proportional(0.5)", schedules.Proportional(0.5)),
        ("Annealed(steps=48)", schedules.Annealed(steps=steps)),
    ]
    title = "The first 48 steps of each schedule, for sex with 12 batches and hair with 3"
    picture = Drawing(720, 70 + 30 * len(shown), title)
    picture.box(236, 16, 12, 12, fill=BLUE, stroke=BLUE)
    picture.text(254, 27, "sex, 12 batches")
    picture.box(386, 16, 12, 12, fill=ORANGE, stroke=ORANGE)
    picture.text(404, 27, "hair, 3 batches")
    for row, (name, schedule) in enumerate(shown):
        y = 44 + 30 * row
        picture.text(14, y + 14, name, size=12)
        for step, task in enumerate(schedule.tasks(np.arange(steps), batches=batches, seed=0)):
            top, color = (y + 9, ORANGE) if task else (y, BLUE)
            picture.box(236 + 9.8 * step, top, 7.8, 9, fill=color, stroke=color)
    bottom = 60 + 30 * len(shown)
    picture.text(236, bottom, "step 1", size=11, color=MUTED)
    picture.text(706, bottom, f"step {steps}", size=11, color=MUTED, anchor="end")
    picture.save("schedules.svg")


def draw_networks() -> None:
    """Draw the network of the guides as each strategy makes it."""
    layers = keras.layers
    trained = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(16, 3, activation="relu", name="conv"),
            layers.Flatten(name="flatten"),
            layers.Dropout(0.3, name="dropout"),
            layers.Dense(32, activation="relu", name="dense"),
            layers.Dense(2, activation="softmax", name="parity"),
        ]
    )
    trained.compile("adam", "sparse_categorical_crossentropy")
    trainable = keras_mtl.transfer(trained, 1, freeze=False, head=10)
    both = keras_mtl.MultiTaskModel.from_model(trained, 1, task="parity", heads={"digit": 10})
    pictures = {
        "features": keras_mtl.transfer(trained, 1, freeze=True),
        "frozen": keras_mtl.transfer(trained, 1, freeze=True, head=10),
        "fine_tuning": trainable,
        "alternating": both,
        "from_scratch": keras_mtl.from_scratch(trainable),
    }
    for name, model in pictures.items():
        keras_mtl.plot_transfer(model, PICTURES / f"{name}.svg")


if __name__ == "__main__":
    PICTURES.mkdir(exist_ok=True)
    draw_cuts()
    draw_static()
    draw_caching()
    draw_schedules()
    draw_networks()
