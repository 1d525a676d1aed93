"""One pass of data through a model."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, pairwise
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.batch import UNBATCHED, hint_for_dicts
from keras_mtl.batches.finite_inputs import FiniteInputs
from keras_mtl.batches.generators import expected_to_end
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.values import as_tensors
from keras_mtl.caching.varying_features import SAMPLES
from keras_mtl.errors import InvalidFeatures, InvalidLabels
from keras_mtl.keras_private.data_adapters import are_arrays
from keras_mtl.probing.depth_features import DepthFeatures
from keras_mtl.scores.spectrum import Floats

Matrix = NDArray[np.float32]


class Pass(NamedTuple):
    """What one pass over the data gives.

    Attributes:
        features: The features of all samples.
        labels: Their labels: `y`, or the labels in the batches.
        first: The inputs of the first samples, an array for each input.
    """

    features: Matrix
    labels: Any
    first: list[np.ndarray]


def run_over(
    extractor: DepthFeatures, x: Any, y: Any, *, batch_size: int | None, verbose: str | int
) -> Pass:
    """Return the features of all samples, and their labels.

    Raises:
        InvalidFeatures: The data have no batches or no end, or do not fit the model.
        InvalidLabels: Batches have no labels.
    """
    inputs = ModelInputs.of(extractor.source)
    if y is not None:
        arrays = inputs.read(x, "`x`")
        features = extractor.predict(as_tensors(arrays), batch_size=batch_size, verbose=verbose)
        return Pass(features, y, [array[:SAMPLES] for array in keras.tree.flatten(arrays)])
    source = recognise(x)
    _check_stream(source)
    seen: list[np.ndarray] = []
    labels: list[Any] = []
    batches = _inputs_of(inputs, source, labels, seen)
    # Before Keras reads it, whose error would not say what is wrong with the data.
    first = next(batches, None)
    if first is None:
        raise InvalidFeatures(f"`x` gives no batches. Received: `{source.kind}`.")
    with expected_to_end():
        # Keras recognises generators by their type, and a `chain` is none.
        features = extractor.predict((batch for batch in chain([first], batches)), verbose=verbose)
    return Pass(features, np.concatenate(labels), seen)


def split_features(features: Matrix, widths: Sequence[int], layers: Sequence[str]) -> list[Floats]:
    """Split features into one finite matrix for each depth.

    Raises:
        InvalidFeatures: Some are NaN or infinite; the first depth is named.
    """
    edges = np.cumsum([0, *widths])
    parts = [features[:, start:end].astype(float) for start, end in pairwise(edges)]
    if not np.isfinite(features).all():
        raise InvalidFeatures(_what_is_not_finite(parts, layers))
    return parts


def count_samples(model: keras.Model, x: Any) -> int:
    """Return the number of samples in arrays that go with labels.

    Raises:
        InvalidFeatures: They do not fit the model, their lengths differ, or there is no sample.
        ValueError: `x` does not hold arrays.
    """
    if not isinstance(recognise(x), ArraySource):
        raise ValueError(
            f"`y` goes with arrays. Received: x of type `{type(x).__name__}`; let it give batches "
            "`(inputs, labels)`, and leave `y` out."
        )
    return ModelInputs.of(model).count_rows(x, "`x`")


def _check_stream(source: DataSource) -> None:
    """Refuse data that cannot be read once for inputs and labels."""
    if isinstance(source, ArraySource):
        lacks_labels = source.x is not None and are_arrays((source.x,))
        error = InvalidLabels if lacks_labels else InvalidFeatures
        raise error(
            "Without `y`, `x` must give batches `(inputs, labels)`. Received: x of type "
            f"`{source.kind}`."
        )
    if source.is_endless:
        raise InvalidFeatures(
            f"`x`, a `{source.kind}`, has no end, so it cannot be read through. Leave out what "
            "repeats it, such as `.repeat()`, or give a list of the batches to read."
        )


def _inputs_of(
    inputs: ModelInputs, source: DataSource, labels: list[Any], first: list[np.ndarray]
) -> Iterator[tuple[Any]]:
    """Yield the inputs of each batch, append its labels to `labels`, and fill `first` once.

    A second pass for the labels would give the samples in another order if the data are shuffled.
    """
    what = "a batch of `x`"
    finite = FiniteInputs(inputs.tensors, what)
    for batch in source.batches():
        x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
        if y is None:
            raise InvalidLabels(
                "Without `y`, `x` must give batches `(inputs, labels)`. Received batches without "
                f"labels.{hint_for_dicts(batch)}"
            )
        arrays = inputs.read(x, what, batched=True)
        finite.check(arrays)
        labels.append(_label_array(y))
        if not first:
            first.extend(array[:SAMPLES] for array in keras.tree.flatten(arrays))
        tensors = as_tensors(arrays)
        yield (keras.tree.lists_to_tuples(tensors),)  # In batches, Keras takes a list for an array.


def _label_array(labels: Any) -> np.ndarray:
    array = np.asarray(keras.ops.convert_to_numpy(labels))
    if not array.ndim:
        raise InvalidLabels(
            "The labels of a batch are an array with a row for each sample. Received: "
            f"`{type(labels).__name__}`.{'' if array.dtype == object else f' {UNBATCHED}'}"
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
