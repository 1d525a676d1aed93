"""Files and folders that are either the old ones or the new ones, whenever a process is killed.

The new one is written under another name in the same folder, then renamed: a rename is atomic, but
only within one file system. What a killed process has left is found by the next one that writes to
the same path.
"""

from __future__ import annotations

import errno
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from keras_mtl.common.left_behind import (
    REPLACED,
    UNFINISHED,
    left_behind,
    temporary_path,
    tidy_up,
)
from keras_mtl.common.owned_paths import delete, owned

DISK_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""The errors of a disk that is full, or of which the user has had enough."""


@contextmanager
def written_whole_file(path: str | Path, *, keep: str | Path | None = None) -> Iterator[Path]:
    """Give a path to write a file to; it replaces `path` if all goes well, and is gone if not.

    Args:
        path: Where it goes.
        keep: Where the file goes that it replaces, if that one is to be kept. A process that is
            killed between the two renames leaves nothing at `path`, and a whole file at `keep`.

    Raises:
        OSError: Nothing can be written there; the path is in the message.
    """
    path = Path(path)
    tidy_up(path)
    unfinished = temporary_path(path, UNFINISHED)
    with owned(unfinished), _naming(path):
        try:
            yield unfinished
            _flush(unfinished)
            if keep is not None and path.exists():
                path.replace(keep)
            unfinished.replace(path)
        finally:
            unfinished.unlink(missing_ok=True)


def nothing(path: Path) -> bool:
    """Return that what is at a path is not to be replaced."""
    return False


@contextmanager
def written_whole_folder(
    path: str | Path,
    *,
    replaces: Callable[[Path], bool] = nothing,
    unfinished: Path | None = None,
    flush: bool = True,
) -> Iterator[Path]:
    """Give an empty folder to write in; it becomes `path` if all goes well, and is gone if not.

    Args:
        path: Where it goes.
        replaces: Whether it replaces what is at a path; asked once it is written, of what is there
            then. By default it replaces nothing.
        unfinished: The folder to write in, in the same parent folder; by default one with a hidden
            name, which `left_unfinished` finds.
        flush: Whether the files are on the disk before the rename. False is faster, for files whose
            reader checks that they are whole.

    Raises:
        FileExistsError: Something is there that is not to be replaced.
        OSError: Nothing can be written there; the path is in the message.
    """
    path = Path(path)
    tidy_up(path, replaces)
    unfinished = temporary_path(path, UNFINISHED) if unfinished is None else unfinished
    with owned(unfinished), _naming(path):
        unfinished.mkdir()
        try:
            yield unfinished
            for file in unfinished.rglob("*") if flush else ():
                if file.is_file():
                    _flush(file)
            _put(unfinished, path, replaces)
        finally:
            delete(unfinished)
    tidy_up(path, replaces)


def left_unfinished(path: str | Path) -> list[Path]:
    """Return unfinished files for `path`, of processes that were killed or are still writing."""
    return [found for found in left_behind(Path(path)) if found.suffix == UNFINISHED]


def write_json(path: str | Path, state: Any) -> None:
    """Write a JSON file, whole or not at all."""
    with written_whole_file(path) as unfinished:
        unfinished.write_text(json.dumps(state), encoding="utf-8")


def read_json(path: str | Path) -> Any:
    """Read a JSON file.

    Raises:
        ValueError: It is damaged.
    """
    try:
        return json.loads(Path(path).read_bytes())
    except (ValueError, RecursionError) as error:  # No JSON, or no UTF-8.
        raise damaged_file(path, str(error)) from error


def damaged_file(path: str | Path, reason: str) -> ValueError:
    """Return the error that a file written here is not as it was written."""
    return ValueError(
        f"`{path}` is damaged: {reason}. Writes are atomic, so a killed process cannot cause "
        "this; put back a copy of the file."
    )


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Put the path into the errors of a full disk, which those of a write lack."""
    try:
        yield
    except OSError as error:
        if error.errno not in DISK_FULL or error.filename is not None:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _flush(file: Path) -> None:
    """Wait until the file is on disk: otherwise a power failure may keep only the rename."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _put(new: Path, path: Path, replaces: Callable[[Path], bool]) -> None:
    """Rename `new` to `path`; what is there comes back if that fails."""
    # A rename would replace an empty folder without a word.
    if not os.path.lexists(path):
        _rename(new, path)
        return
    if not replaces(path):
        raise _appeared(path)
    # Unlike a file, a folder that is not empty cannot be replaced by one rename.
    old = temporary_path(path, REPLACED)
    path.rename(old)
    try:
        if not replaces(old):  # It is another one since it was looked at.
            raise _appeared(path)
        _rename(new, path)
    except BaseException:
        if not os.path.lexists(path):
            old.rename(path)
        raise
    delete(old)


def _rename(new: Path, path: Path) -> None:
    try:
        new.rename(path)
    except OSError as error:
        if os.path.lexists(path):
            raise _appeared(path) from error
        raise


def _appeared(path: Path) -> FileExistsError:
    return FileExistsError(errno.EEXIST, "Something else has come to this path", str(path))
