"""The parts of a data set of tensorflow-datasets as the data of tasks."""

from __future__ import annotations

import shutil
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.batches.row_reader import RowReader
from keras_mtl.caching.storage.available_memory import available_memory
from keras_mtl.common.arguments import folder_path
from keras_mtl.datasets.feature_inputs import checked_inputs
from keras_mtl.datasets.feature_tasks import FeatureTask, ReadTask, checked_tasks
from keras_mtl.datasets.multi_task_dataset import MultiTaskDataset, checked_budgets
from keras_mtl.datasets.resizing import Size
from keras_mtl.datasets.row_store import CachedRows
from keras_mtl.datasets.task_labels import TaskLabels
from keras_mtl.datasets.tfds_builders import Piece, TfdsBuilder
from keras_mtl.datasets.tfds_parts import Columns, Parts, checked_parts, read_columns
from keras_mtl.datasets.tfds_rows import SourceRows, StreamedRows, TfdsInputs
from keras_mtl.errors import InvalidLabels, InvalidTaskData

DROP, ERROR = "drop", "error"
ONE_PASS = 2**28
"""Bytes of inputs up to which they are read together with the labels."""
SHARE_OF_MEMORY = 0.8


def loaded(
    name: Any,
    inputs: Any,
    tasks: Any,
    *,
    labels: Mapping[str, int] | None,
    size: Size | None,
    split: Any,
    data_dir: Any,
    classes: Mapping[str, Sequence[str]] | None,
    kinds: Mapping[str, str] | None,
    unclear: str | None,
    cache: Any,
    download: bool,
    seed: int,
) -> Any:
    """Return what `load` returns; the arguments are those of `load`."""
    place = _checked_cache(cache)
    found = TfdsBuilder.find(name, data_dir, download=download)
    features, is_single = checked_inputs(found.tree, inputs, size)
    made = checked_tasks(found.tree, tasks, classes, kinds)
    budgets = checked_budgets(labels, tuple(task.name for task in made))
    parts = checked_parts(found, split)
    if place is False and not found.has_random_access:
        raise ValueError(
            f"`cache=False` needs files whose rows can be read in any order. Those of "
            f"`{found.name}` are {found.file_format}: keep `cache=True`, give a folder, or prepare "
            'the data set with `file_format="array_record"`.'
        )
    read = _Read(found, parts, made, TfdsInputs(found, features, size, is_single, {}, 0))
    return read.datasets(budgets, unclear, place, seed)


class _Held(NamedTuple):
    """The rows that were read of one part.

    Attributes:
        rows: Their numbers over all splits.
        columns: The features by path.
    """

    rows: np.ndarray
    columns: dict[str, np.ndarray]


class _Read:
    """The parts of a data set, once they have been read."""

    def __init__(
        self,
        found: TfdsBuilder,
        parts: Parts,
        tasks: Sequence[FeatureTask],
        inputs: TfdsInputs,
    ) -> None:
        self._found = found
        self._parts = parts
        self._tasks = tasks
        columns = {one.path: one for task in tasks for one in task.features}
        pictures = {one.path: one for one in inputs.features.values()}
        lengths = [(piece.stop or 0) - piece.start for piece in self._pieces()]
        row_bytes = sum(spec.row_bytes for spec in inputs.specs.values())
        self._at_once = not found.has_random_access and sum(lengths) * row_bytes <= ONE_PASS
        wanted = list(({**columns, **pictures} if self._at_once else columns).values())
        read = {piece: read_columns(found, piece, wanted, inputs.size) for piece in self._pieces()}
        offsets, total = _offsets(found, read)
        self._inputs = TfdsInputs(
            found, inputs.features, inputs.size, inputs.is_single, offsets, total
        )
        self._held = {
            part: _joined([(offsets[piece.split], read[piece]) for piece in pieces])
            for part, pieces in parts.pieces.items()
        }

    def datasets(
        self, budgets: Mapping[str, int], unclear: str | None, place: bool | Path, seed: int
    ) -> Any:
        """Return what `load` returns."""
        labels, kept, notes = self._labels(unclear)
        rows = np.concatenate([held.rows for held in self._held.values()])
        reader = self._reader(rows[kept], place)
        start = 0
        made: dict[str, MultiTaskDataset] = {}
        for part, held in self._held.items():
            inside = np.arange(start, start + len(held.rows))
            start += len(held.rows)
            inside = inside[kept[inside]]
            here = {task: known.at(inside) for task, known in labels.items()}
            made[part] = MultiTaskDataset(reader, rows[inside], here, part=part, notes=notes)
        if self._parts.shares is not None:
            made = made["all"].split(self._parts.shares, seed=seed)
        limited = self._parts.with_budgets
        if limited is not None and budgets:
            made[limited] = made[limited].budget(budgets, seed=seed)
        if self._parts.form == "one":
            return next(iter(made.values()))
        return list(made.values()) if self._parts.form == "list" else made

    def _pieces(self) -> list[Piece]:
        return [piece for pieces in self._parts.pieces.values() for piece in pieces]

    def _labels(
        self, unclear: str | None
    ) -> tuple[dict[str, TaskLabels], np.ndarray, tuple[str, ...]]:
        """Return the labels of the rows of all parts, which rows stay, and what was left out."""
        columns = {
            one.path: np.concatenate([held.columns[one.path] for held in self._held.values()])
            for task in self._tasks
            for one in task.features
        }
        labels: dict[str, TaskLabels] = {}
        notes: list[str] = []
        kept = np.ones(len(next(iter(columns.values()))), bool)
        for task in self._tasks:
            read = task.read(columns)
            labels[task.name] = read.labels
            if read.none or read.several:
                notes.append(_left_out(task, read, unclear, len(kept)))
                if unclear == DROP:
                    kept &= read.labels.present
        if notes and unclear is None:
            warnings.warn(
                f'{" ".join(notes)} Give `unclear="missing"` if that is right, or '
                '`unclear="drop"` to leave these rows out of all tasks.',
                stacklevel=5,
            )
        return labels, kept, tuple(notes)

    def _reader(self, rows: np.ndarray, place: bool | Path) -> RowReader:
        folder = place if isinstance(place, Path) else None
        if place is not False:
            _check_room(self._found, self._inputs, len(rows), folder)
        if self._found.has_random_access:
            reader = SourceRows(self._inputs)
            return CachedRows(reader, rows, folder) if place is not False else reader
        streamed = StreamedRows(self._inputs, rows, folder)
        if self._at_once:
            stored = np.zeros(self._inputs.num_rows, bool)
            stored[rows] = True
            for held in self._held.values():
                there = stored[held.rows]
                paths = {one.path for one in self._inputs.features.values()}
                streamed.put(held.rows[there], {path: held.columns[path][there] for path in paths})
        return streamed


def _joined(read: Sequence[tuple[int, Columns]]) -> _Held:
    rows = np.concatenate([offset + columns.numbers for offset, columns in read])
    paths = read[0][1].values
    values = {path: np.concatenate([one.values[path] for _, one in read]) for path in paths}
    return _Held(rows, values)


def _offsets(found: TfdsBuilder, read: Mapping[Piece, Columns]) -> tuple[dict[str, int], int]:
    """Return the number of the first row of each split, and the number of all rows."""
    lengths = found.lengths or {
        piece.split: len(columns.numbers) for piece, columns in read.items()
    }
    offsets, total = {}, 0
    for split in sorted(lengths):
        offsets[split] = total
        total += lengths[split]
    return offsets, total


def _left_out(task: FeatureTask, read: ReadTask, unclear: str | None, rows: int) -> str:
    """Return a sentence on the rows without a class.

    Raises:
        InvalidLabels: There must not be any.
    """
    names = [feature.path for feature in task.features]
    counted = (
        f"{read.none + read.several:,} of {rows:,} rows have no class of `{task.name}`: "
        f"{read.none:,} have none of {names}, {read.several:,} have several"
    )
    if unclear == ERROR:
        raise InvalidLabels(
            f'{counted}. Give `unclear="missing"` or `unclear="drop"`, or other attributes.'
        )
    return f"{counted}; {'they were left out' if unclear == DROP else 'they have no label'}."


def _checked_cache(cache: Any) -> bool | Path:
    if isinstance(cache, bool):
        return cache
    folder = folder_path("cache", cache)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _check_room(found: TfdsBuilder, inputs: TfdsInputs, rows: int, folder: Path | None) -> None:
    """Refuse inputs that do not fit where they are to be kept.

    Raises:
        InvalidTaskData: They do not.
    """
    needed = rows * sum(spec.row_bytes for spec in inputs.specs.values())
    room = (
        int(available_memory() * SHARE_OF_MEMORY)
        if folder is None
        else shutil.disk_usage(folder).free
    )
    if needed > room:
        where = "into memory" if folder is None else f"into {folder}"
        again = ", or `cache=False`" if found.has_random_access else ""
        raise InvalidTaskData(
            f"The inputs of {rows:,} rows of `{found.name}` need {needed / 2**30:.1f} GiB, and do "
            f"not fit {where}, where {room / 2**30:.1f} GiB are free. Give a smaller `size`, a "
            f"part of the `split`, or `cache=` a folder on a disk with more room{again}."
        )
