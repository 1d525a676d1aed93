"""Inputs of the rows of a prepared data set of tensorflow-datasets."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from keras_mtl.batches.row_reader import InputSpec, RowReader
from keras_mtl.datasets.feature_tree import IMAGE, STRING, Feature
from keras_mtl.datasets.resizing import Size, resized
from keras_mtl.datasets.row_store import RowStore
from keras_mtl.datasets.tfds_builders import Piece, RecordSource, TfdsBuilder


@dataclass(frozen=True)
class TfdsInputs:
    """Which inputs are read of a data set.

    Attributes:
        found: The data set.
        features: The features by the names of the inputs.
        size: The height and width of pictures; None for the size that they have.
        is_single: Whether there is one input without a name.
        offsets: By split the number of its first row, over all splits.
        num_rows: The number of rows of all splits.
    """

    found: TfdsBuilder
    features: Mapping[str, Feature]
    size: Size | None
    is_single: bool
    offsets: Mapping[str, int]
    num_rows: int

    @property
    def specs(self) -> dict[str, InputSpec]:
        """The form of each input."""
        return {name: self._spec(feature) for name, feature in self.features.items()}

    @property
    def identity(self) -> str:
        """A text that differs between inputs that differ."""
        paths = {name: feature.path for name, feature in self.features.items()}
        return f"{self.found.identity} {paths} {self.size}"

    def by_split(self, rows: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
        """Yield, for each split, the places in it of those rows that it has."""
        splits = sorted(self.offsets, key=self.offsets.__getitem__)
        ends = [*(self.offsets[split] for split in splits[1:]), self.num_rows]
        for split, end in zip(splits, ends, strict=True):
            start = self.offsets[split]
            inside = rows[(rows >= start) & (rows < end)]
            if len(inside):
                yield split, inside - start

    def named(self, values: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """Return features by path as inputs by name."""
        return {name: as_input(values[one.path], one) for name, one in self.features.items()}

    def _spec(self, feature: Feature) -> InputSpec:
        shape = feature.shape
        if feature.kind == IMAGE and self.size is not None:
            shape = (*self.size, shape[-1])
        return InputSpec(tuple(int(size or 0) for size in shape), feature.dtype)


class StreamedRows(RowReader):
    """Inputs that are read from the first row of a file to its last one, and kept.

    Args:
        inputs: Which inputs are read.
        rows: The rows that may be asked for.
        folder: As for `RowStore`.
    """

    def __init__(self, inputs: TfdsInputs, rows: np.ndarray, folder: Path | None) -> None:
        super().__init__(inputs.specs, inputs.num_rows, inputs.identity, is_single=inputs.is_single)
        self._inputs = inputs
        self._store = RowStore(inputs.specs, rows, inputs.num_rows, folder)
        self._lock = threading.Lock()

    def put(self, rows: np.ndarray, values: Mapping[str, np.ndarray]) -> None:
        """Keep the features of rows that were read for another purpose."""
        self._store.put(rows, self._inputs.named(values))

    def prepare(self, rows: np.ndarray) -> None:
        """Read what is not kept of some rows, in one pass over their files."""
        with self._lock:  # Two threads would read the same files.
            missing = self._store.missing(rows)
            if len(missing):
                self._read(missing)

    def read(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the inputs of some rows by the names of the inputs."""
        self.prepare(rows)
        return self._store.get(rows)

    def _read(self, rows: np.ndarray) -> None:
        from keras_mtl.datasets.tf_records import read_rows

        features = list({one.path: one for one in self._inputs.features.values()}.values())
        found = self._inputs.found
        for split, places in self._inputs.by_split(rows):
            first, last = int(places[0]), int(places[-1])
            known = bool(found.lengths)
            piece = Piece(split, first if known else 0, last + 1 if known else None)
            wanted = np.zeros(last + 1, bool)
            wanted[places] = True
            for read in read_rows(found, piece, features, wanted[piece.start :], self._inputs.size):
                self.put(read.numbers + self._inputs.offsets[split], read.values)


class SourceRows(RowReader):
    """Inputs that are read in any order, without TensorFlow.

    Args:
        inputs: Which inputs are read.
    """

    def __init__(self, inputs: TfdsInputs) -> None:
        super().__init__(inputs.specs, inputs.num_rows, inputs.identity, is_single=inputs.is_single)
        self._inputs = inputs
        self._sources: dict[str, RecordSource] = {}

    def read(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the inputs of some rows by the names of the inputs."""
        numbers, places = np.unique(rows, return_inverse=True)
        parts = []
        for split, inside in self._inputs.by_split(numbers):
            if split not in self._sources:
                self._sources[split] = self._inputs.found.source(
                    split, list(self._inputs.features.values())
                )
            parts.append(source_values(self._sources[split], inside, self._inputs))
        return {name: np.concatenate([part[name] for part in parts])[places] for name in self.specs}


def source_values(
    source: RecordSource, places: np.ndarray, inputs: TfdsInputs
) -> dict[str, np.ndarray]:
    """Return the inputs of rows of one split.

    Raises:
        InvalidTaskData: A file is damaged.
    """
    rows = source.read(places)
    read = {}
    for name, feature in inputs.features.items():
        values = [feature.value(row) for row in rows]
        if feature.kind == IMAGE:
            values = [resized(np.asarray(value), inputs.size) for value in values]
        read[name] = as_input(np.stack([np.asarray(value) for value in values]), feature)
    return read


def as_input(values: np.ndarray, feature: Feature) -> np.ndarray:
    """Return values as inputs hold them: text as `str` objects."""
    if feature.kind != STRING:
        return values
    text = np.empty(values.shape, object)
    text.reshape(-1)[:] = [
        one.decode("utf-8", "replace") if isinstance(one, bytes) else str(one)
        for one in values.reshape(-1).tolist()
    ]
    return text
