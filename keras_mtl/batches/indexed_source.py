"""Labelled rows whose inputs are read when they are needed, as the data of tasks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import count
from typing import Any

import numpy as np

from keras_mtl.batches.arrays import ArrayData, ArraySource
from keras_mtl.batches.batch import Batch, OwnRows
from keras_mtl.batches.indexed_rows import IndexedRows
from keras_mtl.batches.label_check import LabelCheck
from keras_mtl.batches.orders import Order
from keras_mtl.batches.pydatasets import PyDatasetSource
from keras_mtl.batches.read_ahead import read_ahead
from keras_mtl.batches.reading import Reader
from keras_mtl.batches.row_reader import structured
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.common.hashing import hash_of_several
from keras_mtl.errors import InvalidTaskData
from keras_mtl.keras_private.data_adapters import dataset_batches


class IndexedSource(PyDatasetSource):
    """Rows that are read by their numbers; a `PyDataset` for Keras's own loop."""

    data: IndexedRows

    def share(self, index: int, count: int) -> Iterator[Any]:
        """Return every `count`-th batch, from the batch at `index` on; no other row is read."""
        return dataset_batches(self.data.share(index, count))

    def checked(self, check: LabelCheck) -> IndexedRows:
        """Return the rows as they are: all labels are checked at once."""
        check.labels(self.data.labels)
        return self.data

    def task_data(  # type: ignore[override]
        self, reader: Reader, order: Order, mask: Any = None, sample_weight: Any = None
    ) -> TaskData:
        """Return the rows as the data of tasks, shuffled anew for each pass.

        Raises:
            InvalidTaskData: A task has no label at all, or the arrays do not go together.
        """
        data = self.data
        if data.is_small:
            return ArraySource(data.x, data.y, sample_weight).task_data(reader, order, mask)
        reader.read_inputs(data[0][0])  # Refused before any work if it does not fit.
        whole = Batch(data.rows, *reader.targets(data.y, sample_weight, mask))
        reader.check_lengths(whole)
        for task in whole.unlabelled(reader.name):
            raise InvalidTaskData(f"No row has a label for `{task}`: all of them are missing.")
        return IndexedData(reader.name, whole, data, reader, **order._asdict())


class IndexedData(ArrayData):
    """Rows whose inputs are read while the batches before them are trained on.

    Args:
        name: The name of the task.
        whole: All rows, with their numbers in the place of the inputs.
        data: Reads the inputs.
        reader: Puts them into the form of the inputs of the model.
        places: For a number of rows of a batch the places in it whose inputs are read; None for
            all.
        batch_size: Rows of a batch; the last one of a pass may be shorter.
        shuffle: Whether the rows are shuffled, differently in each pass.
        seed: Seed of the run.
    """

    def __init__(
        self,
        name: str,
        whole: Batch,
        data: IndexedRows,
        reader: Reader,
        places: Callable[[int], np.ndarray] | None = None,
        *,
        batch_size: int = 32,
        shuffle: bool = True,
        seed: int = 0,
    ) -> None:
        super().__init__(name, whole, batch_size=batch_size, shuffle=shuffle, seed=seed)
        self._data = data
        self._reader = reader
        self._places = places

    def reading(self, places: Callable[[int], np.ndarray]) -> IndexedData:
        """Return the same batches, with the inputs at some places only.

        Args:
            places: As for the constructor.
        """
        order = Order(self.batch_size, self.shuffle, self.seed)
        return IndexedData(
            self.name, self.whole, self._data, self._reader, places, **order._asdict()
        )

    def of(self, name: str, whole: Batch, batch_size: int, *, shuffle: bool) -> IndexedData:
        """Return some of the rows, or all with other labels."""
        order = Order(batch_size, shuffle, self.seed)
        return IndexedData(name, whole, self._data, self._reader, self._places, **order._asdict())

    def batch_of(self, rows: np.ndarray) -> Batch:
        """Return the batch of the rows with these indices, with the inputs that are read."""
        return self._read(super().batch_of(rows))

    def one_pass(self, number: int = 0) -> Iterator[Batch]:
        """Return the batches of one pass."""
        start = number * (self.num_batches or 0)
        positions = range(start, start + (self.num_batches or 0))
        return read_ahead(self._read, map(self._numbered, positions))

    def batches(self, start: int = 0) -> Iterator[Batch]:
        """Return the batches from a position on, without end."""
        return read_ahead(self._read, map(self._numbered, count(start)))

    def fingerprint(self) -> str:
        """Return the hash of what the rows are, all labels and the settings of their order."""
        return hash_of_several([self._data.reader.identity, super().fingerprint()])

    def _numbered(self, position: int) -> Batch:
        return self.whole.rows(self.rows(position))

    def _read(self, numbered: Batch) -> Batch:
        source, rows = self._data.reader, numbered.x
        if self._places is not None:
            rows = rows[self._places(len(rows))]
        inputs = self._reader.read_inputs(structured(source, source.read(rows)))
        return numbered._replace(x=inputs if self._places is None else OwnRows(inputs))
