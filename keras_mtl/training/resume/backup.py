"""Backups of a run, from which training goes on as if it had not been interrupted."""

from __future__ import annotations

import json
import os
import warnings
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_mtl.common.atomic_files import left_unfinished, written_whole_file
from keras_mtl.common.checksums import add_checksum, check_checksum
from keras_mtl.common.locks import AlreadyLocked, locked
from keras_mtl.errors import BackupNotWritable, FolderInUse, InvalidBackup
from keras_mtl.training.distribution.assigning import assign
from keras_mtl.training.distribution.workers import ALONE, Workers
from keras_mtl.training.settings import NEWEST_DEFAULTS

VERSION = 1
"""The version of the format; others are refused."""
NEWEST = "backup.npz"
BEFORE = "backup-before.npz"
LOCK = "backup.lock"
META = "meta"
OTHERS = "other "
"""The names of arrays that are not variables begin with this."""
DAMAGE = (OSError, EOFError, ValueError, KeyError, RuntimeError, zipfile.BadZipFile)
"""The errors that reading a damaged file raises."""


class Position(NamedTuple):
    """Where in a run the next step is."""

    epoch: int
    step: int


class SavedRun(NamedTuple):
    """What a run needs to go on, besides the variables.

    Attributes:
        position: Where the next step is.
        notes: Counts and what callbacks remember, as JSON holds it.
        arrays: Arrays of bytes that the notes refer to by name.
    """

    position: Position
    notes: dict[str, Any]
    arrays: Mapping[str, np.ndarray]


Contents = tuple[dict[str, np.ndarray], dict[str, Any]]
"""The arrays of a backup by name, and its notes; both are empty where there is none."""


@contextmanager
def opened(folder: str | os.PathLike[str], workers: Workers = ALONE) -> Iterator[Backup]:
    """Give the backups in a folder, in which no other run makes its backups meanwhile.

    Args:
        folder: Made if it does not exist.
        workers: The processes that train together. The chief alone reads and writes the folder,
            which need not exist for the others: they are told what is in the newest backup.

    Raises:
        BackupNotWritable: Nothing can be written there.
        FolderInUse: Another run makes its backups there.
        InvalidBackup: All backups are damaged, or of another version.
    """
    with ExitStack() as stack:
        contents: Contents = ({}, {})
        with workers.failing_together():
            if workers.is_chief:
                _make(Path(folder))
                stack.enter_context(_locked(folder))
                contents = newest_sound(Path(folder))
        backup = Backup(folder, _of_chief(workers, contents), writes=workers.is_chief)
        del contents  # As large as the model and its slots.
        yield backup


@contextmanager
def _locked(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Lock the folder; a file system that knows no locks is warned of."""
    with ExitStack() as stack:
        try:
            stack.enter_context(locked(Path(folder) / LOCK))
        except AlreadyLocked as error:
            raise FolderInUse(
                f"The folder {str(folder)!r} has the backups of a run that has not ended "
                f"({error.owner}). Give another folder, or wait until that run ends."
            ) from None
        except OSError as error:  # The folder can be written: its file system knows no locks.
            warnings.warn(
                f"The folder {str(folder)!r} cannot be locked ({error}): see to it that no other "
                "run makes its backups there.",
                stacklevel=2,
            )
        yield


class Backup:
    """A folder with the newest backup of a run and the one before.

    Args:
        folder: The folder; `opened` makes it and locks it.
        contents: The arrays and the notes of the newest backup; None to read them.
        writes: Whether backups are written and deleted.
    """

    def __init__(
        self,
        folder: str | os.PathLike[str],
        contents: Contents | None = None,
        *,
        writes: bool = True,
    ) -> None:
        self._folder = Path(folder)
        self._writes = writes
        self._identity: dict[str, Any] = {}
        self._arrays, self._meta = newest_sound(self._folder) if contents is None else contents

    @property
    def seed(self) -> int | None:
        """The seed of the run that made the backup; None without one."""
        return self._meta["identity"]["seed"] if self._meta else None

    @property
    def defaults(self) -> int:
        """The version of the defaults of `fit` with which the run began."""
        return int(self._meta.get("defaults", 1)) if self._meta else NEWEST_DEFAULTS

    def open(self, identity: dict[str, Any]) -> None:
        """Check that the backup, if there is one, is of this run.

        Args:
            identity: What must match before a run resumes, as JSON holds it.

        Raises:
            InvalidBackup: The backup is of another run.
        """
        self._identity = json.loads(json.dumps(identity))
        if not self._meta:
            return
        saved = self._meta["identity"]
        other = [key for key, value in self._identity.items() if saved.get(key) != value]
        if other:
            raise self._of_another_run(other)

    @property
    def saved(self) -> SavedRun | None:
        """The contents of the backup without the variables; None without a backup."""
        if not self._meta:
            return None
        own = {name.removeprefix(OTHERS): array for name, array in self._arrays.items()}
        return SavedRun(Position(*self._meta["position"]), self._meta["notes"], own)

    def restore(self, variables: Mapping[str, keras.Variable]) -> None:
        """Put the values of the backup into the variables.

        Raises:
            InvalidBackup: It has the values of other variables.
        """
        saved = {name for name in self._arrays if not name.startswith(OTHERS)}
        if saved != set(variables):
            other = {name.split("-")[0] for name in saved ^ set(variables)}
            raise self._of_another_run(sorted(other))
        for name, variable in variables.items():
            dtype = np.asarray(keras.ops.convert_to_numpy(variable)).dtype
            assign(variable, self._arrays[name].view(dtype).reshape(variable.shape))
        self._arrays = {}  # They are as large as the model and its slots, and not needed again.

    def save(self, saved: SavedRun, variables: Mapping[str, keras.Variable]) -> None:
        """Write a backup, whole or not at all, and keep the backup before it."""
        # Read even where nothing is written: to read a metric sums it over all processes.
        arrays: dict[str, Any] = {name: _bytes_of(variable) for name, variable in variables.items()}
        if not self._writes:
            return
        arrays |= {f"{OTHERS}{name}": array for name, array in saved.arrays.items()}
        meta = {
            "version": VERSION,
            "defaults": self.defaults,
            "identity": self._identity,
            "position": list(saved.position),
            "notes": saved.notes,
        }
        arrays[META] = np.frombuffer(json.dumps(meta).encode(), np.uint8)
        newest, before = self._folder / NEWEST, self._folder / BEFORE
        try:
            # An open file, because NumPy adds ".npz" to a path that does not end with it.
            with written_whole_file(newest, keep=before) as new, new.open("w+b") as file:
                np.savez(file, **arrays)
                add_checksum(file)
        except OSError as error:
            raise BackupNotWritable(
                f"The backup cannot be written in {str(self._folder)!r}: {error}"
            ) from error

    def remove(self) -> None:
        """Delete the backups: the run has ended."""
        if not self._writes:
            return
        for path in [*map(self._folder.joinpath, (NEWEST, BEFORE)), *self._left_over()]:
            path.unlink(missing_ok=True)

    def _of_another_run(self, differing: list[str]) -> InvalidBackup:
        names = ", ".join(f"`{name}`" for name in differing)
        return InvalidBackup(
            f"The backup in {str(self._folder)!r} is of another run, which differs in: {names}. "
            "Give the same arguments as before, or another folder for a new run."
        )

    def _left_over(self) -> list[Path]:
        """Return files that a run left when it was killed while it wrote."""
        # Earlier versions wrote to `.new-*.npz`.
        return [*left_unfinished(self._folder / NEWEST), *self._folder.glob(".new-*.npz")]


def newest_sound(folder: Path) -> Contents:
    """Return the arrays and the notes of the newest backup in a folder that is not damaged.

    Both are empty if there is no backup.

    Raises:
        InvalidBackup: All of them are damaged, or of another version.
    """
    paths = [path for path in map(folder.joinpath, (NEWEST, BEFORE)) if path.exists()]
    damage = ""
    for path in paths:
        try:
            arrays, meta = _read(path)
        except DAMAGE as error:
            damage = f"The backup {str(path)!r} is damaged: {error}. The one before it is used."
            continue
        if damage:
            warnings.warn(damage, stacklevel=2)
        if meta["version"] != VERSION:
            raise InvalidBackup(
                f"The backup {str(path)!r} has the format {meta['version']}; this version of "
                f"`keras_mtl` reads {VERSION}. Give another folder for a new run."
            )
        return arrays, meta
    if paths:
        raise InvalidBackup(
            f"All backups in {str(folder)!r} are damaged. Give another folder, or delete "
            "them to begin anew."
        )
    return {}, {}


def _of_chief(workers: Workers, contents: Contents) -> Contents:
    """Return the contents that the chief has read: another worker may not see its folder."""
    if workers.size == 1:
        return contents
    arrays, meta = contents
    names, meta = workers.exchanged([list(arrays), meta])[0]
    none = np.empty(0, np.uint8)
    return {name: workers.from_chief(arrays.get(name, none)) for name in names}, meta


def _make(folder: Path) -> None:
    """Make a folder, in which something can be written."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BackupNotWritable(f"`backup={str(folder)!r}`: {error}") from error
    if not os.access(folder, os.W_OK):
        raise BackupNotWritable(f"Nothing can be written in `backup={str(folder)!r}`.")


def _read(path: Path) -> Contents:
    # NumPy leaves a damaged file open that it has opened itself.
    with path.open("rb") as stream:
        check_checksum(stream)
        with np.load(stream, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    meta = json.loads(arrays.pop(META).tobytes())
    return arrays, meta


def _bytes_of(variable: keras.Variable) -> np.ndarray:
    """Return the value as bytes: NumPy's files know nothing of bfloat16."""
    value = np.ascontiguousarray(keras.ops.convert_to_numpy(variable))
    return np.frombuffer(value.tobytes(), np.uint8)
