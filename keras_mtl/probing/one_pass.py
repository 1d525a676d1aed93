"""One pass of data through a model."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, count, islice, pairwise
from typing import Any

import keras
import numpy as np
from numpy.typing import NDArray

from keras_mtl.batches.input_shapes import check_shapes
from keras_mtl.caching.sources import INFINITE
from keras_mtl.errors import InvalidFeatures, InvalidLabels
from keras_mtl.keras_private.data_adapters import can_convert_arrays, is_tf_dataset
from keras_mtl.probing.depth_features import DepthFeatures
from keras_mtl.scores.spectrum import Floats

Matrix = NDArray[np.float32]


def run_over(
    extractor: DepthFeatures, x: Any, y: Any, *, batch_size: int | None, verbose: str | int
) -> tuple[Matrix, Any]:
    """The features of all samples, and their labels: `y`, or those that come with the batches."""
    if y is not None:
        return extractor.predict(x, batch_size=batch_size, verbose=verbose), y
    labels: list[Any] = []
    inputs = _inputs_of(extractor.source, batches_of(x), labels)
    first = next(inputs, None)  # Before Keras sees it, which tells less of what is wrong.
    if first is None:
        raise InvalidFeatures(f"`x` gives no batches. Received: `{type(x).__name__}`.")
    with warnings.catch_warnings():
        # Keras says so of every generator that ends.
        warnings.filterwarnings("ignore", message="Your input ran out of data")
        features = extractor.predict((one for one in chain([first], inputs)), verbose=verbose)
    return features, np.concatenate(labels)


def split_features(features: Matrix, widths: Sequence[int], layers: Sequence[str]) -> list[Floats]:
    """One matrix for each depth, all of them finite.

    Raises:
        InvalidFeatures: Some are NaN or infinite; the first depth is named.
    """
    edges = np.cumsum([0, *widths])
    parts = [features[:, start:end].astype(float) for start, end in pairwise(edges)]
    if not np.isfinite(features).all():
        raise InvalidFeatures(_what_is_not_finite(parts, layers))
    return parts


def count_samples(model: keras.Model, x: Any) -> int:
    """The number of samples in an array, or in several that are the same length.

    Raises:
        InvalidFeatures: They do not fit the model, their lengths differ, or there is no sample.
        ValueError: These are no arrays.
    """
    if not can_convert_arrays((x,)):
        raise ValueError(
            f"`y` goes with arrays. Received: x of type `{type(x).__name__}`; let it give batches "
            "`(inputs, labels)`, and leave `y` out."
        )
    check_shapes(model, x, what="`x`")
    lengths = [np.shape(leaf)[0] for leaf in keras.tree.flatten(x)]
    if len(set(lengths)) != 1 or not lengths[0]:
        raise InvalidFeatures(
            f"All inputs must have the same number of samples, one at least. Received: {lengths}."
        )
    return lengths[0]


def batches_of(data: Any, steps: int | None = None) -> Iterator[Any]:
    """The batches of a `tf.data.Dataset`, a `PyDataset` or any other iterable.

    Args:
        data: Where they are.
        steps: How many to take; None for all.

    Raises:
        InvalidFeatures: These are no batches, or all are wanted of those without an end.
    """
    if isinstance(data, keras.utils.PyDataset):
        size = data.num_batches
        endless = size is None
        batches: Iterable[Any] = map(data.__getitem__, count() if size is None else range(size))
    elif is_tf_dataset(data):
        endless, batches = int(data.cardinality()) == INFINITE, data
    elif isinstance(data, Iterable):
        endless, batches = False, data
    else:
        raise InvalidFeatures(
            "Without `y`, `x` must give batches `(inputs, labels)`. Received: x of type "
            f"`{type(data).__name__}`."
        )
    if endless and steps is None:
        raise InvalidFeatures(
            f"`x`, a `{type(data).__name__}`, has no end, so it cannot be read through. Leave out "
            "what repeats it, such as `.repeat()`, or give a list of the batches to read."
        )
    return islice(batches, steps)


def _inputs_of(
    model: keras.Model, batches: Iterable[Any], labels: list[Any]
) -> Iterator[tuple[Any]]:
    """The inputs of each batch; its labels are appended to `labels` on the way.

    A second pass for the labels would meet the samples in another order if the data is shuffled.
    """
    for batch in batches:
        inputs, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
        if y is None:
            raise InvalidLabels(
                "Without `y`, `x` must give batches `(inputs, labels)`. Received batches without "
                "labels."
            )
        check_shapes(model, inputs, what="a batch of `x`")
        labels.append(_label_array(y))
        yield (inputs,)


def _label_array(labels: Any) -> np.ndarray:
    array = np.asarray(keras.ops.convert_to_numpy(labels))
    if not array.ndim:
        raise InvalidLabels(
            "The labels of a batch are an array with a row for each sample. Received: "
            f"`{type(labels).__name__}`."
        )
    return array


def _what_is_not_finite(parts: list[Floats], layers: Sequence[str]) -> str:
    wrong = [int((~np.isfinite(part)).any(axis=1).sum()) for part in parts]
    first = next(index for index, count in enumerate(wrong) if count)
    nans = int(np.isnan(parts[first]).sum())
    infinite = int(np.isinf(parts[first]).sum())
    return (
        f"The features at `{layers[first]}`, depth {first + 1}, are not finite: "
        f"{nans} NaN and {infinite} infinite values in {wrong[first]} of {len(parts[first])} "
        f"samples. So are those of {sum(map(bool, wrong)) - 1} later depths. Look for NaN in `x` "
        "first, then for NaN in the weights up to this layer."
    )
