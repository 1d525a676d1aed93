"""Tables as text, as HTML for notebooks, and as frames of pandas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from html import escape
from io import StringIO
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from keras_mtl.errors import MissingExtra


def text_table(header: Sequence[str], rows: Iterable[Sequence[object]], footer: str = "") -> str:
    """Return an aligned table; columns of numbers are aligned to the right.

    Args:
        header: Titles of the columns.
        rows: Cells; None prints as a dash, True as yes.
        footer: A line below.
    """
    cells = [list(row) for row in rows]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for title, justify in zip(header, _alignments(header, cells), strict=True):
        table.add_column(title, justify=justify, no_wrap=True)
    for row in cells:
        table.add_row(*(Text(cell_text(value)) for value in row))
    buffer = StringIO()
    # Wide enough that rich never folds or cuts a cell: `print` in a narrow terminal wraps lines.
    Console(file=buffer, width=1000, color_system=None).print(table)
    lines = [line.rstrip() for line in buffer.getvalue().splitlines() if line.strip()]
    return "\n".join([*lines, *([footer] if footer else [])])


def html_table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return the same table as HTML, for notebooks."""
    cells = [list(row) for row in rows]
    styles = [f'style="text-align: {one}"' for one in _alignments(header, cells)]
    head = _html_row("th", header, styles)
    body = "".join(_html_row("td", map(cell_text, row), styles) for row in cells)
    return f"<table><thead>{head}</thead><tbody>{body}</tbody></table>"


def frame(records: Iterable[Any]) -> Any:
    """Return a `pandas.DataFrame` with a row for each of some dataclass instances.

    Raises:
        MissingExtra: pandas is not installed.
    """
    try:
        from pandas import DataFrame
    except ImportError as error:
        raise MissingExtra("`to_frame`", "frames") from error
    return DataFrame([asdict(record) for record in records])


def _alignments(header: Sequence[str], rows: list[list[object]]) -> list[Any]:
    columns = [[row[index] for row in rows] for index in range(len(header))]
    numeric = [all(isinstance(cell, int | float | None) for cell in cells) for cells in columns]
    return ["right" if each else "left" for each in numeric]


def _html_row(tag: str, cells: Iterable[str], styles: Sequence[str]) -> str:
    written = [
        f"<{tag} {style}>{escape(cell)}</{tag}>" for cell, style in zip(cells, styles, strict=True)
    ]
    return f"<tr>{''.join(written)}</tr>"


def cell_text(value: object) -> str:
    """Return what a cell shows: a dash for None, yes for True."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:,}" if isinstance(value, int) else str(value)
