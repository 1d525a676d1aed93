"""The shards of all the data, read as if they were one store."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_mtl.caching.storage import file_store
from keras_mtl.caching.storage.shard import Shard
from keras_mtl.caching.storage.stores import Batch, Rows, Store


class ShardedStore(Store):
    """Batches of which shard `i` of `n` holds those with the numbers `i`, `i + n`, `i + 2 * n`...

    Args:
        shards: All shards in their order.
        batch_size: Rows of each batch but the last one; None where that is not known, and the
            batches cannot be read by rows.
    """

    def __init__(self, shards: Sequence[Shard], batch_size: int | None) -> None:
        self._shards = shards
        self._batch_size = batch_size

    def __len__(self) -> int:
        return sum(map(len, self._shards))

    def __getitem__(self, index: int) -> Batch:
        number, shard = divmod(index, len(self._shards))
        return self._shards[shard][number]

    def columns(self) -> list[Rows]:
        """Return each column; small ones as an array in memory."""
        if self._batch_size is None:
            raise ValueError("These batches have no common size, so they are read one by one.")
        parts = zip(*(shard.rows() for shard in self._shards), strict=True)
        columns = [ShardedRows(list(rows), self._batch_size) for rows in parts]
        is_small = sum(shard.nbytes for shard in self._shards) <= file_store.SMALL
        return [column[np.arange(len(column))] if is_small else column for column in columns]


class ShardedRows:
    """The rows of one column of all shards, read by their numbers when they are needed.

    Args:
        shards: The rows of each shard.
        batch_size: Rows of each batch but the last one.
    """

    def __init__(self, shards: Sequence[Rows], batch_size: int) -> None:
        self._shards = shards
        self._batch_size = batch_size

    def __len__(self) -> int:
        return sum(map(len, self._shards))

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        batch, place = np.divmod(rows, self._batch_size)
        number, shard = np.divmod(batch, len(self._shards))
        places = number * self._batch_size + place
        # Sorted by shard, so that each shard is read once.
        order = np.argsort(shard, kind="stable")
        parts = np.split(order, np.flatnonzero(np.diff(shard[order])) + 1)
        values = [self._shards[shard[part[0]]][places[part]] for part in parts]
        result = np.empty((len(rows), *values[0].shape[1:]), values[0].dtype)
        for part, read in zip(parts, values, strict=True):
            result[part] = read
        return result


class StoreWithTargets(Store):
    """Batches of features from one store, and of what is trained on from another.

    Args:
        features: The features of each batch.
        targets: The targets and weights of each batch.
    """

    def __init__(self, features: Store, targets: Store) -> None:
        self._features = features
        self._targets = targets

    def __len__(self) -> int:
        return len(self._targets)

    def __getitem__(self, index: int) -> Batch:
        return [*self._features[index], *self._targets[index]]

    def columns(self) -> list[Rows]:
        """Refuse: batches of a stream are read one by one."""
        raise ValueError("The batches of a stream are read one by one.")


class PartOfRows:
    """Rows of a column that follow each other.

    Args:
        column: More rows.
        rows: The numbers of these.
    """

    def __init__(self, column: Rows, rows: range) -> None:
        self._column = column
        self._rows = rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        return self._column[rows + self._rows.start]


class RowRange(Store):
    """Rows of a store that follow each other, as one batch.

    Args:
        store: More rows.
        rows: The numbers of these.
    """

    def __init__(self, store: Store, rows: range) -> None:
        self._store = store
        self._rows = rows

    def __len__(self) -> int:
        return 1

    def __getitem__(self, index: int) -> Batch:
        every = np.arange(len(self._rows))
        return [column[every] for column in self.columns()]

    def columns(self) -> list[Rows]:
        """Return each column; those that are in memory stay there."""
        return [self._part_of(column) for column in self._store.columns()]

    def _part_of(self, column: Rows) -> Rows:
        if isinstance(column, np.ndarray):
            return column[self._rows.start : self._rows.stop]
        return PartOfRows(column, self._rows)
