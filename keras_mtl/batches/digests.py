"""Hashes of data: a cache finds features by them, and a backup recognises its data."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.batch import Batch
from keras_mtl.batches.values import dense_array
from keras_mtl.common.hashing import Hash, form_of, hash_of_several, rows_of, values_of
from keras_mtl.keras_private.data_adapters import are_arrays

SAMPLED_ROWS = 256
"""Rows of the inputs that `digest_of_rows` reads, evenly spread: inputs may be too large."""


def digest_of_rows(whole: Batch, settings: list[Any]) -> str:
    """Return the hash of sampled input rows, of all labels, weights and masks, and of settings."""
    total = Hash(json.dumps(settings))
    spread = np.unique(np.linspace(0, whole.num_rows - 1, SAMPLED_ROWS).astype(np.int64))
    for array in keras.tree.flatten(whole.x):
        total.add(form_of(array))
        total.add_values(array[spread])
    add_labels(total, whole)
    return total.hexdigest()


def add_labels(total: Hash, batch: Batch) -> None:
    """Add the labels, weights and masks of a batch to a hash."""
    for array in keras.tree.flatten((batch.y, batch.sample_weight, batch.mask)):
        if array is None:
            total.add("none")
        else:
            total.add_array(array)


def digest_of_arrays(batches: Iterable[Sequence[np.ndarray]]) -> str:
    """Return the hash of arrays that come in batches; the batch size does not change it."""
    columns: list[Hash] = []
    for batch in batches:
        if not columns:
            columns = [Hash(form_of(array, array.shape[1:])) for array in batch]
        for column, array in zip(columns, batch, strict=True):
            column.add(rows_of(array))
    return hash_of_several(column.hexdigest() for column in columns)


def digest_of_values(values: Any, what: str) -> str:
    """Return the hash of arrays of any kind, or of a structure of arrays, as they are given.

    Args:
        values: A list counts as several arrays if its elements are arrays, else as the rows of one.
        what: What messages call them.
    """
    several = isinstance(values, dict | tuple) or are_arrays((values,))
    leaves = keras.tree.flatten(values) if several else [values]
    arrays = [dense_array(leaf, what) for leaf in leaves]
    return hash_of_several(digest_of_arrays([[array]]) for array in arrays if len(array))


def digest_of_samples(batches: Iterable[Sequence[np.ndarray]]) -> str:
    """Return the hash of samples in any order: a data set may be shuffled on each read."""
    total = 0
    sizes: Counter[int] = Counter()
    for batch in batches:
        sizes[len(batch[0])] += 1  # Batches are replayed as they came, so their sizes count.
        for sample in zip(*batch, strict=True):
            values = b"".join(_described(np.asarray(value)) for value in sample)
            # A sum does not depend on the order; unlike XOR it keeps samples that come twice.
            total += int(Hash(values).hexdigest(), 16)
    return hash_of_several([f"{total}", f"{sorted(sizes.items())}"])


def _described(array: np.ndarray) -> bytes:
    return form_of(array).encode() + bytes(values_of(array))
