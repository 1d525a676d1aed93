"""The files of a search, written whole or not at all and read back with a word on damage."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from math import isnan
from pathlib import Path
from typing import Any, get_args

import keras_tuner

from keras_mtl.common.atomic_files import left_unfinished
from keras_mtl.common.checked_json import read_checked_json, write_checked_json
from keras_mtl.errors import SearchNotWritable
from keras_mtl.keras_private.filed_tuner import Trial
from keras_mtl.tuning.halving import Phase, PlannedTrial

TRIAL = "trial.json"
ORACLE = "oracle.json"
COMPLETED = "COMPLETED"
FAILED = "FAILED"
ENDED = (COMPLETED, FAILED)


class NotWritable(SearchNotWritable, keras_tuner.errors.FatalError):
    """A `SearchNotWritable` that ends a search; other errors only make a trial fail."""

    @classmethod
    def because(cls, path: str | Path, error: Exception) -> NotWritable:
        """Return the error for a path that cannot be written."""
        # The messages of HDF5 have many lines, with addresses in memory.
        number = error.errno if isinstance(error, OSError) else None
        reason = os.strerror(number) if number else str(error)
        return cls(
            f"`{path}` cannot be written: {reason}. Nothing is lost: once this is mended, the same "
            "call resumes the search."
        )


def write_state(path: Path, state: Mapping[str, Any]) -> None:
    """Write a file of a search with a checksum; its folder is made if it is missing.

    Raises:
        SearchNotWritable: The disk is full, or nothing may be written there.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_checked_json(path, state)
    except OSError as error:
        raise NotWritable.because(path, error) from error


def read_state(path: Path) -> dict[str, Any]:
    """Read a file of a search.

    Raises:
        ValueError: It is damaged.
    """
    try:
        return read_checked_json(path)
    except ValueError as error:
        raise _with_ways_out(str(error)) from error


def read_search(folder: Path, state_file: Path) -> dict[str, Any] | None:
    """Read what identifies the search in a folder; None if there is none.

    A search that was begun on several machines has a file for each machine; any of them will do.

    Args:
        folder: The folder of the search.
        state_file: The file of this machine.

    Raises:
        ValueError: The file is damaged, or missing beside trials.
    """
    others = sorted(path for path in folder.glob("*.json") if path.name != ORACLE)
    for path in [state_file, *others]:
        if path.exists():
            state = read_state(path)
            if _identifies_a_search(state):
                return state
            raise _with_ways_out(f"`{path}` is damaged, or of another tuner than `CutTuner`.")
    if any(folder.glob(f"trial_*/{TRIAL}")):
        raise _with_ways_out(
            f"`{folder}` holds trials, but not `{state_file.name}`, which says what was searched. "
            "Put back a copy of the file."
        )
    return None


def read_trials(folder: str | Path, objective: str) -> list[Trial]:
    """Read all trials of a search, in the order in which they began.

    Args:
        folder: The folder of the search.
        objective: The name of the objective.

    Raises:
        ValueError: A file is damaged.
    """
    trials = [_read_trial(path) for path in sorted(Path(folder).glob(f"trial_*/{TRIAL}"))]
    for trial in trials:
        _complete(trial, objective)
    return trials


def planned_trial(trial: Trial) -> PlannedTrial:
    """Return what a trial of keras-tuner is to do."""
    return PlannedTrial.from_values(trial.hyperparameters.values)


def warn_of_lost_trials(folder: str | Path, trial_ids: Sequence[str]) -> None:
    """Warn if a trial before the last one has no file: it runs again, under another name."""
    last = max((int(one) for one in trial_ids), default=0)
    lost = [one for one in map(_trial_id, range(last)) if one not in trial_ids]
    if lost:
        warnings.warn(
            f"`{folder}` has no `{TRIAL}` of the trials {', '.join(lost)}. What they did is done "
            "again, as new trials.",
            stacklevel=2,
        )


def next_trial_id(folder: str | Path) -> str:
    """Return the number after the highest one of the trials, including trials without a file."""
    paths = [path for path in Path(folder).glob("trial_*") if not _is_empty_folder(path)]
    numbers = [path.name.removeprefix("trial_") for path in paths]
    return _trial_id(max((int(one) for one in numbers if one.isdecimal()), default=-1) + 1)


def remove_unfinished(folder: Path, state_file: Path) -> None:
    """Delete what killed processes left; only for the one process that writes these files."""
    for path in (state_file, folder / ORACLE, *folder.glob(f"trial_*/{TRIAL}")):
        for unfinished in left_unfinished(path):
            unfinished.unlink()


def _identifies_a_search(state: Mapping[str, Any]) -> bool:
    if set(state) != {"search", "data"}:
        return False
    return isinstance(state["search"], str) and isinstance(state["data"], str | None)


def _read_trial(path: Path) -> Trial:
    state = read_state(path)
    try:
        trial = Trial.from_state(state)
        known = planned_trial(trial).phase in get_args(Phase)
        scored = trial.status != COMPLETED or isinstance(trial.score, float | int)
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _no_trial(path, f"{type(error).__name__}: {error}") from error
    unknown = set(state) - set(trial.get_state())
    if unknown or not known or not scored or not str(trial.trial_id).isdecimal():
        raise _no_trial(path, f"it has the keys {sorted(state)} and the score {trial.score!r}")
    if path.parent.name != f"trial_{trial.trial_id}":
        raise _no_trial(path, f"it holds the trial {trial.trial_id}, of another folder")
    return trial


def _complete(trial: Trial, objective: str) -> None:
    """Complete a trial whose process was killed after it had written the result."""
    if trial.status in ENDED or not trial.metrics.exists(objective):
        return
    score = trial.metrics.get_best_value(objective)
    if score is not None and not isnan(score):
        trial.score, trial.best_step = score, trial.metrics.get_best_step(objective)
        trial.status = COMPLETED


def _no_trial(path: Path, reason: str) -> ValueError:
    return _with_ways_out(
        f"`{path}` is damaged, or no trial of `CutTuner`: {reason}. Put back a copy of the file, "
        "or delete it: its trial runs again."
    )


def _with_ways_out(message: str) -> ValueError:
    return ValueError(
        f"{message} Or pass `overwrite=True`, or another `project_name`, to search anew."
    )


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())


def _trial_id(number: int) -> str:
    return f"{number:04}"  # As keras-tuner writes it.
