"""The arguments of `fit`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

import keras

from keras_mtl.common.arguments import (
    flag,
    folder_path,
    fraction,
    one_of,
    whole_number,
    whole_number_or_none,
)
from keras_mtl.schedules.schedule import Epoch

NEWEST_DEFAULTS = 2
"""The version of the defaults of `fit`; a backup holds it, so that a run goes on as it began."""


@dataclass(frozen=True)
class Settings:
    """The arguments of `fit` without the data, checked; `MultiTaskModel.fit` describes them."""

    schedule: Any = None
    batch_size: int | Mapping[str, int] | None = None
    epochs: int = 1
    verbose: str | int = "auto"
    callbacks: Sequence[keras.callbacks.Callback] | None = None
    validation_data: Any = None
    validation_split: float = 0.0
    shuffle: bool = True
    sample_weight: Any = None
    class_weight: Mapping[str, Mapping[int, float]] | None = None
    masks: Mapping[str, Any] | None = None
    initial_epoch: int = 0
    epoch: Epoch = "all"
    steps_per_epoch: int | None = None
    steps_per_execution: int | None = None
    validation_batch_size: int | Mapping[str, int] | None = None
    validation_freq: int | Sequence[int] = 1
    validation_steps: int | None = None
    seed: int | None = None
    backup: str | os.PathLike[str] | None = None
    backup_every: int | None = None

    def __post_init__(self) -> None:
        one_of("verbose", self.verbose, ("auto", 0, 1, 2))
        check_callbacks(self.callbacks)
        flag("shuffle", self.shuffle)
        one_of("epoch", self.epoch, get_args(Epoch))
        whole_number("initial_epoch", self.initial_epoch, least=0)
        # No epochs are no training, as in Keras, where `initial_epoch` may be the last one, too.
        whole_number("epochs", self.epochs, least=0)
        _check_frequency(self.validation_freq)
        for name in ("steps_per_epoch", "steps_per_execution", "backup_every", "validation_steps"):
            whole_number_or_none(name, getattr(self, name))
        whole_number_or_none("seed", self.seed, least=0)
        if self.backup is not None:
            folder_path("backup", self.backup)
        sizes = self.validation_batch_size
        for size in sizes.values() if isinstance(sizes, Mapping) else [sizes]:
            whole_number_or_none("validation_batch_size", size)
        fraction("validation_split", self.validation_split)
        if self.validation_split and self.validation_data is not None:
            raise ValueError("`validation_data` and `validation_split` exclude each other.")
        if self.backup_every is not None and self.backup is None:
            raise ValueError("`backup_every` needs `backup`, the folder for the backups.")

    def validations(self, first: int, end: int) -> range:
        """Return the numbers of the validations in the epochs from one up to another."""
        every = self.validation_freq
        if isinstance(every, Sequence):  # Of epochs, counted from 1.
            return range(sum(one <= first for one in every), sum(one <= end for one in every))
        return range(first // every, end // every)


def settings_of_keras(arguments: Mapping[str, Any]) -> Settings:
    """Return the settings for arguments of `keras.Model.fit`, where two exclude each other."""
    known = dict(arguments)
    if known["validation_data"] is not None:  # As in Keras, where it counts before the share.
        known["validation_split"] = 0.0
    known["verbose"] = known["verbose"] if known["verbose"] == "auto" else int(known["verbose"])
    return Settings(**known)


def check_arguments_of_keras(
    *, epochs: object, validation_split: object, callbacks: Any, others: Mapping[str, Any]
) -> None:
    """Refuse arguments of `keras.Model.fit` that it takes, or that fail after training has begun.

    Args:
        epochs: The number of epochs.
        validation_split: The share of the rows to validate on; None for none.
        callbacks: The callbacks.
        others: Other arguments by name, those that are given.

    Raises:
        ValueError: One is out of its range.
    """
    check_callbacks(callbacks)
    whole_number("epochs", epochs, least=0)
    fraction("validation_split", 0.0 if validation_split is None else validation_split)
    for name in ("batch_size", "steps_per_epoch", "validation_steps", "validation_batch_size"):
        whole_number_or_none(name, others.get(name))
    whole_number("initial_epoch", others.get("initial_epoch", 0), least=0)
    _check_frequency(others.get("validation_freq", 1))


def _check_frequency(every: object) -> None:
    """Refuse what is neither a number of epochs nor a list of epochs, which Keras takes too."""
    for one in every if isinstance(every, list) else [every]:
        whole_number("validation_freq", one, least=0 if isinstance(every, list) else 1)


def check_callbacks(callbacks: Any) -> None:
    """Refuse what is neither a callback of Keras nor some of them.

    Raises:
        ValueError: Something else is given, or among them.
    """
    if callbacks is None or isinstance(callbacks, keras.callbacks.CallbackList):
        return
    for one in keras.tree.flatten(callbacks):
        if not isinstance(one, keras.callbacks.Callback):
            is_class = isinstance(one, type) and issubclass(one, keras.callbacks.Callback)
            hint = f" Pass an object, `{one.__name__}(...)`." if is_class else ""
            raise ValueError(
                f"`callbacks` is a list of `keras.callbacks.Callback`. Received: {callbacks!r}."
                f"{hint}"
            )
