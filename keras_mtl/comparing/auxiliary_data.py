"""Labelled samples of the task that a network was trained for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.recognise import recognise
from keras_mtl.common.label_arrays import are_whole
from keras_mtl.common.shapes import Shape
from keras_mtl.comparing.compared_data import check_shapes, pair_of, read_samples
from keras_mtl.errors import InvalidFeatures, InvalidLabels, MissingLoss
from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.explaining.model_output import ModelOutput
from keras_mtl.heads.head import Head
from keras_mtl.heads.labels import LabelRule, without_tensor
from keras_mtl.heads.losses import is_loss

ARGUMENT = "auxiliary"


def read_auxiliary(
    model: keras.Model, auxiliary: Any, batch_size: int, sizes: Sequence[Shape] | None
) -> LabelledSamples | None:
    """Return labelled samples of the first task; None if there are none.

    Args:
        model: The trained network.
        auxiliary: A pair `(x, y)` of arrays, or a stream of batches, which is read into arrays.
        batch_size: Number of samples in a batch.
        sizes: The shapes that samples must have; None if the model takes any.

    Raises:
        InvalidFeatures: The inputs do not fit the model, or the stream has no end.
        InvalidLabels: The labels do not fit the output of the model.
        MissingLoss: The model is not compiled.
        ValueError: It is neither a pair nor a stream.
    """
    if auxiliary is None:
        return None
    if not model.compiled:
        raise MissingLoss(
            f"With `{ARGUMENT}` the first task is trained too, and `{model.name}` is not compiled, "
            "so its loss is not known. Call `model.compile(loss=...)` with the loss that it was "
            "trained with, or leave `auxiliary` out."
        )
    x, y = _arrays(auxiliary)
    samples = read_samples(model, x, batch_size, f"`{ARGUMENT}[0]`")
    check_shapes(samples, sizes, ARGUMENT)
    values = _fitting(model, y)
    if len(values) != len(samples):
        raise InvalidLabels(
            f"`{ARGUMENT}` has {len(samples)} samples and {len(values)} labels: give a label for "
            "each sample."
        )
    return LabelledSamples(samples, values, None)


def _arrays(auxiliary: Any) -> tuple[Any, Any]:
    """Return inputs and labels, of a stream those of all batches."""
    if isinstance(auxiliary, list | tuple):
        return pair_of(auxiliary, ARGUMENT)
    source = recognise(auxiliary)
    if isinstance(source, ArraySource):
        return pair_of(auxiliary, ARGUMENT)
    if source.is_endless:
        raise InvalidFeatures(
            f"`{ARGUMENT}`, a `{source.kind}`, has no end, so it cannot be read through. Leave out "
            "what repeats it, such as `.repeat()`."
        )
    batches = [keras.utils.unpack_x_y_sample_weight(batch)[:2] for batch in source.batches()]
    if not batches or any(y is None for _, y in batches):
        raise InvalidLabels(f"`{ARGUMENT}` must give batches `(x, y)`. Some have no labels.")
    joined = keras.tree.map_structure(
        lambda *parts: np.concatenate([np.asarray(without_tensor(part)) for part in parts]),
        *batches,
    )
    return joined[0], joined[1]


def _fitting(model: keras.Model, y: Any) -> np.ndarray:
    """Return labels that the output of the model can have been trained on."""
    outputs = keras.tree.flatten(model.outputs)
    if len(outputs) > 1 or len(outputs[0].shape) != 2 or outputs[0].shape[-1] is None:
        raise InvalidLabels(
            f"`{ARGUMENT}` goes with a model with one vector as its output. Received a model with "
            f"outputs of the shapes {[tuple(one.shape) for one in outputs]}."
        )
    head = _head_like(ModelOutput.of(model, None), outputs[0].shape[-1], without_tensor(y))
    try:
        return np.asarray(LabelRule.of(head).check(y, argument=f"{ARGUMENT}[1]"))
    except InvalidLabels as error:
        raise InvalidLabels(f"{error} They must fit the output of `{model.name}`.") from error


def _head_like(output: ModelOutput, units: int, y: Any) -> Head:
    """Return a head with outputs of the same meaning."""
    meaning = output.meaning
    if meaning.is_certain and meaning.kind is not None:  # It is a head itself.
        return Head(units, meaning.kind, classes=meaning.classes)
    loss = keras.losses.get(output.loss) if isinstance(output.loss, str) else output.loss
    if is_loss(loss, keras.losses.CategoricalCrossentropy):
        return Head(units, "multilabel")  # A column of 0 and 1 for each class.
    if meaning.function == "sigmoid" or meaning.kind == "binary":
        return Head(units, "binary" if units == 1 else "multilabel")
    if meaning.function == "softmax" or (units > 1 and _look_like_classes(y)):
        return Head(units)
    return Head(units, "regression")


def _look_like_classes(y: Any) -> bool:
    array = np.asarray(y)
    numbers = array.dtype.kind in "biuf" and bool(np.isfinite(array).all())
    return array.ndim == 1 and numbers and are_whole(array)
