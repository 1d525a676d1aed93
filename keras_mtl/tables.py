"""Plain-text tables, laid out by rich."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from io import StringIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text


def text_table(header: Sequence[str], rows: Iterable[Sequence[object]], footer: str = "") -> str:
    """An aligned table; columns of numbers stand to the right."""
    cells = [list(row) for row in rows]
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for index, title in enumerate(header):
        numeric = all(isinstance(row[index], int | float | None) for row in cells)
        table.add_column(title, justify="right" if numeric else "left", no_wrap=True)
    for row in cells:
        table.add_row(*(Text(_cell(value)) for value in row))
    buffer = StringIO()
    Console(file=buffer, width=1000, color_system=None).print(table)
    lines = [line.rstrip() for line in buffer.getvalue().splitlines() if line.strip()]
    return "\n".join([*lines, *([footer] if footer else [])])


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:,}" if isinstance(value, int) else str(value)
