"""The data of a comparison, read and checked before any work."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.indexed_rows import refuse_tasks
from keras_mtl.batches.recognise import recognise
from keras_mtl.common.shapes import Shape
from keras_mtl.comparing.repeated_rows import check_repeated
from keras_mtl.errors import InvalidFeatures, InvalidLabels
from keras_mtl.estimators.input_arrays import check_inputs
from keras_mtl.estimators.labels.label_form import LabelForm
from keras_mtl.estimators.samples import LabelledSamples, Samples


def read_samples(model: keras.Model, x: Any, batch_size: int, what: str) -> Samples:
    """Return checked inputs of a model.

    Raises:
        InvalidFeatures: They do not fit the model, hold NaN, or are no arrays.
    """
    try:
        source = recognise(x)
    except ValueError as error:
        raise InvalidFeatures(f"{what}: {error}") from error
    if not isinstance(source, ArraySource):
        raise InvalidFeatures(
            f"`compare` draws rows from arrays. Received: {what}, a `{source.kind}`. Read it into "
            "arrays before, for instance by `np.concatenate([batch for batch in data])`."
        )
    return Samples(check_inputs(model, x, what), batch_size)


def read_test(
    model: keras.Model, test: Any, form: LabelForm, drawn: Samples, sizes: Sequence[Shape] | None
) -> LabelledSamples | None:
    """Return the test rows; None if there are none.

    Args:
        model: The trained network.
        test: A pair `(x, y)`, or None.
        form: The form of the labels.
        drawn: The samples that runs draw from.
        sizes: The shapes that test rows must have; None if the model takes any.

    Raises:
        InvalidFeatures: The inputs do not fit, or some are samples that runs draw from.
        InvalidLabels: The labels are of another form, or of classes that `y` does not have.
        ValueError: It is no pair.
    """
    if test is None:
        return None
    x, y = pair_of(test, "test")
    samples = read_samples(model, x, drawn.batch_size, "`test[0]`")
    check_shapes(samples, sizes, "test")
    try:
        values = form.values_of(y, len(samples))
    except InvalidLabels as error:
        raise InvalidLabels(f"`test[1]`: {error}") from error
    check_repeated(drawn.inputs, samples.inputs)
    return LabelledSamples(samples, values, None)


def check_shapes(samples: Samples, sizes: Sequence[Shape] | None, argument: str) -> None:
    """Refuse samples of other shapes than those of `x`, if a head fits for these only.

    Raises:
        InvalidFeatures: Their shape differs.
    """
    shapes = [array.shape[1:] for array in samples.inputs]
    if sizes is not None and shapes != list(sizes):
        raise InvalidFeatures(
            f"Samples of `{argument}` must have the shape {_shown(sizes)}, as those of `x`: the "
            f"number of features at the cut depends on it. Received: {_shown(shapes)}."
        )


def pair_of(given: Any, argument: str) -> tuple[Any, Any]:
    """Return inputs and labels.

    Raises:
        InvalidInputs: They are the data of several tasks.
        ValueError: They are no pair.
    """
    refuse_tasks(given, f"`{argument}`")
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise ValueError(
            f"`{argument}` is a pair `(x, y)` of arrays. Received: `{type(given).__name__}`."
        )
    return given[0], given[1]


def _shown(shapes: Sequence[Shape]) -> str:
    return " and ".join(map(str, shapes))
