"""Pictures in folders, one for each class."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.datasets.picture_files import shown
from keras_mtl.datasets.task_labels import TaskLabels
from keras_mtl.errors import InvalidTaskData

PARTS = {"train", "training", "test", "testing", "val", "valid", "validation", "dev"}
"""Names of folders that look like those of parts, not of classes."""


class ClassFolders(NamedTuple):
    """Pictures with the class that their folder says.

    Attributes:
        names: The names of the pictures.
        labels: Their labels.
        notes: Sentences on folders and pictures that were left out.
    """

    names: list[str]
    labels: TaskLabels
    notes: tuple[str, ...]


def classes_of_folders(
    folder: Path, names: Sequence[str], classes: Sequence[str] | None, on_bad: str
) -> ClassFolders:
    """Return the class of each picture: the name of the folder in `folder` that it is in.

    Args:
        folder: The folder of the classes.
        names: The paths of the pictures, relative to it.
        classes: The names of the classes in the order of their numbers; None for the folders that
            hold pictures, in the order of the alphabet.
        on_bad: `"error"` to refuse pictures that are in no folder of a class, `"skip"` to leave
            them out.

    Raises:
        InvalidTaskData: There are fewer than two classes, the folders are parts and not classes,
            there are pictures in no folder, or a folder is none of the classes.
    """
    inside = [name for name in names if "/" in name]
    loose = [name for name in names if "/" not in name]
    found = sorted({name.partition("/")[0] for name in inside})
    if found and all(one.lower() in PARTS for one in found):
        raise InvalidTaskData(
            f"The folders in {str(folder)!r} look like parts, not like classes: {found}. Read each "
            f"of them, such as `from_folder({str(folder / found[0])!r})`, with the same `classes`."
        )
    if loose and inside and on_bad != "skip":
        raise InvalidTaskData(
            f"{len(loose):,} pictures are in no folder of a class: {shown(loose)}. Move them, or "
            'leave them out by `on_bad="skip"`.'
        )
    known = list(found if classes is None else classes)
    for one in found:
        if one not in known:
            raise InvalidTaskData(
                f"The folder {one!r} is none of the `classes` {known}.{did_you_mean(one, known)}"
            )
    if len(known) < 2:
        raise InvalidTaskData(
            f"{str(folder)!r} needs a folder of pictures for each of two or more classes, or a "
            f"table with labels (`table=...`). Received: {found or 'no folder with pictures'}."
        )
    empty = sorted(
        one.name
        for one in folder.iterdir()
        if one.is_dir() and one.name not in found and not one.name.startswith((".", "__"))
    )
    notes = [f"Folders without pictures were left out: {shown(empty)}."] if empty else []
    if loose:
        notes.append(f"{len(loose):,} pictures in no folder of a class were left out.")
    codes = np.array([known.index(name.partition("/")[0]) for name in inside], np.int32)
    labels = TaskLabels(codes, np.ones(len(codes), bool), classes=tuple(known))
    return ClassFolders(inside, labels, tuple(notes))
