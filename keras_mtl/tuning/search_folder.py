"""The folder of a search: where it may be, and what `overwrite` may delete of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from keras_mtl.common.arguments import folder_path
from keras_mtl.common.locks import AlreadyLocked, locked
from keras_mtl.errors import FolderInUse
from keras_mtl.tuning.search_files import ORACLE, TRIAL, NotWritable

LOCK = ".lock"
ALONE = "tuner0.json"
"""The state file of a search on one machine: deleted even if damage made it unreadable."""


def search_folder(directory: object, project_name: object) -> Path:
    """Return the folder of a search.

    Args:
        directory: The folder of all searches; None for the working directory.
        project_name: The name of the folder of this search in it.

    Raises:
        ValueError: `directory` is no path, or `project_name` reaches elsewhere.
    """
    parent = Path() if directory is None else folder_path("directory", directory)
    return parent / _checked_name(project_name)


def make_folder(folder: Path) -> None:
    """Make the folder of a search, unless it is there.

    Raises:
        SearchNotWritable: It cannot be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise NotWritable.because(folder, error) from error


@contextmanager
def locked_search(folder: Path) -> Iterator[None]:
    """Keep other processes from searching in a folder.

    Raises:
        FolderInUse: Another process searches there.
        SearchNotWritable: Nothing can be written there.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(folder / LOCK))
        except AlreadyLocked as error:
            raise FolderInUse(
                f"`{folder}` is in use by {error.owner}. Wait until it ends, or use another folder."
            ) from None
        except OSError as error:
            raise NotWritable.because(folder, error) from error
        yield


def delete_search(folder: Path) -> None:
    """Delete the files of a search; other files in its folder stay.

    Args:
        folder: The folder of the search, which no other process uses.

    Raises:
        ValueError: The folder holds files, and none of them is of a search by `CutTuner`.
        SearchNotWritable: A file cannot be deleted.
    """
    present = [path for path in folder.iterdir() if not path.name.startswith(".")]
    # A chief and its workers have a file each.
    states = [path for path in folder.glob("*.json") if _mentions(path, b'"search"')]
    trials = [path for path in folder.glob("trial_*") if _mentions(path / TRIAL, b'"phase"')]
    if present and not states and not trials:
        raise ValueError(
            f"`overwrite=True` deletes the search in `{folder}`, but there is none of `CutTuner`, "
            f"only {sorted(path.name for path in present)[:3]}. Pass another `project_name`."
        )
    numbered = [path for path in folder.glob("trial_*") if path.name[len("trial_") :].isdecimal()]
    # What says that this is a search goes last: a process killed here leaves a search.
    try:
        for path in [*numbered, folder / ORACLE, folder / ALONE, *states]:
            _delete(path)
    except OSError as error:
        raise NotWritable.because(folder, error) from error


def _checked_name(name: object) -> str:
    separated = isinstance(name, str) and any(one in name for one in "/\\\0")
    if not isinstance(name, str) or separated or name.strip() in ("", ".", ".."):
        raise ValueError(
            "`project_name` is the name of one folder, without separators; `directory` is the "
            f"path of the folder that holds it. Received: {name!r}."
        )
    return name


def _mentions(path: Path, text: bytes) -> bool:
    """Return whether a file, which may be damaged, contains a text."""
    return path.is_file() and text in path.read_bytes()


def _delete(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    elif os.path.lexists(path):
        path.unlink()
