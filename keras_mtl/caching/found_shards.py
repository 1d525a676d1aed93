"""The features that `compute_features` has put into a folder, for a training."""

from __future__ import annotations

from collections.abc import Callable

from keras_mtl.caching.feature_pass import FeaturePass
from keras_mtl.caching.pass_data import PassData
from keras_mtl.caching.shard_reader import ShardReader
from keras_mtl.caching.storage.feature_cache import FolderCache
from keras_mtl.caching.storage.shard_choice import set_to_read, warn_of_others
from keras_mtl.caching.storage.shard_set import holds_shards
from keras_mtl.caching.storage.sharded_store import RowRange
from keras_mtl.caching.storage.stores import Store


def find_shards(
    cache: FolderCache, feature_pass: FeaturePass, data: PassData, fingerprint: Callable[[], str]
) -> Store | None:
    """Return the features of data from their shards, None if there are no shards of them.

    Shards of more rows, of which the data are the part that `validation_split` leaves or holds out,
    serve too. The data are read, as far as that is needed to compare them with what the shards were
    computed from. A shard that is damaged, or was computed from other inputs, is computed anew.

    Args:
        cache: The folder.
        feature_pass: Computes features.
        data: The data to train on.
        fingerprint: Tells the static part of the model from others.

    Raises:
        CacheError: Shards are missing.
    """
    if not holds_shards(cache.path):
        return None
    trunk = fingerprint()
    tried: list[str] = []
    more = [] if data.part_of is None else [data.part_of]
    for one, rows in [(data, None), *more]:
        identity = one.identity()
        if identity is None:
            continue
        tried.append(identity)
        shards = set_to_read(cache.path, identity, trunk)
        if shards is not None:
            divided = one.divided(shards.description.batch_size)
            store = one.from_shards(ShardReader(shards, feature_pass, divided), cache.beside)
            return store if rows is None else RowRange(store, rows)
    warn_of_others(cache.path, tried, trunk)
    return None
