"""The folder of an exported model: checked before the work, written whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from keras_mtl.common.arguments import is_whole_number
from keras_mtl.common.atomic_files import nothing, written_whole_folder
from keras_mtl.common.left_behind import tidy_up
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.common.owned_paths import delete, is_abandoned
from keras_mtl.errors import ExportError, ExportPathExists, ExportPathNotWritable
from keras_mtl.serving.manifest import is_export

ABANDONED = 600.0
"""Seconds without a write after which a folder of an earlier version counts as abandoned."""
NEXT = "next"
"""The version after the last one that is there."""
LARGEST_VERSION = 2**63 - 1
"""TensorFlow Serving reads versions as signed integers of 64 bits."""

_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)
_SAVED_BY_KERAS = (".keras", ".h5", ".hdf5")
_CONVERTED = {".onnx": "onnx", ".tflite": "litert", ".xml": "openvino"}


@dataclass(frozen=True)
class Target:
    """Where a model is exported to.

    Attributes:
        path: The folder of the export.
        whole: The folder that is put in its place by one rename: `path`, or the folder around it
            where it holds the first version.
        overwrite: Whether an exported model at `whole` is replaced.
    """

    path: Path
    whole: Path
    overwrite: bool


def checked_target(path: Any, *, version: Any, overwrite: bool) -> Target:
    """Return where a model is exported to; mend what a killed process left there.

    Args:
        path: The folder of the export, or the folder of its versions.
        version: None, a whole number, or `"next"`.
        overwrite: Whether an exported model that is there is replaced.

    Raises:
        ExportError: Nothing can be written there.
        ValueError: `version` is none of these.
    """
    if version is None:
        path = checked_path(path, overwrite=overwrite)
        return Target(path, path, overwrite)
    _check_version(version)
    base = _path(path)
    _check_suffix(base)
    if os.path.lexists(base) and (not base.is_dir() or is_export(base)):
        what = "an exported model itself" if base.is_dir() else "not a folder"
        raise ExportPathExists(
            f"`{base}` is {what}, so it holds no versions. Give another path, or leave `version` "
            "out."
        )
    _check_place(base)
    if not base.is_dir():
        # The versions are written with the folder around them: a failure leaves neither.
        return Target(base / ("1" if version == NEXT else str(int(version))), base, False)
    there = versions_in(base)
    number = max(there, default=0) + 1 if version == NEXT else int(version)
    if number in there and not overwrite:
        raise ExportPathExists(
            f"Version {number} is in `{base}` already; the versions there are {there}. Give "
            f'`version={max(there) + 1}` or `version="next"`, or replace it with `overwrite=True`.'
        )
    path = checked_path(base / str(number), overwrite=overwrite)
    return Target(path, path, overwrite)


def checked_path(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return the path if a model can be exported there; mend what a killed process left.

    Raises:
        ExportError: Nothing can be written there.
    """
    path = _path(path)
    _check_suffix(path)
    _check_place(path)
    if os.path.lexists(path):
        if not overwrite:
            raise ExportPathExists(
                f"`{path}` exists. Give another path, or replace an exported model with "
                "`overwrite=True`."
            )
        if not is_export(path):
            raise ExportPathExists(
                f"`{path}` is not an exported model, so it is not overwritten. Give another path."
            )
    return path


@contextmanager
def written_whole_export(target: Target | Path, *, overwrite: bool = False) -> Iterator[Path]:
    """Give an empty folder to write in, which becomes the export if all goes well.

    Raises:
        ExportError: It cannot be written, or something else has come to the path meanwhile.
    """
    if isinstance(target, Path):
        target = Target(target, target, overwrite)
    replaces = is_export if target.overwrite else nothing
    try:
        with written_whole_folder(target.whole, replaces=replaces) as folder:
            inner = folder / target.path.relative_to(target.whole)
            inner.mkdir(exist_ok=True)
            yield inner
    except FileExistsError as error:
        raise ExportPathExists(
            f"Something has come to `{target.whole}` while the model was being written. It is left "
            "as it is, and the model is not exported. Give another path."
        ) from error
    except ExportError:
        raise
    except OSError as error:
        raise _not_written(target.path, error) from error


def versions_in(base: Path) -> list[int]:
    """Return the numbers of the versions in a folder, in order."""
    names = [entry.name for entry in os.scandir(base) if entry.is_dir()]
    return sorted(int(name) for name in names if name.isascii() and name.isdigit())


def _path(path: Any) -> Path:
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise ExportError(f"`path` is the path of a folder. Received: {path!r}.")
    return Path(path)


def _check_version(version: Any) -> None:
    if version == NEXT or (is_whole_number(version, least=0) and version <= LARGEST_VERSION):
        return
    raise ValueError(
        f'`version` is None, a whole number from 0 on, or "next". Received: {version!r}.'
        f"{did_you_mean(version, [NEXT])}"
    )


def _check_place(path: Path) -> None:
    """Refuse a path in no folder, and a name that no folder can have; mend what is left there."""
    if not path.parent.is_dir():
        raise ExportError(
            f"`{path}` cannot be written: `{path.parent}` is not a folder. Create it first, or "
            "give another path."
        )
    _check_name(path)
    _mend(path)


def _check_suffix(path: Path) -> None:
    folder = path.with_suffix("")
    if path.suffix in _SAVED_BY_KERAS:
        raise ExportError(
            f"`{path}` is the name of a file of Keras; `export` writes a folder, a SavedModel. "
            f'Call `model.save("{path}")`, or give the name of a folder: "{folder}".'
        )
    if path.suffix in _CONVERTED:
        raise ExportError(
            f"`{path}` is the name of a {path.suffix} file; `export` writes a folder, by default a "
            f'SavedModel. Give the name of a folder and the format: `export(model, "{folder}", '
            f'format="{_CONVERTED[path.suffix]}")`.'
        )


def _check_name(path: Path) -> None:
    """Refuse a name that no file can have, before the work."""
    try:
        os.lstat(path)
    except FileNotFoundError:
        return
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ExportError(
            f"`{path.parent}` takes no folder with the name `{path.name[:40]}...`, of "
            f"{len(path.name)} characters: {reason}. Give another name."
        ) from error


def _mend(path: Path) -> None:
    """Remove what killed exports left; a model that they set aside comes back."""
    try:
        _remove_what_earlier_versions_left(path.parent)
        tidy_up(path, is_export)
    except OSError as error:
        raise _not_written(path, error) from error


def _not_written(path: Path, error: OSError) -> ExportError:
    kind = ExportPathNotWritable if error.errno in _NOT_ALLOWED else ExportError
    return kind(
        f"`{path}` cannot be written: {error}. Give a path in a folder that you can write in, on a "
        "disk with space left."
    )


def _remove_what_earlier_versions_left(folder: Path) -> None:
    """Remove unfinished exports of the first version, whose names say nothing of their processes.

    One that holds a model which was set aside stays: it may be the only one.
    """
    for found in folder.glob(".exporting-*"):
        if not (found / "old").exists() and is_abandoned(found, ABANDONED):
            delete(found)
