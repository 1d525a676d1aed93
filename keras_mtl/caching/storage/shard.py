"""One shard of features: every n-th batch of the data, with a digest of the inputs of each."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from keras_mtl.caching.storage.file_store import ColumnIndex, FileStore
from keras_mtl.caching.storage.stores import Batch, Rows

DIGEST = 16
"""Bytes of the digest of the inputs of a batch."""


def digest_column(digest: bytes) -> np.ndarray:
    """Return the last column of a batch: the digest of its inputs."""
    return np.frombuffer(digest, np.uint8).reshape(1, DIGEST)


class Shard:
    """Batches of features, each with the digest of its inputs as the last column.

    Args:
        store: The files.
    """

    def __init__(self, store: FileStore) -> None:
        self._store = store
        *_, digests = store.mapped()
        self._digests = digests[np.arange(len(digests))]

    def __len__(self) -> int:
        return len(self._store)

    def __getitem__(self, index: int) -> Batch:
        return self._store[index][:-1]

    @property
    def nbytes(self) -> int:
        """Bytes of the features."""
        return self._store.nbytes - self._digests.nbytes

    def rows(self) -> list[Rows]:
        """Return each column of features, in its file."""
        return self._store.mapped()[:-1]

    def is_of(self, digests: Sequence[bytes]) -> bool:
        """Return whether the batches had inputs with these digests, in this order."""
        return self._digests.tobytes() == b"".join(digests)

    def begins_with(self, digests: Sequence[bytes]) -> bool:
        """Return whether the first batches had inputs with these digests, in this order."""
        return self._digests.tobytes().startswith(b"".join(digests))


def rows_of_batches(columns: Sequence[ColumnIndex]) -> list[int]:
    """Return the number of rows of each batch of a shard."""
    return [shape[0] for shape in columns[0].shapes]
