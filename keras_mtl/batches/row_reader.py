"""Inputs that are read by the number of their row: the interface of every source of data."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from math import prod
from typing import NamedTuple

import numpy as np

from keras_mtl.common.hashing import Hash

TEXT = "string"
"""The dtype of inputs that are text; they come as arrays of `str` objects."""
TEXT_SIZE = 256
"""Bytes that a text is counted as, where the memory that inputs need is estimated."""


class InputSpec(NamedTuple):
    """The form of one input.

    Attributes:
        shape: The shape of a row, such as `(96, 96, 3)`; `()` for a number or a text.
        dtype: The dtype, such as `"uint8"`; `"string"` for text.
    """

    shape: tuple[int, ...]
    dtype: str

    @property
    def row_bytes(self) -> int:
        """Bytes of a row in memory; those of a text are estimated."""
        size = TEXT_SIZE if self.dtype == TEXT else np.dtype(self.dtype).itemsize
        return prod(self.shape) * size


class RowReader(ABC):
    """Reads the inputs of rows, which it knows by their numbers.

    The number of a row says which object the row is: two tasks, or two parts of a data set, that
    have a row number in common have that object in common. A reader is shared by all of them. What
    it gives for a row must never change: no augmentation, nothing random.

    Args:
        specs: The form of each input by its name.
        num_rows: Rows are numbered from 0 to `num_rows - 1`.
        identity: A text that differs between data that differ, and that is the same in another
            process: backups of `fit` recognise their data by it.
        is_single: Whether batches hold the array of the only input, and not a dict by names.
    """

    def __init__(
        self, specs: Mapping[str, InputSpec], num_rows: int, identity: str, *, is_single: bool
    ) -> None:
        self.specs = dict(specs)
        self.num_rows = num_rows
        self.identity = identity
        self.is_single = is_single

    @abstractmethod
    def read(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the inputs of some rows by the names of the inputs.

        It is called from several threads at once.

        Args:
            rows: Whole numbers of shape `(count,)`; a row may be asked for again and again.

        Returns:
            Arrays of shape `(count, *shape)`, of the shapes and dtypes of `specs`, in the order of
            `rows`. Text is an array of `str` objects.
        """

    def prepare(self, rows: np.ndarray) -> None:  # noqa: B027 (most have nothing to prepare)
        """Get ready to read some rows, of which all will be needed, in any order."""

    @property
    def row_bytes(self) -> int:
        """Bytes of the inputs of a row in memory."""
        return sum(spec.row_bytes for spec in self.specs.values())


class ArrayRows(RowReader):
    """Rows of arrays in memory.

    Args:
        arrays: The inputs by name: numbers, or objects that are texts.
        is_single: Whether batches hold the array of the only input, and not a dict by names.
        identity: A text that tells these data from others; by default a hash of the values.
    """

    def __init__(
        self, arrays: Mapping[str, np.ndarray], *, is_single: bool, identity: str | None = None
    ) -> None:
        self._arrays = dict(arrays)
        specs = {name: InputSpec(array.shape[1:], _dtype(array)) for name, array in arrays.items()}
        num_rows = len(next(iter(self._arrays.values())))
        super().__init__(specs, num_rows, identity or _hash_of(self._arrays), is_single=is_single)

    def read(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the inputs of some rows by the names of the inputs."""
        return {name: array[rows] for name, array in self._arrays.items()}


def _dtype(array: np.ndarray) -> str:
    return TEXT if array.dtype == object else array.dtype.name


def _hash_of(arrays: Mapping[str, np.ndarray]) -> str:
    total = Hash()
    for name, array in arrays.items():
        total.add(name)
        total.add_array(array)
    return total.hexdigest()


def structured(reader: RowReader, inputs: Mapping[str, np.ndarray]) -> object:
    """Return inputs as batches hold them: one array, or a dict by names."""
    return next(iter(inputs.values())) if reader.is_single else dict(inputs)
