"""The shards of one model's features of one data set, as work that processes share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from os import PathLike
from typing import Any

import keras

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.indexed_rows import IndexedRows
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.source import DataSource
from keras_mtl.caching.feature_pass import FeaturePass
from keras_mtl.caching.feature_shards import FeatureShards
from keras_mtl.caching.fingerprints import fingerprint_of_static_part
from keras_mtl.caching.shard_data import ArrayShards, RowsAsArrays, ShardData, shards_of_stream
from keras_mtl.caching.shard_reader import ShardReader
from keras_mtl.caching.static_split import split_model
from keras_mtl.caching.storage.feature_cache import FolderCache
from keras_mtl.caching.storage.shard_choice import check_trunk, set_to_fill
from keras_mtl.caching.storage.shard_set import SetDescription, ShardSet
from keras_mtl.common.arguments import folder_path, whole_number_or_none
from keras_mtl.engines.known_engines import KERAS, checked_engine
from keras_mtl.errors import InvalidFeatures
from keras_mtl.keras_private.data_adapters import is_sparse_or_ragged
from keras_mtl.keras_private.retracing import expected_to_trace

SHARDS = 8
"""Shards by default: a process that is killed loses an eighth of the work at most."""
WHAT = "`data`"


class SharedWork:
    """Computes shards of features; the frozen layers are compiled once for all of them.

    Args:
        model: As for `compute_features`.
        data: As for `compute_features`.
        cache: As for `compute_features`.
        batch_size: As for `compute_features`.
        verbose: As for `compute_features`.
        engine: As for `compute_features`.
    """

    def __init__(
        self,
        model: keras.Model,
        data: Any,
        cache: str | PathLike[str],
        *,
        batch_size: int | None,
        verbose: str | int,
        engine: str = KERAS,
    ) -> None:
        self._batch_size = whole_number_or_none("batch_size", batch_size)
        self._folder = folder_path("cache", cache)
        split = split_model(model)
        self._model = model
        self._data = data
        self._divided = _divided(model, data, batch_size)
        self._wanted = SetDescription(
            trunk=fingerprint_of_static_part(model, split),
            data=self._divided.identity(),
            num_shards=_default_shards(self._divided),
            batch_size=self._divided.batch_size,
            last=split.last,
        )
        self._pass = FeaturePass(model, split, verbose, checked_engine(engine))

    def compute(self, number: int | None, num_shards: int | None) -> FeatureShards:
        """Compute a shard unless it is there and whole, and return what is in the folder then.

        Args:
            number: The number of the shard; None for all that are missing.
            num_shards: The number of all shards; None for that which others have begun with, or
                else a default.

        Raises:
            CacheError: What is in the folder does not go with that, or nothing can be written.
            InvalidFeatures: Inputs or features do not fit, or are not finite.
            ValueError: There are more shards than batches.
        """
        with closing(FolderCache(self._folder)), expected_to_trace():
            shards = self._set(num_shards)
            divided = self._divided
            if shards.description.batch_size != divided.batch_size:
                divided = _divided(self._model, self._data, shards.description.batch_size)
            _check_number(shards, divided)
            shards.describe()
            reader = ShardReader(shards, self._pass, divided)
            for one in _to_compute(shards) if number is None else [number]:
                reader.read(one)
            check_trunk(self._folder, self._wanted)  # Others may have begun at the same time.
            rows = shards.finish()
        rows = shards.rows_there() if rows is None else rows
        return FeatureShards(shards.path, shards.num_shards, shards.missing, rows)

    def _set(self, num_shards: int | None) -> ShardSet:
        return set_to_fill(
            self._folder,
            replace(self._wanted, num_shards=num_shards or self._wanted.num_shards),
            num_shards=num_shards,
            batch_size=self._batch_size if self._divided.batch_size else None,
        )


def _divided(model: keras.Model, data: Any, batch_size: int | None) -> ShardData:
    """Return the data as batches, checked as far as that takes no reading of all of them.

    Raises:
        InvalidFeatures: They do not fit, or come in another order each time.
        ValueError: They can be read only once.
    """
    inputs = ModelInputs.of(model)
    size = batch_size or BATCH_SIZE
    if isinstance(data, IndexedRows) and data.is_small:  # `fit_cached` makes arrays of them.
        return RowsAsArrays(inputs, data, size, WHAT)
    source = recognise(data)
    if isinstance(source, ArraySource):
        x = source.as_arrays(inputs, what=WHAT).x
        if not any(map(is_sparse_or_ragged, keras.tree.flatten(x))):
            inputs.check_forms(x, WHAT)
        return ArrayShards(inputs, x, size, WHAT)
    _check_end(source)
    source.check_form(inputs, WHAT)
    divided = shards_of_stream(inputs, source, WHAT)
    divided.check_order()
    return divided


def _check_end(source: DataSource) -> None:
    """Refuse a stream that cannot be read again from the beginning, or that has no end."""
    if source.is_read_once:
        raise ValueError(
            "A generator can be read only once, so it cannot be divided into shards. Give the data "
            "as a `keras.utils.PyDataset`, as a `tf.data.Dataset` or as arrays."
        )
    if source.is_endless:
        raise InvalidFeatures(
            f"`data`, a `{source.kind}`, has no end, so neither has a shard. Leave out what "
            "repeats it, such as `.repeat()`; give a `PyDataset` its `num_batches`."
        )


def _default_shards(data: ShardData) -> int:
    return 1 if data.num_batches is None else max(1, min(SHARDS, data.num_batches))


def _check_number(shards: ShardSet, data: ShardData) -> None:
    """Refuse more shards than there are batches."""
    if data.num_batches is not None and data.num_batches < shards.num_shards:
        raise ValueError(
            f"`shard` divides the data into {shards.num_shards}, but they have {data.num_batches} "
            "batches, and each shard needs one. Divide them into fewer shards, or give a smaller "
            "`batch_size`."
        )


def _to_compute(shards: ShardSet) -> Iterator[int]:
    """Yield the numbers of all shards that are to be read or computed here.

    Those that are there already come first, as they may be damaged. Those that other processes
    write in the meantime are left out; one that is being written is left to its process as long
    as there are others, and then computed here too, as that process may be slow, or gone.
    """
    missing = shards.missing
    yield from (i for i in range(shards.num_shards) if i not in missing)
    # Processes that begin together do not all begin with the same shard.
    turn = os.getpid() % shards.num_shards
    while missing := shards.missing:
        order = sorted(missing, key=lambda number: (number - turn) % shards.num_shards)
        taken = shards.in_progress
        free = [number for number in order if number not in taken]
        yield (free or order)[0]
