"""Inputs of rows that are kept once they have been read."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Mapping
from math import prod
from pathlib import Path

import numpy as np

from keras_mtl.batches.row_reader import TEXT, InputSpec, RowReader


class RowStore:
    """Arrays in memory, or in temporary files of a folder, with a place for each of some rows.

    Memory, and space in a file, is taken up only by rows that have been put in.

    Args:
        specs: The form of each input by its name.
        rows: The numbers of the rows that there are places for.
        num_rows: Rows are numbered from 0 to `num_rows - 1`.
        folder: A folder for files that are mapped into memory; None for memory. The files are
            deleted with the store.
    """

    def __init__(
        self,
        specs: Mapping[str, InputSpec],
        rows: np.ndarray,
        num_rows: int,
        folder: Path | None = None,
    ) -> None:
        self._specs = dict(specs)
        self._folder = folder
        self._places = np.full(num_rows, -1, np.int64)
        self._places[rows] = np.arange(len(rows))
        self._filled = np.zeros(len(rows), bool)
        self._arrays: dict[str, np.ndarray] = {}
        self._lock = threading.Lock()

    def missing(self, rows: np.ndarray) -> np.ndarray:
        """Return the rows that have not been put in, each once and in ascending order."""
        return np.unique(rows[~self._filled[self._places[rows]]])

    def put(self, rows: np.ndarray, inputs: Mapping[str, np.ndarray]) -> None:
        """Keep the inputs of some rows."""
        with self._lock:
            if not self._arrays:
                self._arrays = {name: self._empty(spec) for name, spec in self._specs.items()}
            places = self._places[rows]
            for name, array in self._arrays.items():
                array[places] = inputs[name]
            self._filled[places] = True

    def get(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the inputs of rows that have been put in."""
        places = self._places[rows]
        return {name: array[places] for name, array in self._arrays.items()}

    def _empty(self, spec: InputSpec) -> np.ndarray:
        shape = (len(self._filled), *spec.shape)
        if spec.dtype == TEXT:
            return np.full(shape, "", object)
        if self._folder is None or not prod(shape):
            return np.empty(shape, spec.dtype)  # The system gives memory when it is written to.
        with tempfile.TemporaryFile(dir=self._folder, prefix="keras_mtl_rows_") as file:
            return np.memmap(file, spec.dtype, "w+", shape=shape)


class CachedRows(RowReader):
    """Keeps what a reader has read, so that each row is read from its files once.

    Args:
        reader: Reads rows in any order.
        rows: The rows that may be asked for; all rows of the reader by default.
        folder: As for `RowStore`.
    """

    def __init__(
        self, reader: RowReader, rows: np.ndarray | None = None, folder: Path | None = None
    ) -> None:
        super().__init__(reader.specs, reader.num_rows, reader.identity, is_single=reader.is_single)
        rows = np.arange(reader.num_rows) if rows is None else rows
        self._reader = reader
        self._store = RowStore(reader.specs, rows, reader.num_rows, folder)

    def read(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the inputs of some rows; those that are not kept yet are read first."""
        missing = self._store.missing(rows)
        if len(missing):
            self._store.put(missing, self._reader.read(missing))
        return self._store.get(rows)

    def prepare(self, rows: np.ndarray) -> None:
        """Get ready to read some rows."""
        self._reader.prepare(rows)
