"""A `keras.utils.PyDataset` as the data of a task."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

import keras
import numpy as np

from keras_mtl.batches.base import TaskData
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.digests import digest_of_settings
from keras_mtl.batches.orders import order_of_pass, unshuffled
from keras_mtl.batches.reading import Reader
from keras_mtl.errors import InvalidTaskData


class PyDatasetData(TaskData):
    """Batches by their index, in another order in each pass.

    Its own workers are not used. Batches before a position are not read, only its hooks for the
    beginning and the end of an epoch are called.

    Args:
        name: The name of the task.
        dataset: A `PyDataset`.
        reader: Puts its batches into one form.
        shuffle: Whether batches are shuffled, differently in each pass.
        seed: Seed of the run.
    """

    def __init__(
        self,
        name: str,
        dataset: keras.utils.PyDataset,
        reader: Reader,
        *,
        shuffle: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(name, dataset.num_batches)
        self._dataset = dataset
        self._reader = reader
        self._shuffle = shuffle
        self._seed = seed

    def check_passes(self, times: int) -> None:
        """Refuse a data set without an end."""
        if self.num_batches is None:
            raise InvalidTaskData(
                f"The `PyDataset` of `{self.name}` does not say how many batches it has, so a pass "
                "would not end. Give it a `__len__` or `num_batches`."
            )

    def one_pass(self, number: int = 0) -> Iterator[Batch]:
        """The batches of one pass; without end if the data set has none."""
        return self._from(number, 0)

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """The batches from a position on."""
        passes, index = divmod(start, self.num_batches) if self.num_batches else (0, start)
        for _ in range(passes):
            self._dataset.on_epoch_begin()
            self._dataset.on_epoch_end()
        for number in count(passes):
            yield from self._from(number, index)
            index = 0

    def fingerprint(self) -> str:
        """The hash of its class and length: reading a batch might change it."""
        kind = type(self._dataset).__qualname__
        return digest_of_settings([self.name, kind, self.num_batches, self._shuffle, self._seed])

    def _from(self, number: int, index: int) -> Iterator[Batch]:
        self._dataset.on_epoch_begin()
        indices = count(index) if self.num_batches is None else self._order(number)[index:]
        for position in indices:
            yield self._reader.read(self._dataset[int(position)])
        self._dataset.on_epoch_end()

    def _order(self, number: int) -> np.ndarray:
        size = self.num_batches or 0
        if not self._shuffle:
            return unshuffled(size)
        return order_of_pass(size, number, name=self.name, seed=self._seed)
