"""Pictures in files as rows: decoded once to be checked, and kept if they are small enough."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.batches.indexed_rows import IN_MEMORY
from keras_mtl.batches.row_reader import ArrayRows, InputSpec, RowReader
from keras_mtl.caching.storage.available_memory import available_memory
from keras_mtl.common.arguments import folder_path
from keras_mtl.common.hashing import Hash
from keras_mtl.datasets.picture_files import PictureForm, decoding_errors, read_picture, shown
from keras_mtl.datasets.row_store import CachedRows
from keras_mtl.errors import DataNotFound, InvalidTaskData

THREADS = 8
"""Threads that decode: Pillow lets others run meanwhile."""
BLOCK = 256
"""Files that are decoded before the next ones are begun."""
SKIP = "skip"
SHARE_OF_MEMORY = 0.8
"""The share of the free memory that pictures may take up."""


class ReadPictures(NamedTuple):
    """Pictures that can be decoded.

    Attributes:
        reader: Reads them, numbered in the order of `kept`.
        kept: Indices of the files that can be decoded.
        bad: The names of the files that cannot.
    """

    reader: RowReader
    kept: np.ndarray
    bad: list[str]


class PictureRows(RowReader):
    """Pictures that are decoded anew each time that they are needed.

    Args:
        folder: The folder that the names are relative to.
        names: The names of the files; the number of a row is an index of this list.
        form: The form of the pictures, with their size.
        name: The name of the input.
    """

    def __init__(self, folder: Path, names: Sequence[str], form: PictureForm, name: str) -> None:
        self._folder = folder
        self._names = list(names)
        self._form = form
        shape = (*(form.size or ()), form.channels)
        super().__init__(
            {name: InputSpec(shape, "uint8")}, len(names), self._hash(), is_single=True
        )

    def read(self, rows: np.ndarray) -> dict[str, np.ndarray]:
        """Return the pictures of some rows."""
        paths = [self._folder / self._names[row] for row in rows.tolist()]
        (name, spec), *_ = self.specs.items()
        pictures = np.empty((len(paths), *spec.shape), np.uint8)
        with ThreadPoolExecutor(THREADS) as pool:
            for place, picture in enumerate(pool.map(self._picture, paths)):
                pictures[place] = picture
        return {name: pictures}

    def _picture(self, path: Path) -> np.ndarray:
        return read_picture(path, self._form)

    def _hash(self) -> str:
        total = Hash(repr(self._form))
        for name in self._names:
            status = (self._folder / name).stat()
            total.add(f"{name} {status.st_size} {status.st_mtime_ns}\n")
        return total.hexdigest()


def read_pictures(
    folder: Path,
    names: Sequence[str],
    form: PictureForm,
    name: str,
    on_bad: str,
    cache: bool | Path = True,
) -> ReadPictures:
    """Decode all pictures once, and return a reader of those that can be decoded.

    Args:
        folder: The folder that the names are relative to.
        names: The names of the files.
        form: The form that they get.
        name: The name of the input.
        on_bad: `"error"` to refuse files that cannot be decoded, `"skip"` to leave them out.
        cache: What `checked_cache` gave.

    Raises:
        InvalidTaskData: Files cannot be decoded, none can, pictures differ in size and no size is
            given, or they do not fit where they are to be kept.
    """
    pictures: list[np.ndarray] = []
    sizes: dict[tuple[int, ...], str] = {}
    problems: dict[int, str] = {}
    # If all of them are small enough they are kept, so that none is decoded twice.
    room = IN_MEMORY if cache is True else -1
    for index, picture in enumerate(_decoded(folder, names, form)):
        if isinstance(picture, str):
            problems[index] = picture
            continue
        sizes.setdefault(picture.shape[:2], names[index])
        room -= picture.nbytes
        if room < 0:
            pictures = []
        else:
            pictures.append(picture)
    _check_readable(names, problems, on_bad)
    _check_sizes(sizes)
    kept = np.array([index for index in range(len(names)) if index not in problems])
    bad = [names[index] for index in problems]
    if room >= 0:
        return ReadPictures(ArrayRows({name: np.stack(pictures)}, is_single=True), kept, bad)
    height, width = next(iter(sizes))
    sized = form._replace(size=(height, width))
    rows = PictureRows(folder, [names[index] for index in kept], sized, name)
    return ReadPictures(_kept(rows, cache), kept, bad)


def checked_cache(cache: Any) -> bool | Path:
    """Return where decoded pictures are kept: in memory (True), nowhere (False), or a folder.

    Raises:
        DataNotFound: There is no such folder.
        ValueError: It is something else.
    """
    if isinstance(cache, bool):
        return cache
    folder = folder_path("cache", cache)
    if not folder.is_dir():
        raise DataNotFound(f"`cache` is a folder that is there. Received: {str(folder)!r}.")
    return folder


def _kept(rows: PictureRows, cache: bool | Path) -> RowReader:
    """Return a reader that keeps what has been decoded, where it is to be kept.

    Raises:
        InvalidTaskData: It does not fit there.
    """
    if cache is False:
        return rows
    folder = cache if isinstance(cache, Path) else None
    needed = rows.num_rows * rows.row_bytes
    if folder is None:
        room, where = int(available_memory() * SHARE_OF_MEMORY), "memory"
    else:
        room, where = shutil.disk_usage(folder).free, repr(str(folder))
    if needed > room:
        raise InvalidTaskData(
            f"{rows.num_rows:,} pictures need {needed / 2**30:.1f} GiB, and {where} has room for "
            f"{room / 2**30:.1f}. Give a smaller `size`, as `cache` a folder with more room, or "
            "`cache=False` to decode them whenever they are needed."
        )
    return CachedRows(rows, folder=folder)


def _decoded(folder: Path, names: Sequence[str], form: PictureForm) -> Iterable[np.ndarray | str]:
    """Yield the pixels of each file, or why it cannot be decoded, in the order of the names."""
    errors = decoding_errors()

    def decode(name: str) -> np.ndarray | str:
        try:
            return read_picture(folder / name, form)
        except errors as error:
            return str(error).replace(str(folder / name), name) or type(error).__name__

    with ThreadPoolExecutor(THREADS) as pool:
        for start in range(0, len(names), BLOCK):  # In blocks, so that few wait to be taken.
            yield from pool.map(decode, names[start : start + BLOCK])


def _check_readable(names: Sequence[str], problems: dict[int, str], on_bad: str) -> None:
    if not problems:
        return
    bad = [names[index] for index in problems]
    first = f"{bad[0]!r}: {next(iter(problems.values()))}"
    if len(bad) == len(names):
        raise InvalidTaskData(f"None of the {len(names):,} pictures can be decoded; {first}.")
    if on_bad != SKIP:
        raise InvalidTaskData(
            f"{len(bad):,} of {len(names):,} pictures cannot be decoded: {shown(bad)}. The first "
            f'one is {first}. Mend or delete them, or leave them out by `on_bad="skip"`.'
        )


def _check_sizes(sizes: dict[tuple[int, ...], str]) -> None:
    if len(sizes) > 1:
        some = ", ".join(f"{name!r} {size}" for size, name in list(sizes.items())[:3])
        raise InvalidTaskData(
            f"The pictures have {len(sizes):,} different sizes (height, width), such as {some}. "
            "Give all of them one: `size=(96, 96)`."
        )
