"""Features of the frozen layers, computed in shards by any number of processes and machines."""

from __future__ import annotations

from os import PathLike
from typing import Any

import keras

from keras_mtl.caching.feature_shards import FeatureShards
from keras_mtl.caching.shared_work import SharedWork
from keras_mtl.common.arguments import (
    is_whole_number,
    one_of,
)


def compute_features(
    model: keras.Model,
    data: Any,
    cache: str | PathLike[str],
    shard: tuple[int, int] | None = None,
    *,
    batch_size: int | None = None,
    verbose: str | int = "auto",
    engine: str = "keras",
) -> FeatureShards:
    """Compute what the frozen layers make of data, in shards that several machines can share.

    Use it where one pass over the data takes too long for one process: each process, on any
    machine that sees the folder `cache`, is given the same model, the same data and a shard of its
    own. `fit_cached(model, x, y, cache=cache)` then trains on the shards, which are mapped and not
    read into memory.

    Shard `i` of `n` holds the features of the batches `i`, `i + n`, `i + 2 * n`, ... of the data.
    It is the folder `00003-of-00008`, for one, in a folder named by the frozen layers and the data;
    it comes there whole, by a rename. `index.json` comes when all are there. So a process may be
    killed at any time. A shard that is there and whole is not computed again; one that is damaged,
    or whose inputs have changed, is, and no other.

    Labels are no features and are not stored: `fit_cached` takes them from `y`, or from the
    batches, which it reads once for that.

    Args:
        model: The model to be trained later, with its head: the pooling of the head runs with the
            frozen layers. It need not be compiled, and is not changed.
        data: All inputs, in every process the same: arrays as `x` of `fit` (also those of
            `numpy.load(..., mmap_mode="r")`, of which only the rows of the shard are read); or
            batches `x` or `(x, y)` that come in the same order each time: a `PyDataset` or the data
            of a task of `keras_mtl.datasets`, of which only the batches of the shard are read; a
            `tf.data.Dataset` or a loader, which is read through.
        cache: The folder; it is made if it is missing.
        shard: The number of the shard to compute, from 0, and the number of all shards. None, the
            default, computes all shards that are missing, those first on which no other process
            works: in as many shards as others have begun with, or else in 8 (one if the data do
            not say how many batches they have, fewer if there are fewer batches).
        batch_size: Rows of a batch of arrays, 32 by default. `fit_cached` may train in others.
        verbose: As for `fit`; a line and a progress bar for each shard.
        engine: What runs the frozen layers: `"keras"`, the default, `"openvino"`, `"onnxruntime"`
            or `"auto"`, as in `fit_cached`. Shards of all engines serve together, whatever the
            `engine` of `fit_cached`: those of several machines differ in the last bits anyway.

    Returns:
        What is in the folder now: the numbers of the shards that are `missing`, whether it
        `is_complete`, `num_rows`, its `path`.

    Raises:
        NotStatic: No frozen layer comes before all that trains, or random augmentation does.
        InvalidFeatures: The data do not fit the model's inputs, hold NaN or infinite values, are
            shuffled anew each time they are read, or have no batch for the shard.
        CacheError: Nothing can be written to `cache`; other frozen layers, another number of shards
            or another batch size have begun with these data there; or the shards are of data of
            different lengths.
        MissingExtra: `engine` is not installed.
        NotConvertible: `engine` lacks something that the frozen layers compute (a layer is named),
            or cannot run a batch after the first one.
        EngineMismatch: What `engine` gives differs from what Keras gives.
        UnsupportedBackend: `engine` cannot read the graphs of the Keras backend in use.
        UnsupportedModel: `model` is a subclassed model, or no model.
        UnbuiltModel: `model` is a Sequential model without an input shape.
        ValueError: `shard` is no shard of the data, or another argument is out of its range.

    Example:
        >>> import keras, keras_mtl, numpy as np, tempfile
        >>> trained = keras.Sequential([
        ...     keras.Input((8, 8, 1)), keras.layers.Conv2D(4, 3), keras.layers.Dense(2)])
        >>> model = keras_mtl.transfer(trained, cut=1, freeze=True, head=3)
        >>> x, y = np.random.rand(120, 8, 8, 1), np.arange(120) % 3
        >>> folder = tempfile.mkdtemp()
        >>> keras_mtl.compute_features(model, x, folder, shard=(0, 2), verbose=0).missing
        (1,)
        >>> keras_mtl.compute_features(model, x, folder, shard=(1, 2), verbose=0).is_complete
        True
        >>> history = keras_mtl.fit_cached(model, x, y, cache=folder, verbose=0)
    """
    number, num_shards = checked_shard(shard)
    one_of("verbose", verbose, ("auto", 0, 1, 2))
    work = SharedWork(model, data, cache, batch_size=batch_size, verbose=verbose, engine=engine)
    return work.compute(number, num_shards)


def checked_shard(shard: Any) -> tuple[int | None, int | None]:
    """Return the number of a shard and the number of all; None for both if none is given."""
    if shard is None:
        return None, None
    is_pair = isinstance(shard, tuple | list) and len(shard) == 2
    if not is_pair or not all(is_whole_number(value, least=0) for value in shard):
        raise ValueError(
            "`shard` is `(i, n)`: the number of a shard, from 0, and the number of all shards. "
            f"Received: {shard!r}."
        )
    number, count = map(int, shard)
    if number >= count:
        last = f" The last one of {count} is ({count - 1}, {count})." if count else ""
        raise ValueError(
            "`shard` is `(i, n)`: the number of a shard, from 0 to n - 1, and the number of all "
            f"shards. Received: {shard!r}.{last}"
        )
    return number, count
