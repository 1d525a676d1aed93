"""Caches of features: in memory, in temporary files, or in a folder that later runs find."""

from __future__ import annotations

import shutil
import tempfile
import time
import warnings
from collections.abc import Callable
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from keras_mtl.caching.storage.available_memory import available_memory
from keras_mtl.caching.storage.file_store import FileStore, FileWriter
from keras_mtl.caching.storage.stores import Batch, MemoryStore, Store
from keras_mtl.common.atomic_files import written_whole_folder
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import CacheError, DamagedCache

Pass = Callable[[Callable[[Batch], None]], None]
"""A function that computes all batches and passes each one to the function given."""

SHARE_OF_MEMORY = 0.25
"""The share of available memory that `"auto"` uses. Keras copies the features, which doubles it."""
ABANDONED = 600
"""Seconds without a write after which an unfinished entry counts as left by a killed run."""


class Cache(Protocol):
    """Holds the features of one call of `fit_cached`."""

    def store(self, run: Pass, digest: Callable[[], str], batches: int | None) -> Store:
        """Return what `run` computes.

        Args:
            run: The pass; not called if its result is there already.
            digest: A name for the result: the same for the same model and data only.
            batches: How many batches there will be, None if that is not known.
        """

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
        self._folders: list[tempfile.TemporaryDirectory[str]] = []

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
        for folder in self._folders:
            folder.cleanup()

    def _moved(self, memory: MemoryStore, batches: int | None) -> FileWriter:
        """Return a writer to a temporary folder that holds the batches so far; empty the memory."""
        folder = tempfile.TemporaryDirectory(
            prefix="keras_mtl_features_", ignore_cleanup_errors=True
        )
        self._folders.append(folder)
        writer = FileWriter(Path(folder.name), batches)
        for batch in memory.batches:
            writer.append(batch)
        memory.batches.clear()
        return writer


class FolderCache(Cache):
    """Keeps each result in a folder named by its digest, which is written whole or not at all."""

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.mkdir(parents=True, exist_ok=True)
            tempfile.TemporaryFile(dir=path).close()
        except FileExistsError as error:
            raise CacheError(
                f"`cache={str(path)!r}` is a file; give a folder, which is made if it is missing."
            ) from error
        except OSError as error:
            raise CacheError(
                f"Nothing can be written in `cache={str(path)!r}`: {error.strerror}."
            ) from error

    def store(self, run: Pass, digest: Callable[[], str], batches: int | None) -> Store:
        """Return what an earlier run wrote under this digest, or else what `run` computes."""
        name = digest()
        entry = self._path / name
        self._remove_abandoned(name)
        if entry.exists():
            try:
                return FileStore.open(entry)
            except DamagedCache as error:
                warnings.warn(
                    f"The features in `{entry}` are computed anew: {error}.", stacklevel=2
                )
                shutil.rmtree(entry)
        return self._written(run, entry, batches)

    def close(self) -> None:
        """Do nothing: the entries are for later runs."""

    def _written(self, run: Pass, entry: Path, batches: int | None) -> Store:
        """Write the result of a pass and return it."""
        # `_remove_abandoned` finds this name; older versions left such folders too.
        partial = entry.with_name(f"{entry.name}.{uuid4().hex}.partial")
        try:
            # Not flushed, as features can take gigabytes: checksums show what a crash has lost.
            with written_whole_folder(entry, unfinished=partial, flush=False):
                writer = FileWriter(partial, batches)
                run(writer.append)
                columns = writer.close()
        except OSError:
            if not entry.exists():
                raise
            return FileStore.open(entry)  # Another process put the same features there first.
        return FileStore(entry, columns)

    def _remove_abandoned(self, name: str) -> None:
        for partial in self._path.glob(f"{name}.*.partial"):
            with suppress(FileNotFoundError):  # Its process has just renamed it.
                written = [file.stat().st_mtime for file in [partial, *partial.iterdir()]]
                if time.time() - max(written) > ABANDONED:
                    shutil.rmtree(partial, ignore_errors=True)


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
