"""Caches of features: in memory, in temporary files, or in a folder that later runs find."""

from __future__ import annotations

import os
import re
import tempfile
import warnings
from collections.abc import Callable
from contextlib import ExitStack, suppress
from os import PathLike
from pathlib import Path
from typing import Protocol

from keras_mtl.caching.storage.available_memory import available_memory
from keras_mtl.caching.storage.file_store import FileStore, FileWriter
from keras_mtl.caching.storage.stores import Batch, MemoryStore, Store
from keras_mtl.common.atomic_files import written_whole_folder
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.common.owned_paths import delete, is_abandoned, owned, owner_name
from keras_mtl.errors import CacheError, DamagedCache

Pass = Callable[[Callable[[Batch], None]], None]
"""A function that computes all batches and passes each one to the function given."""

SHARE_OF_MEMORY = 0.25
"""The share of available memory that `"auto"` uses. Keras copies the features, which doubles it."""
ABANDONED = 600
"""Seconds without a write after which an unfinished entry counts as left by a killed run, if its
process cannot be asked."""
PARTIAL = ".partial"
"""The ending of the names of entries that are being written, or deleted."""
# The name of an entry, and its owner; earlier versions wrote a random number for the owner.
_UNFINISHED = re.compile(r".+\.([0-9a-f]{32}|[0-9a-f]{8}-\d+-[0-9a-f]{8})\.partial")
TEMPORARY = "keras_mtl_features_"
"""The beginning of the names of temporary folders."""


class Cache(Protocol):
    """Holds the features of one call of `fit_cached`."""

    def store(self, run: Pass, digest: Callable[[], str], batches: int | None) -> Store:
        """Return what `run` computes.

        Args:
            run: The pass; not called if its result is there already.
            digest: A name for the result: the same for the same model and data only.
            batches: How many batches there will be, None if that is not known.
        """

    def holds(self, digest: str) -> bool:
        """Return whether an earlier run has kept a result under this name."""
        return False

    def close(self) -> None:
        """Delete temporary files."""


class MemoryCache(Cache):
    """Keeps everything in memory."""

    def store(self, run: Pass, digest: Callable[[], str], batches: int | None) -> Store:
        """Return what `run` computes, as arrays."""
        store = MemoryStore()
        run(store.append)
        return store

    def close(self) -> None:
        """Do nothing: memory is freed when it is no longer used."""


class AutoCache(Cache):
    """Keeps everything in memory until it takes too much of it, then in temporary files."""

    def __init__(self) -> None:
        self._folders = ExitStack()
        for left in Path(tempfile.gettempdir()).glob(f"{TEMPORARY}*-*-*"):
            if left.is_dir() and is_abandoned(left):
                delete(left)

    def store(self, run: Pass, digest: Callable[[], str], batches: int | None) -> Store:
        """Return what `run` computes, as arrays or files."""
        limit = SHARE_OF_MEMORY * available_memory()
        memory = MemoryStore()
        writer: FileWriter | None = None

        def append(batch: Batch) -> None:
            nonlocal writer
            if writer is not None:
                writer.append(batch)
                return
            memory.append(batch)
            if memory.nbytes > limit:
                writer = self._moved(memory, batches)

        run(append)
        return memory if writer is None else FileStore(writer.folder, writer.close())

    def close(self) -> None:
        """Delete the temporary files."""
        self._folders.close()

    def _moved(self, memory: MemoryStore, batches: int | None) -> FileWriter:
        """Return a writer to a temporary folder that holds the batches so far; empty the memory."""
        writer = FileWriter(self._folder(), batches)
        for batch in memory.batches:
            writer.append(batch)
        memory.batches.clear()
        return writer

    def _folder(self) -> Path:
        """Return a new temporary folder."""
        folder = Path(tempfile.gettempdir(), TEMPORARY + owner_name())
        # Owned before it is made: a cache of another thread deletes what nobody owns.
        self._folders.enter_context(owned(folder))
        self._folders.callback(delete, folder)
        try:
            folder.mkdir(mode=0o700)
        except OSError as error:
            raise CacheError(
                f"The features do not fit into memory, and `{tempfile.gettempdir()}` takes no "
                f"files: {error.strerror}. Give a path as `cache`."
            ) from error
        return folder


class FolderCache(Cache):
    """Keeps each result in a folder named by its digest, which is written whole or not at all.

    Several processes may use the folder at once. A folder that is read-only can be read.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._beside: AutoCache | None = None
        try:
            path.mkdir(parents=True, exist_ok=True)
        except FileExistsError as error:
            raise CacheError(
                f"`cache={str(path)!r}` is a file; give a folder, which is made if it is missing."
            ) from error
        except OSError as error:
            raise self._not_writable(error) from error

    def store(self, run: Pass, digest: Callable[[], str], batches: int | None) -> FileStore:
        """Return what an earlier run wrote under this digest, or else what `run` computes."""
        entry = self._path / digest()
        self._remove_abandoned()
        found = self._found(entry)
        return self._written(run, entry, batches) if found is None else found

    def holds(self, digest: str) -> bool:
        """Return whether there is an entry of this name."""
        return (self._path / digest).is_dir()

    @property
    def path(self) -> Path:
        """The folder."""
        return self._path

    @property
    def beside(self) -> AutoCache:
        """A cache for what is needed beside the entries until this cache is closed."""
        self._beside = self._beside or AutoCache()
        return self._beside

    def discard(self, name: str) -> None:
        """Delete an entry, if it is there."""
        entry = self._path / name
        while os.path.lexists(entry):
            if self._take_away(entry, _identity(entry)):
                return

    def in_progress(self) -> set[str]:
        """Return the names of the entries that a process that still runs is writing."""
        partials = [path for path in self._path.iterdir() if _UNFINISHED.fullmatch(path.name)]
        return {path.name.split(".")[0] for path in partials if not is_abandoned(path, ABANDONED)}

    def close(self) -> None:
        """Delete what was kept beside the entries; these are for later runs."""
        if self._beside is not None:
            self._beside.close()

    def _found(self, entry: Path) -> FileStore | None:
        """Return what is stored, None if nothing is; take away what is damaged."""
        while os.path.lexists(entry):
            seen = _identity(entry)
            try:
                return FileStore.open(entry, entry.name)
            except DamagedCache as error:
                if self._take_away(entry, seen):
                    warnings.warn(
                        f"The features in `{entry}` are computed anew: {error}.", stacklevel=2
                    )
                    return None
        return None

    def _take_away(self, entry: Path, seen: object) -> bool:
        """Delete a damaged entry, unless it is another one by now; return whether it is gone."""
        away = self._unfinished(entry)
        try:
            entry.rename(away)
        except FileNotFoundError:  # Another process was faster.
            return True
        except OSError as error:
            raise self._not_writable(error) from error
        if _identity(away) == seen:
            delete(away)
            return True
        # Another process has put whole features there since. It reads them on, as they are open.
        with suppress(OSError):
            away.rename(entry)
        delete(away)
        return False

    def _written(self, run: Pass, entry: Path, batches: int | None) -> FileStore:
        """Write the result of a pass and return it."""
        self._check_writable()
        partial = self._unfinished(entry)
        try:
            # Not flushed, as features can take gigabytes: checksums show what a crash has lost.
            with written_whole_folder(entry, unfinished=partial, flush=False):
                writer = FileWriter(partial, batches, entry.name)
                run(writer.append)
                columns = writer.close()
        except OSError:
            other = self._found(entry)
            if other is None:
                raise
            return other  # Another process put the same features there first.
        return FileStore(entry, columns)

    def _check_writable(self) -> None:
        try:
            tempfile.TemporaryFile(dir=self._path).close()
        except OSError as error:
            raise self._not_writable(error) from error

    def _not_writable(self, error: OSError) -> CacheError:
        return CacheError(
            f"Nothing can be written in `cache={str(self._path)!r}`: {error.strerror}."
        )

    def _unfinished(self, entry: Path) -> Path:
        return entry.with_name(f"{entry.name}.{owner_name()}{PARTIAL}")

    def _remove_abandoned(self) -> None:
        for partial in self._path.glob(f"*{PARTIAL}"):
            if _UNFINISHED.fullmatch(partial.name) and is_abandoned(partial, ABANDONED):
                delete(partial)


def _identity(path: Path) -> object:
    """Return what differs between a folder and the one that replaces it."""
    try:
        found = os.lstat(path)
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino, found.st_mtime_ns


def make_cache(cache: str | PathLike[str]) -> Cache:
    """Return the cache for the argument `cache` of `fit_cached`.

    Raises:
        CacheError: Nothing can be written at the path given.
        TypeError: `cache` is neither text nor a path.
        ValueError: `cache` looks like a misspelling of "auto" or "memory".
    """
    if not isinstance(cache, str | PathLike):
        raise TypeError(
            f'`cache` is "auto", "memory" or the path of a folder. Received: {cache!r}.'
        )
    if not os.fspath(cache):
        raise ValueError(
            '`cache` is "auto", "memory" or the path of a folder, "." for the working directory. '
            f"Received: {cache!r}."
        )
    if cache == "auto":
        return AutoCache()
    if cache == "memory":
        return MemoryCache()
    word = isinstance(cache, str) and cache.isalpha() and not Path(cache).exists()
    meant = did_you_mean(cache, ("auto", "memory")) if word else ""
    if meant:
        raise ValueError(
            f'`cache` is {cache!r}.{meant} For a folder of this name, give "./{cache}".'
        )
    return FolderCache(Path(cache))
