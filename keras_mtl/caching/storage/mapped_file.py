"""Arrays in a file of raw numbers, mapped into memory while they are read."""

from __future__ import annotations

import os
import weakref
from collections.abc import Iterator
from math import prod
from mmap import ACCESS_READ, mmap
from pathlib import Path

import numpy as np

Shape = tuple[int, ...]
BLOCK = 1 << 24


class MappedFile:
    """A file of arrays; reading one returns a copy.

    It stays open, so it can be read even when another process deletes or replaces its folder. It is
    mapped again for each read: all pages ever touched in one mapping count as resident memory,
    which would grow to the size of the file.

    Args:
        path: An existing file.

    Raises:
        OSError: It cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
        weakref.finalize(self, os.close, self._descriptor)

    def blocks(self) -> Iterator[bytes]:
        """Yield the content from the beginning."""
        os.lseek(self._descriptor, 0, os.SEEK_SET)
        while block := os.read(self._descriptor, BLOCK):
            yield block

    def read(self, start: int, shape: Shape, dtype: str) -> np.ndarray:
        """Return the array whose first byte is at `start`."""
        part = self._mapped()[start : start + _size(shape, dtype)]
        return np.array(part).view(dtype).reshape(shape)

    def take(self, rows: np.ndarray, shape: Shape, dtype: str) -> np.ndarray:
        """Return the rows with these numbers, from a file whose rows have one shape and dtype."""
        table = self._mapped().reshape(-1, _size(shape, dtype))
        return np.array(table[rows]).view(dtype).reshape(len(rows), *shape)

    def _mapped(self) -> np.ndarray:
        if not os.fstat(self._descriptor).st_size:  # Nothing cannot be mapped.
            return np.empty(0, np.uint8)
        return np.frombuffer(mmap(self._descriptor, 0, access=ACCESS_READ), np.uint8)


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
