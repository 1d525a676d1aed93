"""The weights of the best epoch of a trial, in a file with a checksum beside it."""

from __future__ import annotations

import warnings
from math import isnan
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np

from keras_mtl.common.hashing import checksum
from keras_mtl.tuning.attempts import Attempt
from keras_mtl.tuning.search_files import NotWritable, read_state, write_state

CHECKPOINT = "checkpoint.weights.h5"
BLOCK = 2**24
"""Bytes that are read or written at once."""
HEADER = 2**12
"""More bytes than HDF5 needs for the header of a variable."""


class SavedBestEpoch(keras.callbacks.Callback):
    """Saves the weights of the best epoch, and their checksum, as HDF5 has none.

    Args:
        path: The file, in the folder of a trial.
        objective: The objective of the search.
        attempt: The attempt at the trial.
    """

    def __init__(self, path: Path, objective: keras_tuner.Objective, attempt: Attempt) -> None:
        super().__init__()
        self.filepath = path
        self.objective = objective
        self.attempt = attempt
        self._best: float | None = None

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save the weights if the epoch is the best one so far."""
        value = (logs or {}).get(self.objective.name)
        if value is None or isnan(value):
            return
        if self._best is None or self.objective.better_than(value, self._best):
            self._best = value
            save_weights(self.model, self.filepath, self.attempt)

    def on_train_end(self, logs: Any = None) -> None:
        """Save the checksum."""
        if self._best is not None:
            save_checksum(self.filepath, self.attempt)


def save_checksum(path: Path, attempt: Attempt, **others: Any) -> None:
    """Write the checksum of a file of weights beside it, and what else belongs to them.

    Raises:
        SearchNotWritable: The disk is full, or nothing may be written there.
        Superseded: Another process has begun the trial since.
    """
    attempt.check()
    write_state(checksum_file(path), {"weights": _checksum_of(path), **others})


def is_whole(path: Path) -> bool:
    """Return whether a file of weights, and what belongs to them, were written to the end."""
    record = checksum_file(path)
    if not path.exists() or not record.exists():
        return False
    return read_state(record)["weights"] == _checksum_of(path)


def save_weights(model: keras.Model, path: Path, attempt: Attempt) -> None:
    """Write the weights and the state of the optimizer, whole or not at all.

    Raises:
        SearchNotWritable: The disk is full, or nothing may be written there.
        Superseded: Another process has begun the trial since.
    """
    unfinished = attempt.unfinished(path)
    try:
        _check_space(unfinished, model)
        model.save_weights(unfinished)
        attempt.check()
        unfinished.replace(path)
    except (OSError, RuntimeError) as error:  # HDF5 raises both.
        raise NotWritable.because(path, error) from error
    finally:
        unfinished.unlink(missing_ok=True)


def load_weights(model: keras.Model, path: Path) -> None:
    """Put the weights of a file into a model.

    Raises:
        FatalValueError: The file is missing or damaged.
    """
    if not path.exists():
        raise keras_tuner.errors.FatalValueError(
            f"`{path}`, the weights of a trial, is missing. Put back a copy of the file, or delete "
            "the `trial.json` beside it: the trial runs again."
        )
    expected = checksum_file(path)
    # Earlier versions wrote no checksums of weights.
    if expected.exists() and read_state(expected)["weights"] != _checksum_of(path):
        raise keras_tuner.errors.FatalValueError(
            f"`{path}`, the weights of a trial, is damaged. Put back a copy of the file, or delete "
            "it and the `trial.json` beside it: the trial runs again."
        )
    with warnings.catch_warnings():
        # The file holds the state of the optimizer too, which a new one does not take.
        warnings.filterwarnings("ignore", message="Skipping variable loading for optimizer")
        model.load_weights(path)


def checksum_file(path: Path) -> Path:
    """Return the file with the checksum of a file of weights."""
    return path.with_name(f"{path.name.partition('.')[0]}.json")


def _check_space(path: Path, model: keras.Model) -> None:
    """Write as many bytes as a file of weights takes: on a full disk HDF5 crashes the process.

    Raises:
        OSError: They do not fit.
    """
    variables = [*model.variables, *model.optimizer.variables]
    arrays = (np.asarray(keras.ops.convert_to_numpy(variable)) for variable in variables)
    size = sum(array.nbytes + HEADER for array in arrays)
    with path.open("wb") as file:
        for start in range(0, size, BLOCK):
            file.write(bytes(min(BLOCK, size - start)))


def _checksum_of(path: Path) -> int:
    total = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            total = checksum(block, total)
    return total
