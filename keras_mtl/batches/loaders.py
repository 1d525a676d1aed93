"""Loaders: objects that give their batches each time they are iterated."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager
from itertools import count, islice
from typing import Any

from keras_mtl.batches.batch import Batch
from keras_mtl.batches.label_check import LabelCheck, checked_loader
from keras_mtl.batches.orders import Order, seed_of_draws
from keras_mtl.batches.reading import Reader
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.task_batches import SequentialData
from keras_mtl.common.global_random import seeded
from keras_mtl.common.hashing import hash_of_settings
from keras_mtl.keras_private.data_adapters import is_torch_loader


class LoaderSource(DataSource):
    """A torch `DataLoader`, a data set of grain, a list of batches."""

    def __init__(self, data: Iterable[Any]) -> None:
        length = _length(data)
        # The length that grain gives for a data set that repeats without end.
        is_endless = length == sys.maxsize
        super().__init__(data, None if is_endless else length, is_endless=is_endless)

    def batches(self, limit: int | None = None) -> Iterator[Any]:
        """Return the first batches of a pass."""
        return islice(self.data, limit)

    def checked(self, check: LabelCheck) -> Any:
        """Return a loader of torch that checks its labels; others stay as they are."""
        return checked_loader(self.data, check) if is_torch_loader(self.data) else self.data

    def task_data(self, reader: Reader, order: Order) -> LoaderData:
        """Return the batches as the data of tasks, in the order of the loader."""
        return LoaderData(self, reader, seed=order.seed)


class LoaderData(SequentialData):
    """The batches of a loader as the data of tasks.

    In `fit`, what the loader draws from the global generators of Python, NumPy and torch, such
    as the order of its rows, depends on the seed and the position alone.

    Args:
        source: The loader.
        reader: Checks the batches and puts them into one form.
        seed: Seed of the run.
    """

    def __init__(self, source: LoaderSource, reader: Reader, *, seed: int = 0) -> None:
        super().__init__(reader.name, source.num_batches)
        self._source = source
        self._reader = reader
        self._seed = seed

    def one_pass(self, number: int = 0) -> Iterator[Batch]:
        """Return the batches of the next pass."""
        return map(self._reader.read, self._source.batches())

    def repeatable_pass(self, number: int) -> Iterator[Batch]:
        """Yield the batches of the next pass; what they draw depends on the seed and the number."""
        with self._seeded(number, "begin"):
            batches = iter(self._source.batches())
        for place in count():
            with self._seeded(number, place):
                batch = next(batches, None)
            if batch is None:
                return
            yield self._reader.read(batch)

    def fingerprint(self) -> str:
        """Return the hash of the loader's class and length."""
        kind = type(self._source.data).__qualname__
        return hash_of_settings([self.name, kind, self.num_batches])

    def _seeded(self, number: int, what: int | str) -> AbstractContextManager[None]:
        return seeded(seed_of_draws(self._seed, self.name, number, what))


def _length(loader: Any) -> int | None:
    try:
        return len(loader)
    except TypeError:  # torch's loaders have `__len__` even where their data have none.
        return None
