"""Batches in files: one file of raw numbers for each column, and an index in JSON."""

from __future__ import annotations

import errno
import json
import shutil
from dataclasses import asdict, dataclass, field
from itertools import accumulate
from math import prod
from pathlib import Path
from typing import Any

import numpy as np

from keras_mtl.caching.storage.mapped_file import MappedFile, MappedRows
from keras_mtl.caching.storage.stores import Batch, Rows
from keras_mtl.common.hashing import checksum
from keras_mtl.common.sizes import size_text
from keras_mtl.errors import CacheError, DamagedCache

VERSION = 2
"""The version of the file format; files of another version are not read."""
INDEX = "index.json"
_ELSEWHERE = "Give a path on another disk as `cache`, or cut where the features are smaller."
SMALL = 1 << 28
"""Bytes up to which a column is read whole: training is faster on an array than on a file."""


@dataclass
class ColumnIndex:
    """What the file of one column holds."""

    dtype: str
    shapes: list[tuple[int, ...]] = field(default_factory=list)
    checksum: int = 0

    @property
    def sizes(self) -> list[int]:
        """The bytes of each batch."""
        return [prod(shape) * np.dtype(self.dtype).itemsize for shape in self.shapes]


class FileWriter:
    """Appends batches to files; `close` adds the index, without which they cannot be read.

    Args:
        folder: An existing, empty folder.
        batches: How many batches there will be, None if that is not known.
        name: The name under which a cache will look for them; "" if none will.
    """

    def __init__(self, folder: Path, batches: int | None = None, name: str = "") -> None:
        self.folder = folder
        self._expected = batches
        self._name = name
        self._columns: list[ColumnIndex] = []

    def append(self, batch: Batch) -> None:
        """Write one batch.

        Raises:
            CacheError: The disk is full, or a column holds no numbers.
        """
        if not self._columns:
            self._columns = [ColumnIndex(_dtype_name(array)) for array in batch]
            self._check_space(batch)
        for number, (column, array) in enumerate(zip(self._columns, batch, strict=True)):
            data = array.tobytes()
            self._write(_column_file(self.folder, number), data)
            column.shapes.append(array.shape)
            column.checksum = checksum(data, column.checksum)

    def close(self) -> list[ColumnIndex]:
        """Write the index and return it."""
        columns = [asdict(column) for column in self._columns]
        index = {"version": VERSION, "checksum": _checksum(columns), "columns": columns}
        if self._name:
            index["name"] = self._name
        self._write(self.folder / INDEX, json.dumps(index).encode())
        return self._columns

    def _write(self, path: Path, data: bytes) -> None:
        # Opened for each batch, so that no file stays open when the pass fails in between.
        try:
            with open(path, "ab") as file:
                file.write(data)
        except OSError as error:
            raise CacheError(
                f"The features cannot be written to `{self.folder.parent}`: {error.strerror}. "
                f"{_ELSEWHERE}"
            ) from error

    def _check_space(self, batch: Batch) -> None:
        """Check the disk before the pass begins, as far as the needed space is known."""
        needed = sum(array.nbytes for array in batch) * (self._expected or 1)
        free = shutil.disk_usage(self.folder).free
        if needed > free:
            raise CacheError(
                f"The features need {size_text(needed)}, the disk of `{self.folder.parent}` has "
                f"{size_text(free)} left. {_ELSEWHERE}"
            )


class FileStore:
    """Batches in files, for reading."""

    def __init__(self, folder: Path, columns: list[ColumnIndex]) -> None:
        self._columns = columns
        self._files = [_opened(_column_file(folder, number)) for number in range(len(columns))]
        self._starts = [list(accumulate(column.sizes, initial=0)) for column in columns]

    @classmethod
    def open(cls, folder: Path, name: str = "") -> FileStore:
        """Open what a `FileWriter` wrote.

        Args:
            folder: Where it is.
            name: What it was written under; "" for any name.

        Raises:
            DamagedCache: Files are missing, truncated or changed, or have the format of another
                version.
            CacheError: The process has too many files open.
        """
        store = cls(folder, read_index(folder, name))
        store.check()
        return store

    def check(self) -> None:
        """Read all files and compare them with the index.

        Raises:
            DamagedCache: They are truncated or changed.
        """
        for number, (file, column) in enumerate(zip(self._files, self._columns, strict=True)):
            _check_contents(file, f"column_{number}.bin", column)

    def __len__(self) -> int:
        return len(self._columns[0].shapes)

    def __getitem__(self, index: int) -> Batch:
        return [
            file.read(starts[index], tuple(column.shapes[index]), column.dtype)
            for file, starts, column in zip(self._files, self._starts, self._columns, strict=True)
        ]

    @property
    def nbytes(self) -> int:
        """Bytes of all columns."""
        return sum(starts[-1] for starts in self._starts)

    def columns(self) -> list[Rows]:
        """Return each column; small columns as an array in memory."""
        return [_rows(*column, SMALL) for column in zip(self._files, self._columns, strict=True)]

    def mapped(self) -> list[Rows]:
        """Return each column, none of which is held in memory."""
        return [_rows(*column, 0) for column in zip(self._files, self._columns, strict=True)]


def read_index(folder: Path, name: str = "") -> list[ColumnIndex]:
    """Return what the index of a folder says of its columns; the arguments are those of `open`.

    Raises:
        DamagedCache: The index is missing or changed, or has the format of another version.
    """
    try:
        index = json.loads((folder / INDEX).read_text(encoding="utf-8"))
        version, columns = index["version"], index["columns"]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        _check_open_files(error, folder)
        raise DamagedCache(f"its index cannot be read ({error})") from error
    if version != VERSION:
        raise DamagedCache(
            f"another version of keras_mtl wrote it (format {version}, this one: {VERSION})"
        )
    if index.get("checksum") != _checksum(columns):
        raise DamagedCache("its index does not hold what was written to it")
    if name not in ("", index.get("name", name)):  # Earlier versions wrote no name.
        raise DamagedCache(f"it was written under the name {index['name']!r}")
    return _read_columns(columns)


def _checksum(columns: Any) -> int:
    return checksum(json.dumps(columns).encode())


def _read_columns(columns: Any) -> list[ColumnIndex]:
    try:
        read = [ColumnIndex(**column) for column in columns]
        batches = {len(column.sizes) for column in read if sum(column.sizes) >= 0}
    except (TypeError, ValueError) as error:  # A dtype or a shape that there is not.
        raise DamagedCache(f"its index cannot be understood ({error})") from error
    if len(batches) != 1 or batches == {0}:
        raise DamagedCache("its index does not list the same batches for each column")
    return read


def _opened(path: Path) -> MappedFile:
    try:
        return MappedFile(path)
    except OSError as error:
        _check_open_files(error, path)
        raise DamagedCache(f"`{path.name}` cannot be read: {error.strerror}") from error


def _check_open_files(error: Exception, path: Path) -> None:
    """Raise the error of a limit of the process, of which a file is not to blame."""
    if isinstance(error, OSError) and error.errno in (errno.EMFILE, errno.ENFILE):
        raise CacheError(
            f"`{path}` cannot be read, as this process has too many files open. Raise the limit "
            "(`ulimit -n`), or divide the data into fewer shards."
        ) from error


def _rows(file: MappedFile, column: ColumnIndex, in_memory: int) -> Rows:
    """Return a column as an array, if it has no more bytes than that, else in its file."""
    samples, shape = sum(shape[0] for shape in column.shapes), tuple(column.shapes[0][1:])
    if sum(column.sizes) <= in_memory:
        return file.read(0, (samples, *shape), column.dtype)
    return MappedRows(file, samples, shape, column.dtype)


def _column_file(folder: Path, number: int) -> Path:
    return folder / f"column_{number}.bin"


def _dtype_name(array: np.ndarray) -> str:
    if array.dtype.kind in "OUS":
        raise CacheError(
            "Text and objects cannot be cached in a file, only numbers. Pass "
            '`cache="memory"`, or encode them first.'
        )
    return array.dtype.name


def _check_contents(file: MappedFile, name: str, column: ColumnIndex) -> None:
    found = size = 0
    try:
        for block in file.blocks():
            found = checksum(block, found)
            size += len(block)
    except OSError as error:
        raise DamagedCache(f"`{name}` cannot be read: {error.strerror}") from error
    if size != sum(column.sizes):
        raise DamagedCache(f"`{name}` has {size} bytes instead of {sum(column.sizes)}")
    if found != column.checksum:
        raise DamagedCache(f"`{name}` does not hold what was written to it")
