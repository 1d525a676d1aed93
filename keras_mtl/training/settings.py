"""What `fit` is asked for."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import keras

from keras_mtl.schedules.base import Epoch


@dataclass(frozen=True)
class Settings:
    """The arguments of `MultiTaskModel.fit` but the data."""

    schedule: Any
    batch_size: int | Mapping[str, int] | None
    epochs: int
    verbose: str | int
    callbacks: Sequence[keras.callbacks.Callback] | None
    validation_data: Any
    validation_split: float
    shuffle: bool
    sample_weight: Any
    class_weight: Mapping[str, Mapping[int, float]] | None
    masks: Mapping[str, Any] | None
    initial_epoch: int
    epoch: Epoch
    steps_per_epoch: int | None
    steps_per_execution: int | None
    validation_batch_size: int | Mapping[str, int] | None
    validation_freq: int
    seed: int | None
    backup: str | os.PathLike[str] | None
    backup_every: int | None

    def __post_init__(self) -> None:
        _check_count("initial_epoch", self.initial_epoch, least=0)
        if self.verbose not in ("auto", 0, 1, 2):
            raise ValueError(f'`verbose` is "auto", 0, 1 or 2. Received: {self.verbose!r}.')
        for name in ("epochs", "validation_freq"):
            _check_count(name, getattr(self, name))
        for name in ("steps_per_epoch", "steps_per_execution", "backup_every"):
            if getattr(self, name) is not None:
                _check_count(name, getattr(self, name))
        sizes = self.validation_batch_size
        for size in sizes.values() if isinstance(sizes, Mapping) else [sizes]:
            if size is not None:
                _check_count("validation_batch_size", size)
        if not 0 <= self.validation_split < 1:
            raise ValueError(
                "`validation_split` is the share of the rows to validate on, at least 0 and below "
                f"1. Received: {self.validation_split!r}."
            )
        if self.validation_split and self.validation_data is not None:
            raise ValueError("`validation_data` and `validation_split` exclude each other.")
        if self.backup_every is not None and self.backup is None:
            raise ValueError("`backup_every` needs `backup`, the folder for the backups.")


def _check_count(name: str, value: Any, least: int = 1) -> None:
    if isinstance(value, bool) or not isinstance(value, Integral) or int(value) < least:
        raise ValueError(f"`{name}` is a whole number, {least} at least. Received: {value!r}.")
