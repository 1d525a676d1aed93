"""Which row of a table belongs to which picture of a folder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.datasets.frame_reading import CSV, PARQUET, check_columns
from keras_mtl.datasets.picture_files import SUFFIXES, shown
from keras_mtl.errors import InvalidTaskData

PROBED = 200
"""Rows by which the column with the names of the pictures is found."""


class Matches(NamedTuple):
    """Pictures that have a row.

    Attributes:
        names: The names of the pictures.
        rows: The number of the row of each.
        notes: Sentences on rows without a picture, and pictures without a row.
    """

    names: list[str]
    rows: np.ndarray
    notes: tuple[str, ...]


class PictureIndex:
    """Pictures by what a table may call them.

    Args:
        folder: The folder.
        names: The paths of the pictures, relative to it.
    """

    def __init__(self, folder: Path, names: Sequence[str]) -> None:
        self._folder = folder.resolve().as_posix()
        self._by: list[dict[Any, str | None]] = [
            _unique(names, key) for key in (str, _file, _without_suffix, _stem, _number)
        ]

    def find(self, value: object) -> str | None:
        """Return the picture that a table calls so; None if there is none, or several are."""
        text = str(value).strip().replace("\\", "/").removeprefix(f"{self._folder}/")
        text = text.removeprefix("./")
        tried = (text, _file(text), text, text, _number(text))
        for names, key in zip(self._by, tried, strict=True):
            found = None if key is None else names.get(key)
            # "images/1.png" may be "1.png" in the folder `images`; "a/1.png" is no "b/1.png".
            if found is not None and ("/" not in text or _same_end(text, found)):
                return found
        return None


def find_table(folder: Path) -> Path | None:
    """Return the only table in a folder; None if there is none.

    Raises:
        InvalidTaskData: There are several.
    """
    tables = sorted(
        path for path in folder.iterdir() if path.name.lower().endswith((*CSV, *PARQUET))
    )
    if len(tables) > 1:
        raise InvalidTaskData(
            f"{str(folder)!r} holds several tables: {shown([one.name for one in tables])}. Say "
            'which one has the labels: `table="labels.csv"`.'
        )
    return tables[0] if tables else None


def match(
    frame: Any, files: str | None, index: PictureIndex, names: Sequence[str], on_bad: str
) -> Matches:
    """Return which row each picture has.

    Args:
        frame: A `pandas.DataFrame`.
        files: The column with the names of the pictures; None to find it.
        index: The pictures.
        names: The names of all pictures.
        on_bad: `"error"` to refuse rows without a picture and pictures without a row, `"skip"` to
            leave them out.

    Raises:
        InvalidTaskData: There are such, no column names pictures, or two rows are of one picture.
    """
    column = _files_column(frame, files, index, names)
    values = frame[column].tolist()
    found = [index.find(value) for value in values]
    rows = {name: row for row, name in enumerate(found) if name is not None}
    twice = [name for name, times in Counter(found).items() if name is not None and times > 1]
    if twice:
        raise InvalidTaskData(
            f"{len(twice):,} pictures have several rows in the column {column!r}: {shown(twice)}. "
            "Keep one row of each."
        )
    absent = [str(value) for value, name in zip(values, found, strict=True) if name is None]
    without = [name for name in names if name not in rows]
    problems = []
    if absent:
        problems.append(f"{len(absent):,} rows name no picture in the folder: {shown(absent)}")
    if without:
        problems.append(f"{len(without):,} pictures have no row: {shown(without)}")
    if problems and on_bad != "skip":
        raise InvalidTaskData(
            f"The table and the folder do not match (column {column!r}). {'. '.join(problems)}. "
            'Mend the table, or leave these out by `on_bad="skip"`.'
        )
    kept = [name for name in names if name in rows]
    notes = tuple(f"{problem}; left out." for problem in problems)
    return Matches(kept, np.array([rows[name] for name in kept]), notes)


def _same_end(one: str, other: str) -> bool:
    """Return whether one of two paths is the end of the other, whatever suffix is left out."""
    parts = [_without_suffix(path).split("/") for path in (one, other)]
    length = min(map(len, parts))
    return parts[0][-length:] == parts[1][-length:]


def _files_column(frame: Any, files: str | None, index: PictureIndex, names: Sequence[str]) -> str:
    if files is not None:
        check_columns([files], frame, "files", "the table")
    share = {name: _share(frame[name], index) for name in ([files] if files else frame.columns)}
    # A number may be that of a row: names of files, if most of them are pictures, are surer.
    best = max(share, key=lambda name: (share[name] > 0.5 and _is_text(frame[name]), share[name]))
    if share[best] > 0 or _named_anywhere(frame[best], index):
        return best
    where = f"The column {files!r} does not name"
    if not files:
        where = f"None of the columns {list(frame.columns)} names"
    raise InvalidTaskData(
        f"{where} pictures of the folder, which are {shown(names, 3)}. Received: "
        f"{shown([str(value) for value in frame[best].head(3)], 3)}. Say which column has the "
        'names of the files, relative to the folder: `files="file"`.'
    )


def _share(column: Any, index: PictureIndex) -> float:
    """Return how many pictures the first values name, as a share of the values.

    Numbers with a fraction name none, and a picture counts once: 4 legs are not the picture 4.
    """
    if getattr(column.dtype, "kind", "O") in "fbcmM":
        return 0.0
    values = column.head(PROBED).tolist()
    return len({index.find(value) for value in values} - {None}) / len(values)


def _is_text(column: Any) -> bool:
    return getattr(column.dtype, "kind", "O") not in "iu"


def _named_anywhere(column: Any, index: PictureIndex) -> bool:
    return any(index.find(value) is not None for value in column.tolist())


def _unique(names: Sequence[str], key: Callable[[str], Any]) -> dict[Any, str | None]:
    """Return names by their keys; None for a key that several have."""
    found: dict[Any, str | None] = {}
    for name in names:
        one = key(name)
        if one is not None:
            found[one] = None if one in found else name
    return found


def _file(name: str) -> str:
    return PurePosixPath(name).name


def _without_suffix(name: str) -> str:
    return PurePosixPath(name).with_suffix("").as_posix()


def _stem(name: str) -> str:
    return PurePosixPath(name).stem


def _number(name: str) -> int | None:
    """Return the number that a file is called: a table reads "0007" as 7."""
    path = PurePosixPath(name)
    is_number = path.stem.isascii() and path.stem.isdigit()
    return int(path.stem) if is_number and path.suffix.lower() in ("", *SUFFIXES) else None
