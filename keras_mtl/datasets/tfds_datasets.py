"""The parts of a data set of tensorflow-datasets as the data of tasks."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.batches.row_reader import RowReader
from keras_mtl.caching.storage.available_memory import available_memory
from keras_mtl.common.arguments import folder_path
from keras_mtl.datasets.column_targets import Column, ReadTargets, read_targets
from keras_mtl.datasets.feature_inputs import checked_inputs
from keras_mtl.datasets.feature_targets import FeatureTargets
from keras_mtl.datasets.feature_tree import CLASS
from keras_mtl.datasets.label_columns import label_column
from keras_mtl.datasets.multi_task_dataset import MultiTaskDataset, checked_budgets
from keras_mtl.datasets.named_targets import check_by_task
from keras_mtl.datasets.one_of_columns import warn_of_unclear
from keras_mtl.datasets.resizing import Size
from keras_mtl.datasets.row_groups import RowGroups, check_groups_apart, checked_groups_name
from keras_mtl.datasets.row_store import CachedRows
from keras_mtl.datasets.tfds_builders import Piece, TfdsBuilder
from keras_mtl.datasets.tfds_parts import Columns, Parts, checked_parts, read_columns
from keras_mtl.datasets.tfds_rows import SourceRows, StreamedRows, TfdsInputs
from keras_mtl.errors import InvalidTaskData

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
    groups: str | None,
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
    asked = FeatureTargets.checked(found.tree, tasks)
    asked = asked.with_groups(found.tree, checked_groups_name(groups, asked.targets))
    kinds = {**asked.kinds, **check_by_task("kinds", kinds, asked.targets)}
    classes = check_by_task("classes", classes, asked.targets)
    budgets = checked_budgets(labels, tuple(asked.targets))
    parts = checked_parts(found, split)
    if place is False and not found.has_random_access:
        raise ValueError(
            f"`cache=False` needs files whose rows can be read in any order. Those of "
            f"`{found.name}` are {found.file_format}: keep `cache=True`, give a folder, or prepare "
            'the data set with `file_format="array_record"`.'
        )
    read = _Read(found, parts, asked, TfdsInputs(found, features, size, is_single, {}, 0))
    known = read_targets(read.columns(kinds), asked.targets, kinds, classes, unclear)
    warn_of_unclear(known.notes, unclear, stacklevel=4)
    return read.datasets(known, budgets, place, seed)


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
        asked: FeatureTargets,
        inputs: TfdsInputs,
    ) -> None:
        self._found = found
        self._parts = parts
        self._asked = asked
        columns = asked.read
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

    def columns(self, kinds: Mapping[str, str]) -> dict[str, Column]:
        """Return the features that are labels, of the rows of all parts."""
        held = self._held.values()
        return self._asked.columns(
            {
                path: np.concatenate([one.columns[path] for one in held])
                for path in self._asked.features
            },
            kinds,
        )

    def datasets(
        self, known: ReadTargets, budgets: Mapping[str, int], place: bool | Path, seed: int
    ) -> Any:
        """Return what `load` returns; `known` are the labels of the rows of all parts."""
        kept = ~known.dropped
        together = self._groups()
        rows = np.concatenate([held.rows for held in self._held.values()])
        reader = self._reader(rows[kept], place)
        start = 0
        made: dict[str, MultiTaskDataset] = {}
        for part, held in self._held.items():
            inside = np.arange(start, start + len(held.rows))
            start += len(held.rows)
            inside = inside[kept[inside]]
            here = {task: one.at(inside) for task, one in known.labels.items()}
            made[part] = MultiTaskDataset(
                reader,
                rows[inside],
                here,
                part=part,
                notes=known.notes,
                groups=None if together is None else together.at(inside),
            )
        check_groups_apart({part: data.groups for part, data in made.items()})
        if self._parts.shares is not None:
            made = made["all"].split(self._parts.shares, seed=seed)
        limited = self._parts.with_budgets
        if limited is not None and budgets:
            made[limited] = made[limited].budget(budgets, seed=seed)
        if self._parts.form == "one":
            return next(iter(made.values()))
        return list(made.values()) if self._parts.form == "list" else made

    def _groups(self) -> RowGroups | None:
        """Return which of the rows of all parts belong together."""
        if self._asked.groups is None:
            return None
        path = self._asked.groups.path
        values = np.concatenate([held.columns[path] for held in self._held.values()])
        values, missing = label_column(values, measured=True)
        if self._asked.groups.kind == CLASS:  # Which writes -1 for no class.
            missing = missing | (values < 0)
        return RowGroups.checked(path, values, missing)

    def _pieces(self) -> list[Piece]:
        return [piece for pieces in self._parts.pieces.values() for piece in pieces]

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
