"""Arrays in a file of raw numbers, mapped into memory while they are read."""

from __future__ import annotations

from math import prod
from pathlib import Path

import numpy as np

Shape = tuple[int, ...]


class MappedFile:
    """A file of arrays; reading one returns a copy.

    The file is mapped again for each read: all pages ever touched in one mapping count as
    resident memory, which would grow to the size of the file.
    """

    def __init__(self, path: Path) -> None:
        self._path = path

    def read(self, start: int, shape: Shape, dtype: str) -> np.ndarray:
        """Return the array whose first byte is at `start`."""
        mapped = np.memmap(self._path, mode="r")
        return np.array(mapped[start : start + _size(shape, dtype)]).view(dtype).reshape(shape)

    def take(self, rows: np.ndarray, shape: Shape, dtype: str) -> np.ndarray:
        """Return the rows with these numbers, from a file whose rows have one shape and dtype."""
        table = np.memmap(self._path, mode="r").reshape(-1, _size(shape, dtype))
        return np.array(table[rows]).view(dtype).reshape(len(rows), *shape)


class MappedRows:
    """The rows of a file, read by their numbers when they are needed."""

    def __init__(self, file: MappedFile, samples: int, shape: Shape, dtype: str) -> None:
        self._file = file
        self._samples = samples
        self._shape = shape
        self._dtype = dtype

    def __len__(self) -> int:
        return self._samples

    def __getitem__(self, rows: np.ndarray) -> np.ndarray:
        return self._file.take(rows, self._shape, self._dtype)


def _size(shape: Shape, dtype: str) -> int:
    return prod(shape) * np.dtype(dtype).itemsize
