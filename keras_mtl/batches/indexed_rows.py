"""Labelled rows whose inputs are read when they are needed."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.row_reader import RowReader, structured
from keras_mtl.common.arguments import whole_number
from keras_mtl.errors import InvalidInputs

IN_MEMORY = 2**30
"""Bytes of inputs up to which all rows are read into arrays before a training."""


class IndexedRows(keras.utils.PyDataset):
    """Rows with labels in memory, and inputs that a `RowReader` reads.

    Every verb of `keras_mtl` takes it where it takes `x` and `y`, and Keras's own `fit`, `evaluate`
    and `predict` take it as a `PyDataset`. It unpacks into `x, y`, which reads all inputs into
    memory.

    Its batches are always the same rows in the same order, so that predictions belong to
    `labels`. Whoever trains draws an order for each epoch: `keras_mtl` an order of all rows by the
    seed of `fit`, Keras's own `fit` an order of the batches.

    Args:
        name: What messages call the data: the name of the task.
        reader: Reads the inputs of rows.
        rows: The numbers of the rows, of shape `(samples,)`.
        labels: Their labels, an array with a row for each of them; or a dict of such arrays by
            task, in which -1 (of classes) and NaN (of others) are missing labels.
        batch_size: Rows of a batch, 32 by default.
    """

    def __init__(
        self, name: str, reader: RowReader, rows: np.ndarray, labels: Any, batch_size: int
    ) -> None:
        # The inputs that are in memory are gathered faster than threads hand them on.
        super().__init__(workers=1)
        self.name = name
        self.reader = reader
        self.rows = rows
        self.labels = labels
        self.batch_size = batch_size
        self._is_prepared = False
        self._stays_unread = False

    @property
    def x(self) -> Any:
        """The inputs of all rows: an array, or a dict of arrays by the names of the inputs."""
        return self.inputs_of(np.arange(len(self.rows)))

    @property
    def y(self) -> Any:
        """The labels of all rows."""
        return self.labels

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return tuple(self.reader.specs)

    @property
    def num_batches(self) -> int:
        """The number of batches of `batch_size` rows; the last one may be shorter."""
        return -(-len(self.rows) // self.batch_size)

    @property
    def nbytes(self) -> int:
        """Bytes of the inputs of all rows in memory."""
        return len(self.rows) * self.reader.row_bytes

    @property
    def is_small(self) -> bool:
        """Whether all rows are read into arrays before a training."""
        return self.nbytes <= IN_MEMORY and not self._stays_unread

    def inputs_of(self, places: np.ndarray) -> Any:
        """Return the inputs at some places: an array, or a dict of arrays by names.

        Args:
            places: Indices into `rows` and `labels`.
        """
        self.prepare()
        return structured(self.reader, self.reader.read(self.rows[places]))

    def prepare(self) -> None:
        """Let the reader know that all rows will be read."""
        if not self._is_prepared:
            self.reader.prepare(self.rows)
            self._is_prepared = True

    def labels_of(self, places: np.ndarray) -> Any:
        """Return the labels at some places."""
        if isinstance(self.labels, Mapping):
            return {task: labels[places] for task, labels in self.labels.items()}
        return self.labels[places]

    def batched(self, batch_size: int) -> IndexedRows:
        """Return the same rows in batches of another size, for Keras's own `fit`."""
        size = whole_number("batch_size", batch_size)
        same = IndexedRows(self.name, self.reader, self.rows, self.labels, size)
        same._stays_unread = self._stays_unread
        return same

    def in_batches(self) -> IndexedRows:
        """Return the same rows, which are never read as a whole before a training."""
        same = self.batched(self.batch_size)
        same._stays_unread = True
        return same

    def share(self, index: int, count: int) -> IndexedRows:
        """Return every `count`-th batch, from the batch at `index` on, as rows of the same data."""
        places = share_of_rows(np.arange(len(self.rows)), self.batch_size, index, count)
        labels = self.labels_of(places)
        return IndexedRows(self.name, self.reader, self.rows[places], labels, self.batch_size)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows)

    def __iter__(self) -> Iterator[Any]:
        """Give the inputs and the labels of all rows: `x, y = data`."""
        yield self.x
        yield self.y

    def __getitem__(self, index: int) -> tuple[Any, Any]:
        """Return a batch `(inputs, labels)`."""
        if not 0 <= index < self.num_batches:
            raise IndexError(f"`{self.name}` has {self.num_batches} batches. Received: {index}.")
        places = np.arange(len(self.rows))[index * self.batch_size :][: self.batch_size]
        return self.inputs_of(places), self.labels_of(places)


def share_of_rows(rows: np.ndarray, batch_size: int, index: int, count: int) -> np.ndarray:
    """Return the rows of every `count`-th batch, from the batch at `index` on."""
    batch = np.arange(len(rows)) // batch_size
    return rows[batch % count == index]


def unpacked(x: Any, y: Any = None) -> tuple[Any, Any]:
    """Return labelled rows that are not too many as arrays; others, and other data, as they are.

    Args:
        x: Data of any kind.
        y: Labels that are given beside them.
    """
    return (x.x, x.y) if _are_small(x) and y is None else (x, y)


def unpacked_pair(data: Any) -> Any:
    """Return labelled rows that are not too many as `(x, y)`; other data as they are."""
    return (data.x, data.y) if _are_small(data) else data


def in_memory(x: Any, y: Any = None) -> tuple[Any, Any]:
    """Return labelled rows, of any number, as arrays; other data as they are."""
    return (x.x, x.y) if isinstance(x, IndexedRows) and y is None else (x, y)


def pair_in_memory(data: Any) -> Any:
    """Return labelled rows, of any number, as `(x, y)`; other data as they are."""
    return (data.x, data.y) if isinstance(data, IndexedRows) else data


def in_batches(data: Any, batch_size: int | None) -> tuple[Any, int | None]:
    """Return labelled rows in batches of a size, which is no argument any more; others as they are.

    Keras's own loop takes no `batch_size` beside batches.
    """
    if isinstance(data, IndexedRows) and batch_size is not None:
        return data.batched(batch_size), None
    return data, batch_size


def inputs_alone(x: Any) -> Any:
    """Return the inputs of labelled rows that are not too many; other data as they are."""
    return x.x if _are_small(x) else x


def _are_small(data: Any) -> bool:
    return isinstance(data, IndexedRows) and data.is_small


def refuse_tasks(x: Any, what: str) -> None:
    """Refuse the data of several tasks, or of several parts, where those of one task are taken.

    Raises:
        InvalidInputs: They are given.
    """
    # Some sparse arrays of SciPy are mappings too.
    if not isinstance(x, Mapping) or hasattr(x, "shape") or not x:
        return
    first, value = next(iter(x.items()))
    if isinstance(value, IndexedRows):
        kind, one = "tasks", f"data[{first!r}]"
    elif isinstance(value, Mapping) and any(isinstance(v, IndexedRows) for v in value.values()):
        kind, one = "parts", f"data[{first!r}][{next(iter(value))!r}]"
    else:
        return
    raise InvalidInputs(
        f"{what} is the data of one task. Received: those of the {kind} {list(x)}. Give one of "
        f"them, such as `{one}`."
    )
