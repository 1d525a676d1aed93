"""A network as a column of boxes, whose colours and words say what becomes of each part."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Protocol

from keras_mtl.pictures.direct_labels import shortened
from keras_mtl.pictures.palette import GRID, INK, LINES, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

STEP, BOX, HEADING = 54, 44, 28
"""Pixels from one box to the next, of a box, of a heading."""
CHARACTER = 7.6
"""Pixels of a character, about."""
INDENT = 26

_STYLES = {
    "kept, static": (MUTED, "////"),
    "frozen": (MUTED, "////"),
    "kept, trained": (LINES[0], ""),
    "trained": (LINES[0], ""),
    "new, trained": (LINES[1], ".."),
    "new, static": (MUTED, "xxxx"),
}
"""Colour and pattern by fate."""


class Part(Protocol):
    """Some layers of which the same becomes."""

    @property
    def part(self) -> str:
        """The part of the model that they are in."""

    @property
    def layers(self) -> str:
        """What they are called."""

    @property
    def fate(self) -> str:
        """What becomes of them."""

    @property
    def count(self) -> int:
        """Number of layers."""

    @property
    def kinds(self) -> str:
        """Their classes."""

    @property
    def shape_text(self) -> str:
        """The shape of the output."""

    @property
    def params(self) -> int:
        """Number of parameters."""


@dataclass(frozen=True)
class Network:
    """A picture of the parts of a network, from the inputs at the top to the outputs.

    The heads of several tasks hang side by side on a line from the trunk.

    Attributes:
        parts: The parts.
    """

    parts: Sequence[Part]

    @property
    def height(self) -> int:
        """Height in pixels, for any width."""
        headings = len(list(self._groups()))
        return len(self.parts) * STEP + headings * HEADING + 10

    @property
    def words(self) -> str:
        """What the picture shows, in a sentence."""
        fates = [one.fate for one in self.parts]
        counted = (
            f"{sum(one.count for one in self.parts if one.fate == fate)} layers {fate}"
            for fate in dict.fromkeys(fates)
        )
        return f"The network from its inputs to its outputs: {'; '.join(counted)}."

    def draw(self, figure: Figure) -> None:
        """Draw on an empty figure of any width."""
        axes = figure.subplots()
        width = figure.get_figwidth() * 72
        axes.set(xlim=(0, width), ylim=(self.height, 0))
        axes.set_axis_off()
        groups = list(self._groups())
        several = len(groups) > 2
        top, fork = 6.0, 0.0
        for place, (name, parts) in enumerate(groups):
            left = INDENT if several and place else 0
            if name:
                axes.text(left + 2, top + 14, shortened(name, 40), weight="bold", parse_math=False)
                if left:
                    _branch(axes, fork, top + 10)
            top += HEADING if name else 6
            for index, part in enumerate(parts):
                _box(axes, part, left, top, width)
                if index + 1 < len(parts):
                    _arrow(axes, left + 5, top + BOX, top + STEP)
                top += STEP
            fork = top - (STEP - BOX) if place == 0 else fork

    def _groups(self) -> Iterator[tuple[str, list[Part]]]:
        for name, parts in groupby(self.parts, key=lambda one: one.part):
            yield name, list(parts)


def _box(axes: Axes, part: Part, left: float, top: float, width: float) -> None:
    from matplotlib.patches import Rectangle

    color, hatch = _STYLES[str(part.fate)]
    size = width - left - 4
    outline = {"edgecolor": GRID, "facecolor": "none", "linewidth": 1.0}
    axes.add_patch(Rectangle((left + 2, top), size, BOX, **outline))  # type: ignore[arg-type]
    strip = Rectangle((left + 2, top), 12, BOX, facecolor="none", edgecolor=color, hatch=hatch)
    if not hatch:
        strip.set_facecolor(color)
    axes.add_patch(strip)
    fate, text = str(part.fate), left + 22
    room = int((size - 30) / CHARACTER) - len(fate) - 2
    axes.text(text, top + 17, shortened(part.layers, max(room, 8)), color=INK, parse_math=False)
    axes.text(width - 8, top + 17, fate, color=color, weight="bold", ha="right")
    axes.text(text, top + 36, _details(part, size - 30), color=MUTED, size=11, parse_math=False)


def _details(part: Part, room: float) -> str:
    """Return as much as there is room for: the shape and the parameters first."""
    layers = f"{part.count} layers" if part.count > 1 else part.kinds
    texts = [part.shape_text, f"{part.params:,} parameters", layers]
    if part.count > 1:
        texts.append(part.kinds)
    text = texts[0]
    for more in texts[1:]:
        if (len(text) + len(more) + 3) * CHARACTER * 11 / 13 > room:
            break
        text = f"{text} · {more}"
    return text


def _arrow(axes: Axes, x: float, top: float, bottom: float) -> None:
    axes.plot([x + 3, x + 3], [top, bottom], color=MUTED, linewidth=1.2)


def _branch(axes: Axes, top: float, bottom: float) -> None:
    """Draw a line down from the trunk, and to the head of a task."""
    axes.plot([8, 8, INDENT - 2], [top, bottom, bottom], color=MUTED, linewidth=1.2)
