"""The outputs of the static part, batch by batch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

Batch = list[np.ndarray]
"""One array for each column, with a row for each sample."""


class Rows(Protocol):
    """The rows of one column of all batches, in memory or in a file."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: Any) -> np.ndarray: ...


class Store(Protocol):
    """The batches of one pass, for reading."""

    def __len__(self) -> int: ...

    def __getitem__(self, index: int) -> Batch: ...

    def columns(self) -> Sequence[Rows]:
        """Return each column, which must have rows of one shape."""


class MemoryStore:
    """Batches in memory."""

    def __init__(self) -> None:
        self.batches: list[Batch] = []
        self.nbytes = 0

    def __len__(self) -> int:
        return len(self.batches)

    def __getitem__(self, index: int) -> Batch:
        return self.batches[index]

    def append(self, batch: Batch) -> None:
        """Keep one batch."""
        self.batches.append(batch)
        self.nbytes += sum(array.nbytes for array in batch)

    def columns(self) -> list[np.ndarray]:
        """Return each column as one array."""
        return [np.concatenate(arrays) for arrays in zip(*self.batches, strict=True)]
