"""Data divided into shards: shard `i` of `n` has the batches `i`, `i + n`, `i + 2 * n`, ..."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from itertools import islice
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.finite_inputs import FiniteInputs
from keras_mtl.batches.indexed_rows import IndexedRows, share_of_rows
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.row_reader import structured
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.values import as_structure, dense_array
from keras_mtl.common.hashing import Hash
from keras_mtl.errors import InvalidFeatures
from keras_mtl.keras_private.data_adapters import is_sparse_or_ragged

SAMPLES = 16
"""Rows of arrays, evenly spread, by which shards are found; all rows are compared afterwards."""


class ShardBatch(NamedTuple):
    """A batch of a shard.

    Attributes:
        digest: The digest of the inputs as they are given.
        inputs: Checked inputs in the structure of the model's.
    """

    digest: bytes
    inputs: Any


class ShardData(ABC):
    """Data that are divided into shards.

    Attributes:
        num_batches: Batches of all shards; None if it shows only when they have been read.
        batch_size: Rows of each batch of arrays but the last one; None of a stream.
        full: Rows up to which smaller batches are filled; 0 if that is not known.
    """

    num_batches: int | None
    batch_size: int | None = None
    full = 0

    @abstractmethod
    def identity(self) -> str:
        """Return a text by which shards of these data are found.

        It takes few rows to tell, so other data may have the same; the digests of the batches tell
        them apart.
        """

    @abstractmethod
    def batches(self, index: int, count: int) -> Iterator[ShardBatch]:
        """Yield the batches of a shard.

        Raises:
            InvalidFeatures: They do not fit the model, or are not finite.
        """

    @abstractmethod
    def digests(self, index: int, count: int) -> Iterator[bytes]:
        """Yield the digests of the batches of a shard."""


class ArrayShards(ShardData):
    """Arrays with a row for each sample.

    Args:
        inputs: The inputs of the model.
        x: Arrays, as `ArraySource.as_arrays` returns them.
        batch_size: Rows of a batch.
        what: What messages call the arrays.
    """

    def __init__(self, inputs: ModelInputs, x: Any, batch_size: int, what: str = "`x`") -> None:
        self._inputs = inputs
        self._x = x
        self._what = what
        self._arrays = keras.tree.flatten(x)
        self._rows = self._arrays[0].shape[0]
        self.batch_size: int = batch_size
        self.num_batches: int = -(-self._rows // batch_size)
        self.full = min(batch_size, self._rows)

    def identity(self) -> str:
        """Return a hash of the forms of the arrays, and of some rows."""
        total = Hash(f"arrays {self._rows}")
        if any(map(is_sparse_or_ragged, self._arrays)):
            total.add(digest_of_inputs(next(self._numbered(0, 1, SAMPLES))[1]))
            return total.hexdigest()
        for row in np.unique(np.linspace(0, self._rows - 1, SAMPLES).astype(int)).tolist():
            total.add(digest_of_inputs(self._sliced(slice(row, row + 1))))
        return total.hexdigest()

    def batches(self, index: int, count: int) -> Iterator[ShardBatch]:
        """Yield the batches of a shard."""
        for number, x in self._numbered(index, count, self.batch_size):
            inputs = self._inputs.read(x, self._what)
            first = number * self.batch_size
            FiniteInputs(self._inputs.tensors, self._what, first).check(inputs)
            yield ShardBatch(digest_of_inputs(x), inputs)

    def digests(self, index: int, count: int) -> Iterator[bytes]:
        """Yield the digests of the batches of a shard."""
        return (digest_of_inputs(x) for _, x in self._numbered(index, count, self.batch_size))

    def _numbered(self, index: int, count: int, batch_size: int) -> Iterator[tuple[int, Any]]:
        """Yield the number and the inputs of each batch of a shard, as they are given."""
        if any(map(is_sparse_or_ragged, self._arrays)):
            # Only Keras's adapter makes them dense, from the first batch to the last one.
            every = enumerate(ArraySource(self._x, batch_size=batch_size).batches())
            for number, batch in islice(every, index, None, count):
                yield number, keras.utils.unpack_x_y_sample_weight(batch)[0]
            return
        for number in range(index, -(-self._rows // batch_size), count):
            yield number, self._sliced(slice(number * batch_size, (number + 1) * batch_size))

    def _sliced(self, rows: slice) -> Any:
        return keras.tree.map_structure(lambda array: array[rows], self._x)


class RowsAsArrays(ArrayShards):
    """Rows that are read by their numbers, and that a training reads into arrays.

    Args:
        inputs: The inputs of the model.
        data: The rows.
        batch_size: Rows of a batch.
        what: What messages call the data.
    """

    def __init__(
        self, inputs: ModelInputs, data: IndexedRows, batch_size: int, what: str = "`x`"
    ) -> None:
        super().__init__(inputs, data.rows, batch_size, what)
        self._data = data

    def _numbered(self, index: int, count: int, batch_size: int) -> Iterator[tuple[int, Any]]:
        self._data.reader.prepare(share_of_rows(self._data.rows, batch_size, index, count))
        yield from super()._numbered(index, count, batch_size)

    def _sliced(self, rows: slice) -> Any:
        reader = self._data.reader
        x = structured(reader, reader.read(self._data.rows[rows]))
        return ArraySource(x).as_arrays(self._inputs).x


class StreamShards(ShardData):
    """Batches that come in the same order each time they are read.

    Args:
        inputs: The inputs of the model.
        source: The data.
        what: What messages call the data.
    """

    def __init__(self, inputs: ModelInputs, source: DataSource, what: str = "the data") -> None:
        self._inputs = inputs
        self._source = source
        self._what = what
        self.num_batches = source.num_batches

    def identity(self) -> str:
        """Return a hash of the number of batches, as far as it is known, and of the first one.

        Raises:
            InvalidFeatures: There are no batches.
        """
        return Hash(f"stream {self.num_batches} {self._first().hex()}").hexdigest()

    def check_order(self) -> None:
        """Read the first batch twice, to find data that are shuffled anew each time.

        Raises:
            InvalidFeatures: It differs.
        """
        if self._first() != self._first():
            raise InvalidFeatures(
                f"The {self._source.kind} gives another first batch each time it is read, so "
                "shards of it would hold some samples twice and others never. Leave out what "
                "shuffles or augments it; training shuffles the features."
            )

    def batches(self, index: int, count: int) -> Iterator[ShardBatch]:
        """Yield the batches of a shard."""
        for place, x in enumerate(self._share(index, count)):
            what = f"batch {index + place * count} of {self._what}"
            inputs = self._inputs.read(x, what, batched=True)
            FiniteInputs(self._inputs.tensors, what).check(inputs)
            yield ShardBatch(digest_of_inputs(x), inputs)

    def digests(self, index: int, count: int) -> Iterator[bytes]:
        """Yield the digests of the batches of a shard."""
        return map(digest_of_inputs, self._share(index, count))

    def _share(self, index: int, count: int) -> Iterator[Any]:
        for batch in self._source.share(index, count):
            yield keras.utils.unpack_x_y_sample_weight(batch)[0]

    def _first(self) -> bytes:
        # To the end, at which the data may shuffle themselves.
        first = list(self._source.batches(1))
        if not first:
            raise InvalidFeatures(f"The {self._source.kind} has no batches.")
        return digest_of_inputs(keras.utils.unpack_x_y_sample_weight(first[0])[0])


class IndexedShards(StreamShards):
    """Rows that are read by their numbers, and that are known without being read.

    Args:
        inputs: The inputs of the model.
        source: The data.
        rows: The same data.
        what: What messages call the data.
    """

    def __init__(
        self, inputs: ModelInputs, source: DataSource, rows: IndexedRows, what: str = "the data"
    ) -> None:
        super().__init__(inputs, source, what)
        self._data = rows
        self.full = min(rows.batch_size, len(rows))

    def identity(self) -> str:
        """Return a hash of the numbers of the rows, and of what they are rows of."""
        total = Hash(f"rows {self._data.reader.identity} {self._data.batch_size}")
        total.add_array(self._data.rows)
        return total.hexdigest()

    def check_order(self) -> None:
        """Do nothing: the rows are always the same."""

    def batches(self, index: int, count: int) -> Iterator[ShardBatch]:
        """Yield the batches of a shard."""
        read = super().batches(index, count)
        for digest, batch in zip(self.digests(index, count), read, strict=True):
            yield batch._replace(digest=digest)

    def digests(self, index: int, count: int) -> Iterator[bytes]:
        """Yield the digests of the batches of a shard."""
        size = self._data.batch_size
        for number in range(index, self._data.num_batches, count):
            rows = self._data.rows[number * size : (number + 1) * size]
            total = Hash(self._data.reader.identity)
            total.add_array(rows)
            yield bytes.fromhex(total.hexdigest())


def shards_of_stream(inputs: ModelInputs, source: DataSource, what: str) -> StreamShards:
    """Return a stream divided into shards."""
    if isinstance(source.data, IndexedRows):
        return IndexedShards(inputs, source, source.data, what)
    return StreamShards(inputs, source, what)


def digest_of_inputs(x: Any) -> bytes:
    """Return the digest of the inputs of a batch as they are given."""
    total = Hash()
    for leaf in keras.tree.flatten(as_structure(x, "A batch", by_columns=True)):
        total.add_array(dense_array(leaf, "A batch"))
    return bytes.fromhex(total.hexdigest())
