"""A `keras.utils.PyDataset`."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import AbstractContextManager
from itertools import count
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.batch import Batch
from keras_mtl.batches.derived_pydataset import DerivedPyDataset
from keras_mtl.batches.label_check import CheckedPyDataset, LabelCheck
from keras_mtl.batches.orders import Order, order_of_pass, seed_of_draws, unshuffled
from keras_mtl.batches.own_generators import own_generators
from keras_mtl.batches.reading import Reader
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.common.global_random import seeded
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

    def share(self, index: int, count: int) -> Iterator[Any]:
        """Return every `count`-th batch, from the batch at `index` on; no others are read."""
        return dataset_batches(EveryBatch(self.data, index, count))

    def checked(self, check: LabelCheck) -> CheckedPyDataset:
        """Return a data set that reads this one and checks its labels."""
        return CheckedPyDataset(self.data, check)

    def task_data(self, reader: Reader, order: Order) -> PyDatasetData:
        """Return the batches as the data of tasks, in another order in each pass."""
        return PyDatasetData(self, reader, shuffle=order.shuffle, seed=order.seed)


class EveryBatch(DerivedPyDataset):
    """Every `step`-th batch of another `PyDataset`.

    Args:
        dataset: The data set.
        start: The index of the first batch.
        step: The difference between the indices of two batches.
    """

    def __init__(self, dataset: keras.utils.PyDataset, start: int, step: int) -> None:
        super().__init__(dataset)
        self._start = start
        self._step = step

    @property
    def num_batches(self) -> int | None:
        """The number of batches; None where the other data set has no end."""
        whole = super().num_batches
        return None if whole is None else len(range(self._start, whole, self._step))

    def __getitem__(self, index: int) -> Any:
        return self._dataset[self._start + index * self._step]


class PyDatasetData(TaskData):
    """The batches of a `PyDataset` as the data of tasks, in another order in each pass.

    The workers of the data set are not used. Batches before a position are not read; only the hooks
    for the beginning and the end of an epoch are called. In `fit`, what the data set draws from the
    global generators of Python, NumPy and torch depends on the seed and the position alone, in its
    hooks too, so that it draws the same after an interruption.

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
        """Yield the batches of one pass; without end if the data set has no length."""
        self._dataset.on_epoch_begin()
        yield from map(self._read, self._indices(number))
        self._dataset.on_epoch_end()

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """Yield the batches from a position on, without end."""
        passes, first = divmod(start, self.num_batches) if self.num_batches else (0, start)
        self.skip_passes(range(passes))
        yield from self.repeatable_pass(passes, first)
        for number in count(passes + 1):
            yield from self.repeatable_pass(number)

    def repeatable_pass(self, number: int, first: int = 0) -> Iterator[Batch]:
        """Yield the batches of a pass; what the data set draws depends on the seed and the number.

        Args:
            number: The number of the pass.
            first: The place of the first batch to be read.
        """
        self._begin(number)
        for place, index in enumerate(self._indices(number, first), start=first):
            with self._seeded(number, place):
                batch = self._read(index)
            yield batch
        self._end(number)

    def skip_passes(self, numbers: range) -> None:
        """Call the hooks of some passes, in which a data set may shuffle or count."""
        for number in numbers:
            self._begin(number)
            self._end(number)

    def fingerprint(self) -> str:
        """Return the hash of its class and length: to read a batch might change the data set."""
        kind = type(self._dataset).__qualname__
        return hash_of_settings([self.name, kind, self.num_batches, self._shuffle, self._seed])

    def check_resumable(self) -> None:
        """Warn of random generators that a resumed run cannot bring back."""
        names = own_generators(self._dataset)
        if names:
            listed = ", ".join(f"`{name}`" for name in names)
            warnings.warn(
                f"The `PyDataset` of `{self.name}` has random generators of its own ({listed}), "
                "which no backup holds: after an interruption it draws other numbers. Draw from "
                "`np.random` or `random`, whose numbers come back.",
                stacklevel=2,
            )

    def _begin(self, number: int) -> None:
        with self._seeded(number, "begin"):
            self._dataset.on_epoch_begin()

    def _end(self, number: int) -> None:
        with self._seeded(number, "end"):
            self._dataset.on_epoch_end()

    def _seeded(self, number: int, what: int | str) -> AbstractContextManager[None]:
        return seeded(seed_of_draws(self._seed, self.name, number, what))

    def _read(self, index: int) -> Batch:
        return self._reader.read(self._dataset[int(index)])

    def _indices(self, number: int, first: int = 0) -> Iterator[int]:
        """Return the indices of the batches of a pass, from a position in it on."""
        if self.num_batches is None:
            return count(first)
        return iter(self._order(number)[first:].tolist())

    def _order(self, number: int) -> np.ndarray:
        size = self.num_batches or 0
        if not self._shuffle:
            return unshuffled(size)
        return order_of_pass(size, number, name=self.name, seed=self._seed)
