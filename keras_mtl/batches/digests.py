"""Hashes that tell data sets apart, so that a backup is not continued on others."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.batch import Batch

SAMPLED_ROWS = 256
"""Rows of the inputs that are looked at, evenly spread; inputs may be too many to read them all."""


def digest_of_rows(whole: Batch, settings: list[Any]) -> str:
    """The hash of arrays: some rows of the inputs, all of the rest."""
    total = blake2b(json.dumps(settings).encode(), digest_size=16)
    spread = np.linspace(0, whole.num_rows - 1, SAMPLED_ROWS).astype(np.int64)
    for array in keras.tree.flatten(whole.x):
        _add(total, array, array[np.unique(spread)])
    for array in keras.tree.flatten((whole.y, whole.sample_weight, whole.mask)):
        _add(total, array, array)
    return total.hexdigest()


def digest_of_settings(settings: list[Any]) -> str:
    """The hash of a description."""
    return blake2b(json.dumps(settings, default=str).encode(), digest_size=16).hexdigest()


def _add(total: blake2b, array: np.ndarray | None, rows: np.ndarray | None) -> None:
    if array is None or rows is None:
        total.update(b"none")
        return
    total.update(f"{array.dtype}{array.shape}".encode())
    if rows.dtype.hasobject:
        total.update(json.dumps(rows.tolist(), default=str).encode())
    else:
        total.update(np.ascontiguousarray(rows).reshape(-1).view(np.uint8).data)
