"""One function that draws, for a file and for a page: the style of both, and the SVG of a page."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol
from xml.etree import ElementTree

from keras_mtl.common.atomic_files import written_whole_file
from keras_mtl.errors import MissingExtra
from keras_mtl.pictures.canvas import new_picture
from keras_mtl.pictures.palette import BACKGROUND, GRID, INK, MUTED, VARIABLES

if TYPE_CHECKING:
    from matplotlib.figure import Figure

Draw = Callable[["Figure"], None]
"""A function that draws on an empty figure."""

UNITS = 72
"""Units of an SVG of matplotlib in an inch; here one is a pixel of CSS."""
STYLE: dict[Any, Any] = {
    "font.size": 13.0,
    "axes.labelsize": 13.0,
    "axes.titlesize": 13.0,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "text.color": INK,
    "text.parse_math": False,  # `$` in the name of a class is a dollar.
    "axes.labelcolor": MUTED,
    "axes.titlecolor": INK,
    "axes.edgecolor": MUTED,
    "axes.facecolor": "none",
    "axes.linewidth": 1.0,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 1.0,
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "lines.linewidth": 2.0,
    "lines.markersize": 7.0,
    "figure.facecolor": BACKGROUND,
    "svg.fonttype": "none",
}
NUMBER = re.compile(r"-?\d+\.\d+")
COLOR = re.compile(r"#[0-9a-f]{6}\b")
REFERENCE = re.compile(r"url\(#([^)]+)\)")
FAMILY = re.compile(r"font-family:[^;]*;?|(?<=px) '[^;]*(?=;|$)")


class Picture(Protocol):
    """A drawing that knows its size."""

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in pixels of a page."""

    def draw(self, figure: Figure) -> None:
        """Draw on an empty figure."""


def saved(draw: Draw, width: int, height: int, path: str | Path) -> Path:
    """Save a drawing, whole or not at all; the ending of the path says the format.

    Args:
        draw: Draws on an empty figure.
        width: Width in pixels of a page; a file has twice as many.
        height: Height, likewise.
        path: Where to save it.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    with _drawn(draw, width, height, salt="") as figure, written_whole_file(path) as unfinished:
        ending = Path(path).suffix.lstrip(".") or None
        figure.savefig(unfinished, dpi=2 * UNITS, format=ending)
    return Path(path)


def drawn(draw: Draw, width: int, height: int) -> Figure:
    """Return a drawing as a figure, which notebooks show.

    Args:
        draw: Draws on an empty figure.
        width: Width in pixels of a page.
        height: Height, likewise.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    with _drawn(draw, width, height, salt="") as figure:
        return figure


def inline_svg(draw: Draw, width: int, height: int, name: str) -> str:
    """Return a drawing as an SVG element to be put into a page.

    Its colours are CSS variables, its text is text in the font of the page, it has no background,
    and its identifiers begin with `name`. The same drawing gives the same text.

    Args:
        draw: Draws on an empty figure.
        width: Width in pixels.
        height: Height in pixels.
        name: Unique among the drawings of the page.

    Raises:
        MissingExtra: matplotlib is not installed.
    """
    written = StringIO()
    with _drawn(draw, width, height, salt=name) as figure:
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None})
    root = ElementTree.fromstring(written.getvalue())
    _without_what_pages_have(root)
    _renamed(root, name)
    for key in ("width", "height", "version"):
        del root.attrib[key]
    root.attrib.update({"width": str(width), "height": str(height), "focusable": "false"})
    return ElementTree.tostring(root, encoding="unicode")


@contextmanager
def _drawn(draw: Draw, width: int, height: int, salt: str) -> Iterator[Figure]:
    try:
        import matplotlib
    except ImportError as error:
        raise MissingExtra("Drawing a picture", "plots") from error
    with matplotlib.rc_context({**STYLE, "svg.hashsalt": salt}), warnings.catch_warnings():
        # Only sizes are guessed by matplotlib's font; the page has others for other scripts.
        warnings.filterwarnings("ignore", "Glyph .* missing from font")
        figure = new_picture(width / UNITS, height / UNITS)
        draw(figure)
        yield figure


def _without_what_pages_have(root: ElementTree.Element) -> None:
    """Remove metadata, rules for a whole page, namespaces, fonts and needless digits."""
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag.endswith(("}metadata", "}style")):
                parent.remove(child)
    for element in root.iter():
        element.tag = element.tag.rpartition("}")[2]
        element.tail = None
        if element.text is not None and not element.text.strip():
            element.text = None
        for key, value in list(element.attrib.items()):
            del element.attrib[key]
            element.attrib[key.rpartition("}")[2]] = _shortened(key, value)


def _shortened(key: str, value: str) -> str:
    if key in ("d", "x", "y", "points", "transform"):
        rounded = NUMBER.sub(lambda found: f"{float(found[0]):.1f}".removesuffix(".0"), value)
        return " ".join(rounded.split())
    if key == "style":
        return COLOR.sub(_variable, FAMILY.sub("", value)).strip("; ")
    return value


def _variable(color: re.Match[str]) -> str:
    return f"var({VARIABLES[color[0]]})"


def _renamed(root: ElementTree.Element, prefix: str) -> None:
    """Keep the identifiers that are used, with a prefix."""
    used = {value[1:] for one in root.iter() if (value := one.get("href"))}
    values = [value for one in root.iter() for value in one.attrib.values()]
    used |= {name for value in values for name in REFERENCE.findall(value)}
    for element in root.iter():
        if (name := element.get("id")) is not None:
            if name in used:
                element.attrib["id"] = f"{prefix}-{name}"
            else:
                del element.attrib["id"]
        for key, value in element.attrib.items():
            if key == "href":
                element.attrib[key] = f"#{prefix}-{value[1:]}"
            else:
                element.attrib[key] = REFERENCE.sub(rf"url(#{prefix}-\1)", value)
