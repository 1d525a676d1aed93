"""The files of a search, written whole or not at all and read back with a word on damage."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from keras_mtl.common.atomic_files import read_json
from keras_mtl.keras_private.filed_tuner import Trial


def read_state(path: Path) -> Any:
    """Read a file of a search.

    Raises:
        ValueError: It is damaged.
    """
    try:
        return read_json(path)
    except ValueError as error:
        raise ValueError(
            f"{error} Or pass `overwrite=True`, or another `project_name`, to search anew."
        ) from error


def read_trials(folder: str | Path) -> list[Trial]:
    """Read all trials of a search, in the order in which they began.

    Raises:
        ValueError: A file is damaged.
    """
    paths = sorted(Path(folder).glob("trial_*/trial.json"))
    return [Trial.from_state(read_state(path)) for path in paths]
