"""The weights of the best epoch of a trial, in a file with a checksum beside it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import keras
import keras_tuner

from keras_mtl.common.hashing import checksum
from keras_mtl.tuning.search_files import NotWritable, read_state, write_state

CHECKPOINT = "checkpoint.weights.h5"
BLOCK = 2**24
"""Bytes that are read at once."""


class SavedBestEpoch(keras.callbacks.ModelCheckpoint):
    """Saves the weights of the best epoch; a disk that is full ends the search.

    Args:
        path: The file, in the folder of a trial.
        objective: The objective of the search.
    """

    def __init__(self, path: Path, objective: keras_tuner.Objective) -> None:
        super().__init__(
            str(path),
            monitor=objective.name,
            mode=objective.direction,
            save_best_only=True,
            save_weights_only=True,
        )
        self._path = path

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Save the weights if the epoch is the best one so far."""
        try:
            super().on_epoch_end(epoch, logs)
        except (OSError, RuntimeError) as error:  # HDF5 raises both.
            raise NotWritable.because(self._path, error) from error

    def on_train_end(self, logs: Any = None) -> None:
        """Save the checksum, as HDF5 has none."""
        if self._path.exists():
            write_state(checksum_file(self._path), {"weights": _checksum_of(self._path)})


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
    if expected.exists() and read_state(expected) != {"weights": _checksum_of(path)}:
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
    return path.with_name("checkpoint.json")


def _checksum_of(path: Path) -> int:
    total = 0
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            total = checksum(block, total)
    return total
