"""The files of a search, written whole or not at all and read back with a word on damage."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
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


def warn_of_lost_trials(folder: str | Path, trial_ids: Sequence[str]) -> None:
    """Warn if a trial before the last one has no file: it runs again, under another name."""
    last = max((int(one) for one in trial_ids), default=0)
    lost = [one for one in map(_trial_id, range(last)) if one not in trial_ids]
    if lost:
        warnings.warn(
            f"`{folder}` has no `trial.json` of the trials {', '.join(lost)}. What they did is "
            "done again, as new trials.",
            stacklevel=2,
        )


def next_trial_id(folder: str | Path) -> str:
    """Return the number after the highest one of the trials, including trials without a file."""
    folders = [path for path in Path(folder).glob("trial_*") if any(path.iterdir())]
    numbers = [path.name.removeprefix("trial_") for path in folders]
    return _trial_id(max((int(one) for one in numbers if one.isdecimal()), default=-1) + 1)


def _trial_id(number: int) -> str:
    return f"{number:04}"  # As keras-tuner writes it.
