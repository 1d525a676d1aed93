"""Folders of pictures as the data of several tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.common.arguments import folder_path, one_of, random_seed
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.datasets.class_folders import classes_of_folders
from keras_mtl.datasets.column_targets import frame_targets
from keras_mtl.datasets.frame_reading import check_columns, read_frame
from keras_mtl.datasets.multi_task_dataset import MultiTaskDataset, in_parts
from keras_mtl.datasets.named_targets import check_by_task, named_targets, names_of
from keras_mtl.datasets.one_of_columns import warn_of_unclear
from keras_mtl.datasets.picture_files import SUFFIXES, PictureForm, find_pictures, shown
from keras_mtl.datasets.picture_rows import checked_cache, read_pictures
from keras_mtl.datasets.picture_tables import PictureIndex, find_table, match
from keras_mtl.datasets.row_groups import RowGroups, checked_groups_name, frame_groups
from keras_mtl.datasets.task_labels import TaskLabels
from keras_mtl.errors import DataNotFound, InvalidTaskData

ON_BAD = ("error", "skip")
TASK = "class"
"""The task of folders of classes, where it has no other name."""
INPUT = "image"


class Labelled(NamedTuple):
    """Pictures and their labels.

    Attributes:
        names: The names of the pictures, relative to the folder.
        labels: By task the labels of these pictures.
        notes: Sentences on what was left out.
        groups: Which pictures belong together; None if each stands alone.
    """

    names: list[str]
    labels: dict[str, TaskLabels]
    notes: tuple[str, ...]
    groups: RowGroups | None = None


def from_folder(
    path: Any,
    tasks: Any = None,
    *,
    table: Any = None,
    files: str | None = None,
    size: tuple[int, int] | None = None,
    color_mode: str = "rgb",
    labels: Mapping[str, int] | None = None,
    split: Mapping[str, float] | None = None,
    groups: str | None = None,
    seed: int = 0,
    kinds: Mapping[str, str] | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
    on_bad: str = "error",
    unclear: str | None = None,
    cache: bool | str | PathLike[str] = True,
) -> MultiTaskDataset | dict[str, MultiTaskDataset]:
    """Read a folder of pictures as the data of several tasks.

    Either each class has a folder of pictures (`animals/cat/1.png`), which gives one task, or there
    is a table with a row for each picture, which has the labels of any number of tasks.

    Args:
        path: The folder. Pictures in folders inside it count too, hidden ones do not.
        tasks: With folders of classes the name of the task, `"class"` by default. With a table for
            each task the column with its labels, as for `from_frame`:
            `{"sex": "Male", "hair": ["Black_Hair", "Blond_Hair"]}`.
        table: The table: a CSV or Parquet file, by its path or by its name in the folder, or a
            `pandas.DataFrame`. By default the only table in the folder, if `tasks` are given; False
            for folders of classes beside a table.
        files: The column with the names of the pictures, relative to the folder, with or without
            the end of the name. It is found by default.
        size: `(height, width)` in pixels: pictures are resized bilinearly (antialiased), their
            proportions not kept. None, the default, for pictures of one size.
        color_mode: `"rgb"` (the default), `"grayscale"` or `"rgba"`.
        labels: How many pictures are labelled, by task, such as `{"hair": 100}`: drawn stratified
            and nested, as by `nested_budget`.
        split: The share of the pictures of each part, such as `{"train": 0.8, "test": 0.2}`. No
            picture is in two parts, whatever the task.
        groups: The column of the table that says which pictures belong together, such as the
            number of a person: all pictures of a group are in one part. None, the default, if each
            picture stands alone.
        seed: Seed of all draws, 0 by default.
        kinds: The kinds of some tasks, as for `from_frame`.
        classes: For some tasks the names of the classes in the order of their numbers. By default
            the folders or the labels that occur, in the order of the alphabet.
        on_bad: `"error"` (the default) refuses files that cannot be decoded, rows without a picture
            and pictures without a row, with the first ten names. `"skip"` leaves them out, and says
            how many.
        unclear: As for `from_frame`, where a task has several columns.
        cache: Where decoded pictures are kept: True, the default, in memory; a folder, in temporary
            files there, for what does not fit into memory; False to decode them whenever they are
            needed.

    Returns:
        The data, a mapping by task that `MultiTaskModel.fit` takes as it is, `data["hair"]` what
        `fit`, `compare` and the other verbs take; with `split` a dict of such by part. Pictures are
        uint8 of shape `(height, width, channels)`, 0 to 255: scale them in the model, by
        `keras.layers.Rescaling`. All are decoded once to be checked.

    Raises:
        MissingExtra: pandas is not installed, which tables need.
        DataNotFound: There is no such folder or table.
        InvalidTaskData: There are no pictures, they cannot be decoded, differ in size and no `size`
            is given, or do not match the table; or a task has no label at all.
        InvalidLabels: Labels do not fit the kind of a task.
        TypeError, ValueError: An argument is not what it must be.

    Example:
        >>> import keras, keras_mtl, numpy as np, pathlib, tempfile
        >>> folder = pathlib.Path(tempfile.mkdtemp())
        >>> for number in range(6):
        ...     where = folder / ["cat", "dog"][number % 2]
        ...     where.mkdir(exist_ok=True)
        ...     keras.utils.save_img(where / f"{number}.png", np.full((8, 8, 3), number))
        >>> data = keras_mtl.datasets.from_folder(folder, "animal")
        >>> data["animal"].classes, data["animal"].x.shape
        (('cat', 'dog'), (6, 8, 8, 3))
    """
    one_of("on_bad", on_bad, ON_BAD)
    form, place = PictureForm.checked(size, color_mode), checked_cache(cache)
    seed = random_seed("seed", seed)
    folder = folder_path("path", path)
    if not folder.is_dir():
        there = [one.name for one in folder.parent.iterdir()] if folder.parent.is_dir() else []
        raise DataNotFound(f"There is no folder {str(folder)!r}.{did_you_mean(folder.name, there)}")
    names = find_pictures(folder)
    if not names:
        raise InvalidTaskData(
            f"{str(folder)!r} holds no pictures: no file ends with one of {', '.join(SUFFIXES)}."
        )
    found = _table(folder, table, tasks)
    if found is None:
        if groups is not None:
            raise ValueError(
                "`groups` is a column of a table, and folders of classes have none. Received: "
                f"{groups!r}. Write a table of the pictures with their labels and groups, "
                '`table="labels.csv"`.'
            )
        labelled = _by_folders(folder, names, tasks, classes, kinds, on_bad)
    else:
        labelled = _by_table(
            folder, names, found, tasks, files, kinds, classes, on_bad, unclear, groups
        )
    pictures = read_pictures(folder, labelled.names, form, INPUT, on_bad, place)
    known = {task: one.at(pictures.kept) for task, one in labelled.labels.items()}
    notes = labelled.notes
    if pictures.bad:
        bad = f"{len(pictures.bad):,} pictures that cannot be decoded: {shown(pictures.bad)}"
        notes += (f"{bad}; left out.",)
    # The folder is sorted, by class or else by time: a training that takes the last rows for
    # validation would hold out one class.
    order = np.random.default_rng(seed).permutation(len(pictures.kept))
    mixed = {task: one.at(order) for task, one in known.items()}
    together = labelled.groups and labelled.groups.at(pictures.kept[order])
    data = MultiTaskDataset(pictures.reader, order, mixed, notes=notes, groups=together)
    return in_parts(data, split, labels, seed)


def _table(folder: Path, table: Any, tasks: Any) -> Any:
    """Return the table, which may be named relative to the folder; None for folders of classes."""
    if table is None:
        return None if tasks is None else find_table(folder)
    if table is False:
        return None
    if isinstance(table, str | Path) and (folder / table).is_file():
        return folder / table
    return table


def _by_folders(
    folder: Path, names: Sequence[str], tasks: Any, classes: Any, kinds: Any, on_bad: str
) -> Labelled:
    if isinstance(tasks, list | tuple) and len(tasks) == 1:
        tasks = tasks[0]
    task = TASK if tasks is None else tasks
    if not isinstance(task, str):
        raise InvalidTaskData(
            "Folders of classes are the labels of one task, whose name is `tasks`, such as "
            '`tasks="animal"`; for several tasks give a table with their labels, '
            f'`table="labels.csv"`. Received: tasks={tasks!r}.'
        )
    check_by_task("kinds", kinds, [task])
    given = check_by_task("classes", classes, [task])
    read = classes_of_folders(folder, names, given.get(task), on_bad)
    return Labelled(read.names, {task: read.labels}, read.notes)


def _by_table(
    folder: Path,
    names: Sequence[str],
    table: Any,
    tasks: Any,
    files: str | None,
    kinds: Any,
    classes: Any,
    on_bad: str,
    unclear: str | None,
    groups: str | None,
) -> Labelled:
    targets = named_targets(tasks)
    kinds = check_by_task("kinds", kinds, targets)
    classes = check_by_task("classes", classes, targets)
    frame = read_frame(table, "table")
    check_columns(
        names_of(targets), frame, "tasks", "the table (`table=False` for folders of classes)"
    )
    checked_groups_name(groups, targets)
    check_columns([groups] if groups else [], frame, "groups", "the table")
    index = PictureIndex(folder, names)
    matches = match(frame, files, index, names, on_bad)
    rows = frame.iloc[matches.rows].reset_index(drop=True)
    together = frame_groups(rows, groups, "the table")
    read = frame_targets(rows, targets, kinds, classes, unclear)
    warn_of_unclear(read.notes, unclear, stacklevel=4)
    kept = np.flatnonzero(~read.dropped)
    return Labelled(
        [matches.names[row] for row in kept],
        {task: one.at(kept) for task, one in read.labels.items()},
        (*matches.notes, *read.notes),
        together and together.at(kept),
    )
