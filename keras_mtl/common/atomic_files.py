"""State files that are either the old ones or the new ones, whenever the process is killed."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any


def write_json(path: str | Path, state: Any) -> None:
    """Write beside the file, then put it in its place in one step."""
    unfinished = Path(f"{path}.tmp")
    with unfinished.open("w", encoding="utf-8") as file:
        json.dump(state, file)
        file.flush()
        os.fsync(file.fileno())
    unfinished.replace(path)


def read_json(path: str | Path) -> Any:
    """Read it back.

    Raises:
        ValueError: It is damaged, which no kill can do: a disk or a hand was at it.
    """
    try:
        return json.loads(Path(path).read_bytes())
    except ValueError as error:  # no JSON, or no UTF-8
        raise ValueError(
            f"`{path}` is damaged ({error}). Put back a copy of it, or pass `overwrite=True` or "
            "another `project_name` to search anew."
        ) from error
