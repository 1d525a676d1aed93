"""One pass of data through a model."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import chain, pairwise
from math import ceil
from typing import Any, NamedTuple

import keras
import numpy as np
from numpy.typing import NDArray

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.batch import UNBATCHED, hint_for_dicts
from keras_mtl.batches.finite_inputs import FiniteInputs
from keras_mtl.batches.generators import expected_to_end
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.source import DataSource
from keras_mtl.batches.values import as_tensors
from keras_mtl.caching.varying_features import SAMPLES
from keras_mtl.engines.batch_function import num_rows
from keras_mtl.engines.choice import batch_function
from keras_mtl.engines.known_engines import KERAS
from keras_mtl.engines.static_model import StaticModel
from keras_mtl.errors import InvalidFeatures, InvalidLabels
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.keras_private.data_adapters import are_arrays
from keras_mtl.probing.depth_features import DepthFeatures
from keras_mtl.scores.spectrum import Floats
from keras_mtl.training.distribution.model_workers import predicted, workers_to_predict

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
    extractor: DepthFeatures,
    x: Any,
    y: Any,
    *,
    batch_size: int | None,
    verbose: str | int,
    engine: str = KERAS,
) -> Pass:
    """Return the features of all samples, and their labels.

    Args:
        extractor: Gives the features.
        x: The inputs, or batches of both.
        y: The labels; None for batches.
        batch_size: Samples in a batch, 32 by default.
        verbose: As in `predict`.
        engine: What runs the model: a checked engine, `"keras"` or `"auto"`.

    Raises:
        InvalidFeatures: The data have no batches or no end, or do not fit the model.
        InvalidLabels: Batches have no labels.
    """
    inputs = ModelInputs.of(extractor.source)
    if y is not None:
        arrays = inputs.read(x, "`x`")
        if engine == KERAS:
            tensors = as_tensors(arrays)
            features = _predicted(extractor, tensors, batch_size=batch_size, verbose=verbose)
        else:
            size = batch_size or BATCH_SIZE
            total = ceil(num_rows(arrays) / size)
            features = _by_engine(extractor, engine, _slices(arrays, size), total, verbose)
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
    every = chain([first], batches)
    if engine != KERAS:
        inputs_only = (batch for (batch,) in every)
        features = _by_engine(extractor, engine, inputs_only, source.num_batches, verbose)
        return Pass(features, np.concatenate(labels), seen)
    with expected_to_end():
        # Keras recognises generators by their type, and a `chain` is none.
        features = _predicted(extractor, (batch for batch in every), verbose=verbose)
    return Pass(features, np.concatenate(labels), seen)


def _predicted(extractor: DepthFeatures, x: Any, **options: Any) -> Matrix:
    """Return the features, of which each of several devices computes some rows on JAX."""
    workers = workers_to_predict(extractor)
    if workers.replicas > 1:
        features: Matrix = predicted(workers, extractor, x, **options)
        return features
    return extractor.predict(x, **options)


def _by_engine(
    extractor: DepthFeatures,
    engine: str,
    batches: Iterable[Any],
    total: int | None,
    verbose: str | int,
) -> Matrix:
    """Return the features of all samples, each depth compared with Keras's on the first batch."""
    shown = 1 if verbose == "auto" else int(verbose)
    edges = np.cumsum(extractor.widths)[:-1]
    static = StaticModel(
        extractor,
        checked_functional(extractor.source).input,
        extractor.source.name,
        lambda features: np.split(features, edges, axis=-1),
    )
    function = batch_function(static, engine, verbose=bool(shown))
    function.begin(total)
    progress = keras.utils.Progbar(total, verbose=shown)
    parts: list[Matrix] = []
    full = 0
    for batch in batches:
        full = max(full, num_rows(batch))
        parts.append(function.of_filled(batch, full))
        progress.add(1)
    return np.concatenate(parts)


def _slices(arrays: Any, size: int) -> Iterator[Any]:
    for start in range(0, num_rows(arrays), size):
        yield keras.tree.map_structure(
            lambda array, start=start: array[start : start + size], arrays
        )


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
