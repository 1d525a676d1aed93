"""Rows of tensorflow-datasets read by TensorFlow, one after the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import keras
import numpy as np
import tensorflow as tf

from keras_mtl.datasets.feature_tree import IMAGE, Feature
from keras_mtl.datasets.resizing import Size
from keras_mtl.datasets.tfds_builders import Piece, TfdsBuilder

BATCH_BYTES = 2**24
"""Bytes of the rows that are handed on at once."""


class Rows(NamedTuple):
    """Some rows of a piece.

    Attributes:
        numbers: Their places in the split.
        values: Their features by path.
    """

    numbers: np.ndarray
    values: dict[str, np.ndarray]


def read_rows(
    found: TfdsBuilder,
    piece: Piece,
    features: Sequence[Feature],
    wanted: np.ndarray | None = None,
    size: Size | None = None,
) -> Iterator[Rows]:
    """Yield rows of a piece, in any order.

    Only rows that are wanted have their images decoded.

    Args:
        found: The data set.
        piece: Where to read.
        features: What is read of each row.
        wanted: Booleans by place in the piece; None for all rows.
        size: The height and width of images; None for the size that they have.

    Raises:
        InvalidTaskData: A file is damaged, or values of a feature differ in shape.
    """
    _hide_gpus()
    decoders = {one.path: found.image_decoder(one) for one in features if one.kind == IMAGE}
    rows = found.stream(piece, features).enumerate()
    if wanted is not None:
        chosen = tf.constant(wanted)
        rows = rows.filter(lambda number, _: chosen[number])

    def decoded(number: Any, row: Any) -> tuple[Any, dict[str, Any]]:
        values = {one.path: one.value(row) for one in features}
        for path, decode in decoders.items():
            values[path] = _resized(decode(values[path]), size)
        return number, values

    rows = rows.map(decoded, num_parallel_calls=tf.data.AUTOTUNE, deterministic=False)
    batches = rows.batch(_batch_size(rows.element_spec[1])).prefetch(2)
    try:
        for numbers, values in batches.as_numpy_iterator():
            yield Rows(piece.start + numbers, values)
    except tf.errors.OpError as error:
        raise found.unreadable(str(error.message)) from error


def _resized(image: Any, size: Size | None) -> Any:
    if size is None:
        return image
    values = tf.image.resize(image, size, antialias=True)
    if image.dtype.is_integer:
        values = tf.round(tf.clip_by_value(values, image.dtype.min, image.dtype.max))
    return tf.ensure_shape(tf.cast(values, image.dtype), [*size, image.shape[-1]])


def _batch_size(specs: Any) -> int:
    sizes = [
        spec.dtype.size * int(np.prod([size or 1 for size in spec.shape]))
        for spec in keras.tree.flatten(specs)
    ]
    return int(np.clip(BATCH_BYTES // max(1, sum(sizes)), 1, 1024))


def _hide_gpus() -> None:
    """Leave the memory of GPUs to another backend: TensorFlow would take all of it."""
    if keras.config.backend() == "tensorflow":
        return
    try:
        tf.config.set_visible_devices([], "GPU")
    except RuntimeError:  # The caller has used TensorFlow before: it has what it has.
        return
