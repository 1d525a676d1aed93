"""Files and folders that a killed process left beside the path that it was writing to."""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from keras_mtl.common.hashing import Hash
from keras_mtl.common.owned_paths import delete, is_abandoned, is_running, owner_name

UNFINISHED = ".unfinished"
"""The ending of the names of what is being written."""
REPLACED = ".replaced"
"""The ending of the name of a folder that is set aside while the new one takes its place."""
DAY = 86_400.0
"""Seconds without a write after which what a process of another machine writes is abandoned."""
LONGEST = 150
"""Bytes of a name up to which temporary names hold it; file systems take 255."""

_NAME = re.compile(r"[0-9a-f]{8}-\d+-[0-9a-f]{8}\.(unfinished|replaced)")
_ANY_UNFINISHED = re.compile(r"\..+\.[0-9a-f]{8}-\d+-[0-9a-f]{8}\.unfinished")
_EARLIER = re.compile(r"(?P<process>\d+)-[0-9a-f]+\.unfinished")


def temporary_path(path: Path, ending: str) -> Path:
    """Return a new hidden path beside `path`, whose name tells which process made it."""
    return path.with_name(f"{_prefix(path)}{owner_name()}{ending}")


def left_behind(path: Path) -> list[Path]:
    """Return the temporary files and folders for `path`, those still in use included."""
    prefix = _prefix(path)
    with os.scandir(path.parent) as entries:
        names = [entry.name for entry in entries if entry.name.startswith(prefix)]
    # What begins so may also be for a path with a longer name, such as `name.json`.
    rests = {name: name.removeprefix(prefix) for name in sorted(names)}
    return [
        path.with_name(name)
        for name, rest in rests.items()
        if _NAME.fullmatch(rest) or _EARLIER.fullmatch(rest)
    ]


def tidy_up(path: Path, ours: Callable[[Path], bool] = lambda path: True) -> None:
    """Remove what killed processes left for `path`; a folder that they set aside comes back.

    What they were writing to other paths in the same folder goes too: who gives each export a name
    of its own would never come back to it.

    Args:
        path: What they were writing.
        ours: Whether what is at a path is what was written here; anything else is not deleted.
    """
    _remove_unfinished(path.parent)
    left = [found for found in left_behind(path) if _is_abandoned(found)]
    for found in left:
        if found.suffix == REPLACED and not os.path.lexists(path):
            with suppress(FileNotFoundError):  # Another process has just put it back.
                found.rename(path)
    for found in left:
        if found.suffix == REPLACED:
            # The new one must be in its place before the old one goes.
            if os.path.lexists(path) and ours(path) and os.path.lexists(found) and ours(found):
                delete(found)
        elif not _may_be_the_only_one(found, path):
            delete(found)


def _remove_unfinished(folder: Path) -> None:
    """Remove what killed processes were writing in a folder, in today's form of name."""
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if _ANY_UNFINISHED.fullmatch(entry.name)]
    for found in map(folder.joinpath, names):
        if is_abandoned(found, DAY):
            delete(found)


def _may_be_the_only_one(found: Path, path: Path) -> bool:
    """Return whether a folder may be the old one, which earlier versions set aside by this name."""
    return _earlier(found) is not None and found.is_dir() and not os.path.lexists(path)


def _is_abandoned(found: Path) -> bool:
    process = _earlier(found)
    return is_abandoned(found, DAY) if process is None else not is_running(process)


def _earlier(found: Path) -> int | None:
    """Return the process in the form of name that earlier versions gave; None in today's form."""
    match = _EARLIER.fullmatch(".".join(found.name.split(".")[-2:]))
    return None if match is None else int(match["process"])


def _prefix(path: Path) -> str:
    """Return how temporary names for `path` begin."""
    name = path.name
    if len(os.fsencode(name)) > LONGEST:
        name = f"{name[:20]}-{Hash(name).hexdigest()}"
    return f".{name}."
