"""Tables: as text, laid out by rich, and as frames of pandas."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from io import StringIO
from typing import Any

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from keras_mtl.errors import MissingExtra


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


def frame(records: Iterable[Any]) -> Any:
    """A `pandas.DataFrame` with a row for each of some dataclass instances.

    Raises:
        MissingExtra: pandas is not installed.
    """
    try:
        from pandas import DataFrame
    except ImportError as error:
        raise MissingExtra("`to_frame`", "frames") from error
    return DataFrame([asdict(record) for record in records])


def _cell(value: object) -> str:
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else ""
    return f"{value:,}" if isinstance(value, int) else str(value)
