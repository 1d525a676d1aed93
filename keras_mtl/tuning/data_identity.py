"""A text by which a search recognises its data."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.caching.fingerprints import fingerprint_of_all, fingerprint_of_arrays
from keras_mtl.heads.labels import without_tensor
from keras_mtl.keras_private.data_adapters import can_convert_arrays


def identity_of_data(x: Any, y: Any) -> str:
    """Return a text that differs for other arrays; "" for batches, whose content is not known.

    Args:
        x: The inputs.
        y: The labels; None if `x` gives batches.
    """
    return "" if y is None else fingerprint_of_all(map(_fingerprint, (x, y)))


def _fingerprint(data: Any) -> str:
    # A list holds several arrays, or the rows of one.
    several = isinstance(data, dict | tuple) or can_convert_arrays((data,))
    leaves = keras.tree.flatten(data) if several else [data]
    arrays = [np.asarray(without_tensor(leaf)) for leaf in leaves]
    return fingerprint_of_all(
        fingerprint_of_arrays([[array]]) for array in arrays if array.ndim and len(array)
    )
