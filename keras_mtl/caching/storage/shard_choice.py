"""Which set of shards in a folder is to be read, or to be filled; refusal of those that differ."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path

from keras_mtl.caching.storage.shard_set import SetDescription, ShardSet, shard_sets
from keras_mtl.errors import CacheError

MOST_NAMED = 10
"""Missing shards that a message names."""


def set_to_fill(
    folder: Path, wanted: SetDescription, *, num_shards: int | None, batch_size: int | None
) -> ShardSet:
    """Return the set that holds, or is to hold, the shards of a model and data.

    Args:
        folder: The folder of the cache.
        wanted: The description of a new set.
        num_shards: The number of shards that the caller has named; None for any.
        batch_size: The batch size that the caller has named; None for any.

    Raises:
        CacheError: The data are there in another number of shards, or other processes have begun
            with another batch size.
    """
    check_trunk(folder, wanted)
    found = [one for one in shard_sets(folder, lambda known: _is_same(known, wanted))]
    complete = [one for one in found if one.is_complete]
    for chosen in complete or [one for one in found if one.is_begun]:
        known = chosen.description
        if num_shards not in (None, known.num_shards):
            raise CacheError(
                f"The features of this model and these data are in `{chosen.path}` in "
                f"{known.num_shards} shards. Received: {num_shards} shards. Give the number "
                f"{known.num_shards}, or delete that folder."
            )
        if not complete and batch_size not in (None, known.batch_size):
            raise CacheError(
                f"The shards in `{chosen.path}` have been begun in batches of {known.batch_size} "
                f"rows. Received: `batch_size={batch_size}`. Give all processes the same, or "
                "delete that folder."
            )
        return chosen
    return ShardSet(folder, wanted)


def check_trunk(folder: Path, wanted: SetDescription) -> None:
    """Refuse a folder in which shards of the same data by other frozen layers are unfinished.

    Each process would fill a set of its own, and none would ever be complete.

    Raises:
        CacheError: There are some.
    """
    for other in shard_sets(folder, lambda known: known.data == wanted.data):
        known = other.description
        if known.trunk != wanted.trunk and not other.is_complete and other.is_begun:
            missing = len(other.missing)
            raise CacheError(
                f"`{folder}` holds shards of these data by other frozen layers, up to "
                f"`{known.last}`: {known.num_shards - missing} of {known.num_shards} are in "
                f"`{other.path}`. The frozen layers of this model, up to `{wanted.last}`, have "
                "another configuration or other weights, or run on another version of Keras or "
                "another backend. Give each process the same saved model; give another model "
                "another folder, or delete that folder."
            )


def set_to_read(folder: Path, data: str, trunk: str) -> ShardSet | None:
    """Return the complete set of a model and data, None if there are no shards of them.

    Raises:
        CacheError: Shards are missing.
    """
    same = shard_sets(folder, lambda known: known.data == data)
    ours = [one for one in same if one.description.trunk == trunk]
    for one in ours:
        # A process may have been killed after the last shard and before the index.
        if one.is_complete or not one.missing:
            return one
    for one in ours:
        if one.is_begun:
            raise _incomplete(one)
    return None


def warn_of_others(folder: Path, data: Sequence[str], trunk: str) -> None:
    """Warn of shards that were probably meant, where there are none of a model and data.

    Such are those of the data by other frozen layers, and unfinished ones of other data.

    Args:
        folder: The folder of the cache.
        data: The identities of the data.
        trunk: The fingerprint of the static part of the model.
    """
    for other in shard_sets(folder, lambda known: known.data in data):
        if other.is_begun:
            warnings.warn(
                f"The shards in `{other.path}` are features of these data by other frozen layers: "
                "those of this model have another configuration or other weights, so they run "
                "over the data now.",
                stacklevel=2,
            )
            return
    for other in shard_sets(folder, lambda known: known.trunk == trunk):
        if other.is_begun and not other.is_complete:
            warnings.warn(
                f"The shards in `{other.path}` are of other data than these, and not complete, so "
                "the frozen layers run over the data now. Each process that computes a shard is to "
                "be given all of the data, in the same order.",
                stacklevel=2,
            )
            return


def named(numbers: tuple[int, ...]) -> str:
    """Return the numbers of shards as text, as far as there are few."""
    shown = ", ".join(map(str, numbers[:MOST_NAMED]))
    rest = len(numbers) - MOST_NAMED
    return shown if rest <= 0 else f"{shown} and {rest} more"


def _is_same(known: SetDescription, wanted: SetDescription) -> bool:
    return (known.trunk, known.data) == (wanted.trunk, wanted.data)


def _incomplete(one: ShardSet) -> CacheError:
    return CacheError(
        f"The features in `{one.path}` are not complete: of {one.num_shards} shards these are "
        f"missing: {named(one.missing)}. Compute them with `keras_mtl.compute_features`, with "
        "`shard=(i, n)` or, for all of them, without. If other machines have computed them, they "
        "do not share this folder."
    )
