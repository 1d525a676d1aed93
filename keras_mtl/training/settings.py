"""The arguments of `fit`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from keras_mtl.common.arguments import fraction, whole_number, whole_number_or_none
from keras_mtl.schedules.schedule import Epoch


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
    validation_freq: int = 1
    seed: int | None = None
    backup: str | os.PathLike[str] | None = None
    backup_every: int | None = None

    def __post_init__(self) -> None:
        if self.verbose not in ("auto", 0, 1, 2):
            raise ValueError(f'`verbose` is "auto", 0, 1 or 2. Received: {self.verbose!r}.')
        whole_number("initial_epoch", self.initial_epoch, least=0)
        for name in ("epochs", "validation_freq"):
            whole_number(name, getattr(self, name))
        for name in ("steps_per_epoch", "steps_per_execution", "backup_every"):
            whole_number_or_none(name, getattr(self, name))
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
        return range(first // self.validation_freq, end // self.validation_freq)
