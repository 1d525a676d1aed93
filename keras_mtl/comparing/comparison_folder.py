"""The folder of a comparison: what it compares, and the runs that are done."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from keras_mtl.common.arguments import folder_path
from keras_mtl.common.checked_json import read_checked_json, write_checked_json
from keras_mtl.common.left_behind import UNFINISHED, temporary_path, tidy_up
from keras_mtl.common.locks import AlreadyLocked, locked
from keras_mtl.common.owned_paths import delete, owned
from keras_mtl.comparing.run_log import join_logs, read_runs
from keras_mtl.errors import AnotherComparison, ComparisonNotWritable, FolderInUse
from keras_mtl.results.run import Run

SETTINGS = "comparison.json"
LOCK = ".lock"
VERSION = 1
WHAT = {
    "model": "the trained network",
    "x": "`x`",
    "y": "`y`",
    "test": "`test`",
    "auxiliary": "`auxiliary`",
}
"""What messages call parts of the settings."""


@contextmanager
def opened_folder(directory: Any, settings: Mapping[str, Any]) -> Iterator[tuple[Path, list[Run]]]:
    """Give the folder of a comparison and the runs that are done there, and keep others out.

    Args:
        directory: The folder, which is made if it is missing; None for one that is deleted at the
            end.
        settings: What must be the same for runs to be comparable, as JSON holds it.

    Raises:
        AnotherComparison: The folder holds another comparison, or something else.
        FolderInUse: Another process compares there.
        ComparisonNotWritable: Nothing can be written there.
    """
    if directory is None:
        with _temporary_folder() as temporary:
            yield temporary, []
        return
    folder = folder_path("directory", directory)
    with ExitStack() as stack:
        try:
            _check_content(folder)
            folder.mkdir(parents=True, exist_ok=True)
            stack.enter_context(locked(folder / LOCK))
            runs = _begin(folder, settings)
        except AlreadyLocked as error:
            raise FolderInUse(
                f"`{folder}` is in use by {error.owner}. Wait until it ends, or use another folder."
            ) from error
        except OSError as error:
            raise not_writable(folder, error) from error
        yield folder, runs
        join_logs(folder, read_runs(folder).values())


def not_writable(folder: Path, error: OSError) -> ComparisonNotWritable:
    """Return the error for a folder that cannot be written, such as one on a full disk."""
    return ComparisonNotWritable(f"`{folder}` cannot be written: {error.strerror or error}.")


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    """Give a folder that only this user reads; what killed processes left beside it is deleted."""
    parent = Path(os.environ.get("JOBLIB_TEMP_FOLDER") or tempfile.gettempdir())
    path = parent.absolute() / "keras_mtl_comparison"
    folder = temporary_path(path, UNFINISHED)
    with owned(folder):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            tidy_up(path)
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise not_writable(path.parent, error) from error
        try:
            yield folder
        finally:
            delete(folder)


def _check_content(folder: Path) -> None:
    """Refuse a folder that holds something else."""
    path = folder / SETTINGS
    if not folder.is_dir() or path.exists():
        return
    if others := sorted(one for one in os.listdir(folder) if not one.startswith(".")):
        raise AnotherComparison(
            f"`{folder}` holds no comparison, but {others[:3]}: give an empty or a new folder."
        )


def _begin(folder: Path, settings: Mapping[str, Any]) -> list[Run]:
    """Write the settings, or compare them with those that are there, and return the runs."""
    path = folder / SETTINGS
    state = {"version": VERSION, **settings}
    if not path.exists():
        write_checked_json(path, state)
        return []
    known = read_checked_json(path)
    differing = [name for name in state if known.get(name) != state[name]]
    if differing or set(known) - set(state):
        raise AnotherComparison(_difference(folder, differing, known, state))
    runs = read_runs(folder)
    join_logs(folder, runs.values())
    return list(runs.values())


def _difference(
    folder: Path, differing: list[str], known: Mapping[str, Any], state: Mapping[str, Any]
) -> str:
    """Return one sentence that says what differs."""
    hashed = [WHAT[name] for name in differing if name in WHAT]
    shown = [
        f"`{name}={known.get(name)!r}`, not {state[name]!r}"
        for name in differing
        if name not in WHAT
    ]
    parts = ([f"other values of {' and '.join(hashed)}"] if hashed else []) + shown
    return (
        f"`{folder}` holds a comparison with {'; '.join(parts) or 'other settings'}. Give another "
        "`directory`, or the same arguments as then."
    )
