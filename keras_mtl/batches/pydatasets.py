"""A `keras.utils.PyDataset`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.batch import Batch
from keras_mtl.batches.label_check import CheckedPyDataset, LabelCheck
from keras_mtl.batches.orders import Order, order_of_pass, unshuffled
from keras_mtl.batches.reading import Reader
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.common.hashing import hash_of_settings
from keras_mtl.errors import InvalidTaskData
from keras_mtl.keras_private.data_adapters import dataset_batches


class PyDatasetSource(DataSource):
    """A `PyDataset`, which gives batches by their index."""

    def __init__(self, data: keras.utils.PyDataset) -> None:
        super().__init__(data, data.num_batches, is_endless=data.num_batches is None)

    def batches(self, limit: int | None = None) -> Iterator[Any]:
        """Return the first batches in the order of indices, read by the data set's workers."""
        return dataset_batches(self.data, limit)

    def checked(self, check: LabelCheck) -> CheckedPyDataset:
        """Return a data set that reads this one and checks its labels."""
        return CheckedPyDataset(self.data, check)

    def task_data(self, reader: Reader, order: Order) -> PyDatasetData:
        """Return the batches as the data of tasks, in another order in each pass."""
        return PyDatasetData(self, reader, shuffle=order.shuffle, seed=order.seed)


class PyDatasetData(TaskData):
    """The batches of a `PyDataset` as the data of tasks, in another order in each pass.

    The workers of the data set are not used. Batches before a position are not read; only the hooks
    for the beginning and the end of an epoch are called.

    Args:
        source: The data set.
        reader: Checks the batches and puts them into one form.
        shuffle: Whether batches are shuffled, differently in each pass.
        seed: Seed of the run.
    """

    def __init__(
        self, source: PyDatasetSource, reader: Reader, *, shuffle: bool = True, seed: int = 0
    ) -> None:
        super().__init__(reader.name, source.num_batches)
        self._dataset: keras.utils.PyDataset = source.data
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
        """Return the batches of one pass; without end if the data set has no length."""
        return self._from(number, 0)

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """Yield the batches from a position on, without end."""
        passes, index = divmod(start, self.num_batches) if self.num_batches else (0, start)
        # A data set may shuffle or count in its hooks, so a resumed run calls them as often.
        for _ in range(passes):
            self._dataset.on_epoch_begin()
            self._dataset.on_epoch_end()
        for number in count(passes):
            yield from self._from(number, index)
            index = 0

    def fingerprint(self) -> str:
        """Return the hash of its class and length: to read a batch might change the data set."""
        kind = type(self._dataset).__qualname__
        return hash_of_settings([self.name, kind, self.num_batches, self._shuffle, self._seed])

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
