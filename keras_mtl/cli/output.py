"""What a command prints: results on standard output, progress on standard error."""

from __future__ import annotations

import json
import math
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stdout
from dataclasses import asdict, is_dataclass
from pathlib import Path
from typing import Any

import typer


def show(text: object, facts: Any, *, as_json: bool) -> None:
    """Print a result: a text for people, or facts as one JSON document for machines.

    Args:
        text: What people read; its `str` is printed.
        facts: Values that JSON can hold, dataclasses, arrays of NumPy, paths.
        as_json: Whether machines read it.
    """
    typer.echo(json.dumps(plain(facts), ensure_ascii=False, indent=2) if as_json else str(text))


@contextmanager
def progress() -> Iterator[int]:
    """Give the `verbose` of the work; what it prints goes to standard error.

    So `keras-mtl ... > file` and `--json` give the result alone. On a terminal there is a bar,
    elsewhere plain lines.
    """
    with redirect_stdout(sys.stderr):
        yield 1 if sys.stderr.isatty() else 2


def note(text: str) -> None:
    """Print a line that is no result, on standard error."""
    typer.echo(text, err=True)


def plain(value: Any) -> Any:
    """Return a value as JSON holds it; NaN and infinities, which JSON lacks, become null."""
    if is_dataclass(value) and not isinstance(value, type):
        return plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, str | bool | int | None):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Path):
        return str(value)
    if hasattr(value, "tolist"):  # An array or a scalar of NumPy.
        return plain(value.tolist())
    if isinstance(value, Sequence):
        return [plain(one) for one in value]
    raise TypeError(f"No JSON for {type(value).__name__}.")
