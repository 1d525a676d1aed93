"""JSON files with a checksum, so that a changed value is noticed and not believed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from keras_mtl.common.atomic_files import damaged_file, read_json, write_json
from keras_mtl.common.hashing import checksum

CHECKSUM = "checksum"
"""The key of the checksum, beside the keys of the state, so that the file reads as before."""


def write_checked_json(path: str | Path, state: Mapping[str, Any]) -> None:
    """Write an object with its checksum, whole or not at all."""
    as_read = json.loads(json.dumps(state))  # Keys become text, tuples become lists.
    write_json(path, {**as_read, CHECKSUM: _checksum_of(as_read)})


def read_checked_json(path: str | Path) -> dict[str, Any]:
    """Read an object without its checksum; files of earlier versions have none.

    Raises:
        ValueError: The file is damaged, or holds no object.
    """
    state = read_json(path)
    if not isinstance(state, dict):
        raise damaged_file(path, f"it holds no object, but a `{type(state).__name__}`")
    if CHECKSUM in state and state.pop(CHECKSUM) != _checksum_of(state):
        raise damaged_file(path, "its checksum is of other values")
    return state


def _checksum_of(state: Mapping[str, Any]) -> int:
    return checksum(json.dumps(state).encode())
