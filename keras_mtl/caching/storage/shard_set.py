"""The shards of one model's features of one data set, in a folder of their own."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

from keras_mtl.caching.storage.feature_cache import FolderCache, Pass
from keras_mtl.caching.storage.file_store import read_index
from keras_mtl.caching.storage.shard import Shard, rows_of_batches
from keras_mtl.common.checked_json import read_checked_json, write_checked_json
from keras_mtl.common.hashing import hash_of_settings
from keras_mtl.errors import CacheError, DamagedCache

VERSION = 1
"""The version of the layout of the folder."""
PREFIX = "shards-"
"""How the names of the folders begin."""
DESCRIPTION = "description.json"
INDEX = "index.json"


@dataclass(frozen=True)
class SetDescription:
    """What shards must have in common to be read together.

    Attributes:
        trunk: The fingerprint of the static part of the model.
        data: The identity of the data.
        num_shards: How many shards there are.
        batch_size: Rows of a batch of arrays; None where the data give the batches.
        last: The path of the last layer that has run, for messages.
    """

    trunk: str
    data: str
    num_shards: int
    batch_size: int | None
    last: str

    @property
    def folder_name(self) -> str:
        """The name of the folder."""
        known = [self.trunk, self.data, self.num_shards, self.batch_size]
        return PREFIX + hash_of_settings(known)[:16]


class ShardSet:
    """The shards of one description: those that are there, and how to add the others.

    Shard 3 of 8 is the folder `00003-of-00008`, which comes there whole, by a rename. Once all
    shards are there, a file `index.json` says so.

    Args:
        folder: The folder of the cache, in which the shards have a folder of their own.
        description: What the shards have in common.
    """

    def __init__(self, folder: Path, description: SetDescription) -> None:
        self.description = description
        self.path = folder / description.folder_name

    @classmethod
    def read(cls, path: Path) -> ShardSet:
        """Return the set of an existing folder.

        Raises:
            CacheError: Its description is damaged, or of another version.
        """
        try:
            known = read_checked_json(path / DESCRIPTION)
            version = known.pop("version")
            if version != VERSION:
                raise ValueError(f"it has the format {version}, this version reads {VERSION}")
            found = cls(path.parent, SetDescription(**known))
        except (KeyError, TypeError, ValueError) as error:
            raise CacheError(
                f"The shards in `{path}` cannot be used: {error}. Delete that folder, and compute "
                "the features again."
            ) from error
        return found

    @property
    def num_shards(self) -> int:
        """How many shards there are."""
        return self.description.num_shards

    @property
    def is_complete(self) -> bool:
        """Whether all shards have been there."""
        return (self.path / INDEX).exists()

    @property
    def is_begun(self) -> bool:
        """Whether a shard is there, or a process that still runs is writing one."""
        return len(self.missing) < self.num_shards or bool(self.in_progress)

    @property
    def missing(self) -> tuple[int, ...]:
        """The numbers of the shards that are not there."""
        there = {path.name for path in self.path.iterdir()} if self.path.exists() else set()
        return tuple(i for i in range(self.num_shards) if self.name_of(i) not in there)

    def name_of(self, number: int) -> str:
        """Return the name of the folder of a shard."""
        return f"{number:05d}-of-{self.num_shards:05d}"

    @property
    def in_progress(self) -> set[int]:
        """The numbers of the shards that a process that still runs is writing."""
        names = self._cache.in_progress() if self.path.exists() else set()
        return {number for number in range(self.num_shards) if self.name_of(number) in names}

    def store(self, number: int, run: Pass, batches: int | None = None) -> Shard:
        """Return a shard that is there and whole, or else what `run` computes.

        Args:
            number: The number of the shard.
            run: Computes its batches, each with a `digest_column`.
            batches: How many there will be, None if that is not known.
        """
        return Shard(self._cache.store(run, lambda: self.name_of(number), batches))

    def discard(self, number: int) -> None:
        """Delete a shard."""
        self._cache.discard(self.name_of(number))

    def describe(self) -> None:
        """Write the description, if it is not there.

        Raises:
            CacheError: Nothing can be written there.
        """
        _ = self._cache  # It makes the folder.
        if not (self.path / DESCRIPTION).exists():
            self._write(DESCRIPTION, {"version": VERSION, **asdict(self.description)})

    def finish(self) -> int | None:
        """Write the index if all shards are there, and return the number of their rows.

        Returns:
            None if shards are missing.

        Raises:
            CacheError: They are of data of different lengths.
        """
        if self.missing:
            return None
        counts = [self._counted(number) for number in range(self.num_shards)]
        batches = [len(rows) for rows in counts if rows]
        if len(batches) < self.num_shards:
            return None
        if batches != [len(range(i, sum(batches), len(batches))) for i in range(len(batches))]:
            raise CacheError(
                f"The shards in `{self.path}` are of data of different lengths: they have "
                f"{batches} batches. Give each process the same data, delete that folder, and "
                "compute the features again."
            )
        if not self.is_complete:
            self._write(INDEX, {"version": VERSION, "num_shards": self.num_shards})
        return sum(map(sum, counts))

    def rows_there(self) -> int:
        """Return the number of rows of the shards that are there."""
        return sum(sum(self._counted(number)) for number in range(self.num_shards))

    def _write(self, name: str, state: dict[str, object]) -> None:
        try:
            write_checked_json(self.path / name, state)
        except OSError as error:
            raise CacheError(
                f"Nothing can be written in `{self.path}`: {error.strerror}."
            ) from error

    def _counted(self, number: int) -> list[int]:
        """Return the rows of each batch of a shard; none if it is not there."""
        name = self.name_of(number)
        if not (self.path / name).exists():
            return []
        try:
            return rows_of_batches(read_index(self.path / name, name))
        except DamagedCache:  # It counts as missing; whoever computes it warns.
            return []

    @property
    def _cache(self) -> FolderCache:
        return FolderCache(self.path)


def holds_shards(folder: Path) -> bool:
    """Return whether there are shards of any model and data in the folder of a cache."""
    return any(folder.glob(f"{PREFIX}*/{DESCRIPTION}"))


def shard_sets(folder: Path, holds: Callable[[SetDescription], bool]) -> list[ShardSet]:
    """Return the sets in the folder of a cache that a condition holds for, in a fixed order.

    Raises:
        CacheError: A description is damaged.
    """
    found = [path for path in sorted(folder.glob(f"{PREFIX}*")) if (path / DESCRIPTION).exists()]
    return [one for one in map(ShardSet.read, found) if holds(one.description)]
