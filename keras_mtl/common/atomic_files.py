"""Files and folders that are either the old ones or the new ones, whenever a process is killed.

The new one is written under another name in the same folder, then renamed: a rename is atomic, but
only within one file system.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

UNFINISHED = ".unfinished"
"""The ending of the names of files that are being written."""


@contextmanager
def written_whole_file(path: str | Path, *, keep: str | Path | None = None) -> Iterator[Path]:
    """Give a path to write a file to; it replaces `path` if all goes well, and is gone if not.

    Args:
        path: Where it goes.
        keep: Where the file goes that it replaces, if that one is to be kept. A process that is
            killed between the two renames leaves nothing at `path`, and a whole file at `keep`.
    """
    unfinished = _unfinished_name(Path(path))
    try:
        yield unfinished
        _flush(unfinished)
        if keep is not None and Path(path).exists():
            Path(path).replace(keep)
        unfinished.replace(path)
    finally:
        unfinished.unlink(missing_ok=True)


@contextmanager
def written_whole_folder(
    path: str | Path,
    *,
    overwrite: bool = False,
    unfinished: Path | None = None,
    flush: bool = True,
) -> Iterator[Path]:
    """Give an empty folder to write in; it becomes `path` if all goes well, and is gone if not.

    Args:
        path: Where it goes.
        overwrite: Whether it replaces what is there.
        unfinished: The folder to write in, in the same parent folder; by default one with a hidden
            name, which `left_unfinished` finds.
        flush: Whether the files are on the disk before the rename. False is faster, for files whose
            reader checks that they are whole.

    Raises:
        OSError: Something is there that is not to be replaced, or nothing can be written.
    """
    unfinished = _unfinished_name(Path(path)) if unfinished is None else unfinished
    unfinished.mkdir()
    try:
        yield unfinished
        for file in unfinished.rglob("*") if flush else ():
            if file.is_file():
                _flush(file)
        _put(unfinished, Path(path), overwrite)
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def left_unfinished(path: str | Path) -> list[Path]:
    """Return unfinished files for `path`, of processes that were killed or are still writing."""
    path = Path(path)
    return [
        found
        for found in path.parent.glob(f".*{UNFINISHED}")
        if found.name.startswith(f".{path.name}.")
    ]


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


def _unfinished_name(path: Path) -> Path:
    # The process tells whether it may still be written; threads of one process differ by the rest.
    return path.with_name(f".{path.name}.{os.getpid()}-{uuid4().hex[:8]}{UNFINISHED}")


def _flush(file: Path) -> None:
    """Wait until the file is on disk: otherwise a power failure may keep only the rename."""
    with file.open("rb+") as opened:
        os.fsync(opened.fileno())


def _put(new: Path, path: Path, overwrite: bool) -> None:
    """Rename `new` to `path`; what is there comes back if that fails."""
    if not (overwrite and os.path.lexists(path)):
        new.rename(path)
        return
    # Unlike a file, a folder that is not empty cannot be replaced by one rename.
    old = _unfinished_name(path)
    path.rename(old)
    try:
        new.rename(path)
    except BaseException:
        old.rename(path)
        raise
    _delete(old)


def _delete(path: Path) -> None:
    """Delete what was replaced; the new one is in its place already, so failing is no error."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink()
