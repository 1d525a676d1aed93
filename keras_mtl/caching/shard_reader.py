"""Shards of features that are read, and computed where they are missing, damaged or outdated."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable

from keras_mtl.caching.feature_pass import FeaturePass
from keras_mtl.caching.shard_data import ShardData
from keras_mtl.caching.storage.shard import Shard, digest_column
from keras_mtl.caching.storage.shard_set import ShardSet
from keras_mtl.caching.storage.stores import Batch
from keras_mtl.errors import InvalidFeatures


class ShardReader:
    """Reads the shards of a set.

    Args:
        shards: The set.
        feature_pass: Computes features.
        data: The data of the set, divided into batches as the set says.
    """

    def __init__(self, shards: ShardSet, feature_pass: FeaturePass, data: ShardData) -> None:
        self._shards = shards
        self._pass = feature_pass
        self._data = data
        self.num_shards = shards.num_shards
        self.batch_size = shards.description.batch_size

    def read(self, number: int, digests: Iterable[bytes] | None = None) -> Shard:
        """Return a shard whose batches are those of the data; it is computed if it is not there.

        Args:
            number: The number of the shard.
            digests: The digests of its first batches, those that are used; by default the data are
                read to tell the digests of all.

        Raises:
            InvalidFeatures: Inputs or features do not fit, are not finite, or are others each time
                they are read.
            CacheError: The shard cannot be written.
        """
        known = None if digests is None else list(digests)
        # A training on some steps of a stream does not know where the stream ends.
        fits = Shard.is_of if known is None else Shard.begins_with
        is_new = False

        def run(keep: Callable[[Batch], None]) -> None:
            nonlocal is_new
            is_new = True
            self._compute(number, keep)

        total = self._num_batches(number)
        shard = self._shards.store(number, run, total)
        if is_new and known is None:
            return shard
        expected = list(self._data.digests(number, self.num_shards)) if known is None else known
        if fits(shard, expected):
            return shard
        if is_new:
            raise self._changing(number)
        warnings.warn(
            f"Shard {number} of {self.num_shards} in `{self._shards.path}` is computed anew: its "
            "inputs are no longer those that it was computed from.",
            stacklevel=2,
        )
        self._shards.discard(number)
        shard = self._shards.store(number, run, total)
        if not fits(shard, expected):
            raise self._changing(number)
        return shard

    def _changing(self, number: int) -> InvalidFeatures:
        """Return the error for data that are not the same each time, and forget their shard."""
        self._shards.discard(number)
        return InvalidFeatures(
            f"The inputs of shard {number} of {self.num_shards} are others each time the data are "
            "read. Leave out what shuffles or augments them; training shuffles the features."
        )

    def _num_batches(self, number: int) -> int | None:
        total = self._data.num_batches
        return None if total is None else len(range(number, total, self.num_shards))

    def _compute(self, number: int, keep: Callable[[Batch], None]) -> None:
        """Pass the features of each batch of a shard to `keep`, with the digest of its inputs."""
        name = f"shard {number} of {self.num_shards}"
        kept = 0

        def keep_and_count(batch: Batch) -> None:
            nonlocal kept
            kept += 1
            keep(batch)

        self._pass.run(
            (
                (batch.inputs, [digest_column(batch.digest)])
                for batch in self._data.batches(number, self.num_shards)
            ),
            keep_and_count,
            total=self._num_batches(number),
            what=name,
            full=self._data.full,
            where=name,
        )
        if not kept:
            raise InvalidFeatures(
                f"There are no batches for {name}: the data have fewer than {number + 1}. Divide "
                "them into fewer shards."
            )
