"""What a page is made of: each kind of block has a template of the same name."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any, ClassVar

from keras_mtl.common.records import Records
from keras_mtl.common.tables import cell_text
from keras_mtl.pictures.direct_labels import GAP
from keras_mtl.pictures.drawing import Draw, inline_svg
from keras_mtl.pictures.lines_by_labels import EDGES
from keras_mtl.pictures.palette import LineStyle
from keras_mtl.report.numbers import NONE, number_text

WIDE, NARROW = 720, 328
"""Widths of pictures in pixels: on a desk, and on a phone of 360."""


@dataclass(frozen=True)
class Block:
    """A part of a section."""

    template: ClassVar[str]


@dataclass(frozen=True)
class Prose(Block):
    """Sentences, each a paragraph."""

    template = "prose.html"
    sentences: Sequence[str]


@dataclass(frozen=True)
class Heading(Block):
    """The heading of a part of a section."""

    template = "heading.html"
    text: str


@dataclass(frozen=True)
class Cell:
    """A cell of a table.

    Attributes:
        text: What it shows.
        value: The number that it shows, with all digits; None for a text.
        spread: What stands behind it, smaller.
        style: How the line of the strategy that it names is drawn.
        best: Whether it is the best of its column.
        share: What to shade it by, in [0, 1]; None for no shade.
        right: Whether the shade is that of right predictions.
    """

    text: str
    value: float | None = None
    spread: str = ""
    style: LineStyle | None = None
    best: bool = False
    share: float | None = None
    right: bool = False


@dataclass(frozen=True)
class Table(Block):
    """A table; the first cell of a row is its heading.

    Attributes:
        caption: What it holds.
        header: Titles of the columns.
        rows: Cells by row.
        folded: Whether it opens on demand.
        note: A sentence below.
        dense: Whether it has many narrow columns.
    """

    template = "table.html"
    caption: str
    header: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    folded: bool = False
    note: str = ""
    dense: bool = False

    @property
    def columns(self) -> list[tuple[str, bool]]:
        """The title of each column, and whether it holds numbers."""
        inner = [
            any(row[place].value is not None for row in self.rows)
            for place in range(len(self.header))
        ]
        return list(zip(self.header, inner, strict=True))


@dataclass(frozen=True)
class Picture(Block):
    """A drawing for wide pages, another one for phones, in words, and as a table.

    Attributes:
        wide: SVG.
        narrow: SVG.
        words: What the picture shows, for those who do not see it.
        caption: What lines and bands are.
        table: The numbers drawn.
    """

    template = "picture.html"
    wide: str
    narrow: str
    words: str
    caption: str
    table: Table


@dataclass(frozen=True)
class Fact:
    """A term and what it is.

    Attributes:
        term: The term.
        text: What it is.
        style: How the line of the strategy is drawn that the text names.
        number: A number beside it, as a text.
        value: The same with all digits.
        remark: A few words below.
    """

    term: str
    text: str
    style: LineStyle | None = None
    number: str = ""
    value: float | None = None
    remark: str = ""


@dataclass(frozen=True)
class Tiles(Block):
    """A few facts side by side."""

    template = "tiles.html"
    caption: str
    facts: Sequence[Fact]


@dataclass(frozen=True)
class Facts(Block):
    """A list of terms and what they are."""

    template = "facts.html"
    facts: Sequence[Fact]


@dataclass(frozen=True)
class Shown:
    """A small picture.

    Attributes:
        png: The file, in base 64.
        words: What it shows, for those who do not see it.
        caption: What is written below.
    """

    png: str
    words: str
    caption: str


@dataclass(frozen=True)
class Gallery(Block):
    """Small pictures side by side."""

    template = "gallery.html"
    pictures: Sequence[Shown]
    note: str = ""


@dataclass(frozen=True)
class Code(Block):
    """Lines of a program."""

    template = "code.html"
    caption: str
    text: str


@dataclass(frozen=True)
class Section:
    """A section of the page.

    Attributes:
        name: Its identifier.
        title: Its heading.
        blocks: What is in it.
    """

    name: str
    title: str
    blocks: Sequence[Block] = field(default_factory=list)


def picture(
    draw: Draw,
    name: str,
    *,
    heights: tuple[int, int],
    words: str,
    caption: str,
    table: Table,
) -> Picture:
    """Return a picture, drawn for wide pages and for phones.

    Args:
        draw: Draws on an empty figure.
        name: Unique on the page.
        heights: In pixels, on wide pages and on phones.
        words: What it shows, for those who do not see it.
        caption: What lines and bands are.
        table: The numbers drawn.
    """
    wide = inline_svg(draw, WIDE, heights[0], f"{name}-wide")
    narrow = inline_svg(draw, NARROW, heights[1], f"{name}-narrow")
    return Picture(wide, narrow, words, caption, table)


def heights_for(lines: int, wide: int, narrow: int) -> tuple[int, int]:
    """Return the heights of a picture with names at the ends of its lines, one below the other."""
    least = EDGES + GAP * lines
    return max(wide, least), max(narrow, least)


def records_table(records: Records[Any], caption: str, *, folded: bool = False) -> Table:
    """Return the table that some records print as."""
    rows = [[_plain_cell(value) for value in records.cells(one)] for one in records]
    return Table(caption, records.header, rows, folded=folded, note=records.footer)


def _plain_cell(value: object) -> Cell:
    """Return a cell as tables in the console show it, a whole number with commas."""
    number = value if isinstance(value, int | float) and not isinstance(value, bool) else None
    return Cell(cell_text(value) if value is not None else NONE, number)


def number_cell(value: float, text: str = "", *, spread: str = "", best: bool = False) -> Cell:
    """Return a cell with a number; a dash where it is not finite."""
    if not isfinite(value):
        return Cell(NONE)
    return Cell(text or number_text(value), float(value), spread=spread, best=best)
