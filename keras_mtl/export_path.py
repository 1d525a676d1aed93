"""The folder of an exported model: checked before the work, written whole or not at all."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from keras_mtl.common.atomic_files import nothing, written_whole_folder
from keras_mtl.common.left_behind import tidy_up
from keras_mtl.common.owned_paths import delete, is_abandoned
from keras_mtl.errors import ExportError, ExportPathExists, ExportPathNotWritable

ABANDONED = 600.0
"""Seconds without a write after which a folder of an earlier version counts as abandoned."""

_NOT_ALLOWED = (errno.EACCES, errno.EPERM, errno.EROFS)
_SAVED_BY_KERAS = (".keras", ".h5", ".hdf5")
_CONVERTED = (".onnx", ".tflite")


def checked_path(path: str | os.PathLike[str], *, overwrite: bool) -> Path:
    """Return the path if a model can be exported there; mend what a killed process left.

    Raises:
        ExportError: Nothing can be written there.
    """
    path = Path(path)
    _check_suffix(path)
    if not path.parent.is_dir():
        raise ExportError(
            f"`{path}` cannot be written: `{path.parent}` is not a folder. Create it first, or "
            "give another path."
        )
    _check_name(path)
    _mend(path)
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
def written_whole_export(path: Path, *, overwrite: bool) -> Iterator[Path]:
    """Give an empty folder to write in, which becomes `path` if all goes well.

    Raises:
        ExportError: It cannot be written, or something else has come to `path` meanwhile.
    """
    try:
        with written_whole_folder(path, replaces=is_export if overwrite else nothing) as folder:
            yield folder
    except FileExistsError as error:
        raise ExportPathExists(
            f"Something has come to `{path}` while the model was being written. It is left as it "
            "is, and the model is not exported. Give another path."
        ) from error
    except OSError as error:
        raise _not_written(path, error) from error


def is_export(path: Path) -> bool:
    """Return whether an exported model is at a path."""
    return (path / "saved_model.pb").is_file()


def _check_suffix(path: Path) -> None:
    if path.suffix in _SAVED_BY_KERAS:
        raise ExportError(
            f"`{path}` is the name of a file of Keras; `export` writes a folder, a SavedModel. "
            f'Call `model.save("{path}")`, or give the name of a folder: "{path.with_suffix("")}".'
        )
    if path.suffix in _CONVERTED:
        raise ExportError(
            f"`{path}` is the name of a {path.suffix} file; `export` writes a folder, a "
            f'SavedModel. Give the name of a folder, "{path.with_suffix("")}", and convert what is '
            f"written there, or call `keras_mtl.to_plain(model).export`."
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
