"""Grad-CAM: where in a picture a network looked at for a class."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import keras
import numpy as np
from keras import ops
from numpy.typing import NDArray

from keras_mtl.batches.finite_inputs import FiniteInputs
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.values import as_tensors
from keras_mtl.common.label_arrays import class_indices, label_array
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import InvalidFeatures, InvalidLabels, LayerNotFound
from keras_mtl.explaining.model_output import ModelOutput
from keras_mtl.explaining.output_meaning import call_of, is_mover
from keras_mtl.explaining.state_kept import state_kept
from keras_mtl.graph.call import Call
from keras_mtl.graph.chain import with_opened_chains
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.class_names import labels_by_name, text_labels
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.labels import without_tensor
from keras_mtl.keras_private.graphs import standardize_inputs
from keras_mtl.surgery.trunk import in_inference

Maps = NDArray[np.float32]

_POOLING = (keras.layers.MaxPooling2D, keras.layers.AveragePooling2D)


def grad_cam(
    model: keras.Model,
    x: Any,
    layer: str | None = None,
    classes: Any = None,
    *,
    task: str | None = None,
) -> Maps:
    """Return where a model looks at for a class: a class activation map for each picture.

    The gradient of the score of the class (before softmax or sigmoid) is averaged over the places
    of each channel; the channels are summed with these weights, and what is below zero is left
    out. The model runs in inference mode and stays as it is, on every backend.

    Args:
        model: A Functional or built Sequential model, of models inside it too: trunks, models
            loaded from a file, `keras.applications`.
        x: Its inputs, of shape `(samples, ...)`; several in a list or dict.
        layer: The layer whose features are shown, `"outer/inner"` for one inside a nested model.
            By default the last one that keeps the places of a picture: rank 4, more than one
            place, and on every path to the output if there is such a layer.
        classes: The class of each sample that is asked for, as indices or names, or one for all; of
            a model of numbers the number. The predicted class by default.
        task: The task of a `MultiTaskModel`, or the output of another model with several.

    Returns:
        float32 of shape `(samples, height, width)`, at least 0, in the resolution of the layer
        (the axes between samples and channels, for a layer of another rank).

    Raises:
        LayerNotFound: There is no such layer, or no layer that keeps places.
        InvalidFeatures: `x` does not fit the model.
        InvalidLabels: `classes` are not classes of the model, or not one for each sample.
        UnsupportedModel: `model` is a subclassed model.

    Source:
        Selvaraju et al., "Grad-CAM: visual explanations from deep networks via gradient-based
        localization", 2017.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> model = keras.Sequential([
        ...     keras.Input((8, 8, 1)),
        ...     keras.layers.Conv2D(4, 3, activation="relu"),
        ...     keras.layers.GlobalAveragePooling2D(),
        ...     keras.layers.Dense(3, activation="softmax"),
        ... ])
        >>> keras_mtl.grad_cam(model, np.ones((2, 8, 8, 1)), classes=1).shape
        (2, 6, 6)
    """
    checked_functional(model)
    output = ModelOutput.of(model, task)
    inputs = ModelInputs.of(output.model)
    arrays = keras.tree.flatten(inputs.read(x, "`x`"))
    FiniteInputs(inputs.tensors, "`x`").check(arrays)
    if not len(arrays[0]):
        raise InvalidFeatures("There are no samples in `x`.")
    indices = _checked_classes(classes, output, len(arrays[0]))
    parts = []
    for start in range(0, len(arrays[0]), BATCH_SIZE):
        rows = slice(start, start + BATCH_SIZE)
        wanted = None if indices is None else indices[rows]
        parts.append(class_maps(output, [array[rows] for array in arrays], wanted, layer))
    return np.concatenate(parts)


def class_maps(
    output: ModelOutput,
    arrays: Sequence[np.ndarray],
    classes: NDArray[np.int64] | None,
    layer: str | None,
) -> Maps:
    """Return the maps of one batch.

    Args:
        output: The output of a model.
        arrays: An array for each input.
        classes: The class of each row; None for the predicted one.
        layer: The name of a layer; None for the default.

    Raises:
        LayerNotFound: There is no such layer, or no layer that keeps places.
    """
    graph = output.graph
    assert graph is not None  # A model without a graph was refused.
    call, number = _place(graph, output.number, layer)
    with state_kept(output.model):
        return _maps(output, graph, call, number, arrays, classes)


def _maps(
    output: ModelOutput,
    graph: Graph,
    call: Call,
    number: int,
    arrays: Sequence[np.ndarray],
    classes: NDArray[np.int64] | None,
) -> Maps:
    flow = with_opened_chains(graph.opened)
    structure = keras.tree.pack_sequence_as(graph.functional.input, list(arrays))
    tensors = standardize_inputs(graph.functional, as_tensors(structure))
    values = dict(zip(graph.inputs, tensors, strict=True))
    features = flow.leading_to([number]).run(values, _run_static)[0]
    rest = _after(flow, number, output.number)
    values = {one: value for one, value in values.items() if one in rest.last_uses}
    run = partial(_scores, rest, values, number, flow, output.number)
    scores = run(features)
    chosen = _chosen(scores, classes)
    weights = ops.cast(_gradient(lambda kept: ops.sum(run(kept) * chosen), features), "float32")
    kept = ops.cast(features, "float32")
    axes = _places(graph.opened, call, len(features.shape))
    channel = next(axis for axis in range(1, len(features.shape)) if axis not in axes)
    means = ops.mean(weights, axis=axes, keepdims=True)
    maps = ops.relu(ops.sum(means * kept, axis=channel))
    return np.asarray(ops.convert_to_numpy(maps), np.float32)


def map_layer(graph: Graph, output: int) -> Call | None:
    """Return the call whose features a map is made of by default; None if there is none.

    Args:
        graph: The graph of a model.
        output: The number of the output that is explained.
    """
    flow = graph.opened.leading_to([output])
    legal = [cut.call for cut in flow.legal_cuts]
    for calls in (legal, flow.calls):
        for call in reversed(calls):
            if _keeps_places(flow, call) and _has_learnt(flow, call):
                return call
    return None


def _place(graph: Graph, output: int, layer: str | None) -> tuple[Call, int]:
    """Return the call whose features a map is made of, and the number of the features."""
    if layer is None:
        call = map_layer(graph, output)
        if call is None:
            raise LayerNotFound(
                f"`{graph.model.name}` has no layer that keeps the places of a picture: features "
                "of rank 4 with more than one place. Grad-CAM needs one, such as a convolution; "
                "name a layer of another rank by `layer`."
            )
        return call, call.outputs[0]
    number = graph.opened.number(graph.tensor(graph.cut([layer])[0]))
    flow = graph.opened.leading_to([output])
    found = call_of(flow, number)
    if found is None:
        raise LayerNotFound(f"The output does not depend on the layer `{layer}`.")
    shape = _shape(found, number)
    if not 3 <= len(shape) <= 5:
        raise LayerNotFound(
            f"The features of `{layer}` have the shape {shape}: no places. Grad-CAM needs a layer "
            "with an axis between samples and channels, such as a convolution."
        )
    return found, number


def _keeps_places(flow: Dataflow, call: Call) -> bool:
    """Return whether a call gives features at several places of a picture.

    Not a pooling layer, before which there are more places.
    """
    if call.is_input or call.is_entry or len(call.outputs) != 1 or not call.tensors:
        return False
    tensor = call.tensors[0]
    if len(tensor.shape) != 4 or "float" not in tensor.dtype:
        return False
    if isinstance(call.operation, _POOLING):
        return False
    sizes = [tensor.shape[axis] for axis in _places(flow, call, 4)]
    return any(size is None or size > 1 for size in sizes)


def _has_learnt(flow: Dataflow, call: Call) -> bool:
    """Return whether a layer with weights comes before: rescaled pixels are no features."""
    layers = [one.operation for one in flow.leading_to([call.outputs[0]]).calls]
    learning = [one for one in layers if isinstance(one, keras.Layer) and one.weights]
    return any(not isinstance(one, keras.layers.Normalization) for one in learning)


def _shape(call: Call, number: int) -> tuple[int | None, ...]:
    return tuple(call.tensors[call.outputs.index(number)].shape)


def _places(flow: Dataflow, call: Call, rank: int) -> list[int]:
    """Return the axes between samples and channels; some convolutions have the channels first."""
    before = flow.calls[: flow.calls.index(call) + 1]
    formats = [getattr(one.operation, "data_format", None) for one in before]
    known = [one for one in formats if one is not None]
    first = (known[-1] if known else keras.config.image_data_format()) == "channels_first"
    return list(range(2, rank)) if first else list(range(1, rank - 1))


def _after(flow: Dataflow, number: int, output: int) -> Dataflow:
    """Return the calls that lead from some features, and from the inputs, to an output."""
    calls = [call for call in flow.calls if number not in call.outputs]
    return Dataflow(calls, [output], flow.aliases).leading_to([output])


def _scores(
    rest: Dataflow,
    values: dict[int, Any],
    number: int,
    flow: Dataflow,
    output: int,
    features: Any,
) -> Any:
    """Return the scores of all classes, of shape `(rows, units)`, before the last activation."""
    last = call_of(flow, output)
    while last is not None and is_mover(last.operation):
        last = call_of(flow, last.inputs[0])

    def call(one: Call) -> Callable[..., Any]:
        return _before_activation(one.operation) if one is last else _run_static(one)

    (scores,) = rest.run({**values, number: features}, call)
    return ops.cast(ops.reshape(scores, (scores.shape[0], -1)), "float32")


def _run_static(call: Call) -> Callable[..., Any]:
    return in_inference(call.operation)


def _before_activation(operation: Any) -> Callable[..., Any]:
    """Return what an operation computes before softmax or sigmoid; nothing of it is changed."""
    if type(operation).__name__ in ("Softmax", "Sigmoid"):
        return lambda x, *args, **kwargs: x
    activation = getattr(operation, "activation", None)
    if activation not in (keras.activations.softmax, keras.activations.sigmoid):
        return in_inference(operation)
    if isinstance(operation, keras.layers.Activation):
        return lambda x, *args, **kwargs: x
    return _without_activation(operation)


def _without_activation(layer: keras.Layer) -> Callable[..., Any]:
    """Return the layer without its activation, on the same variables."""
    twin = object.__new__(type(layer))  # The layer itself stays as it is, also for other threads.
    vars(twin).update({**vars(layer), "activation": keras.activations.linear})
    return in_inference(twin)


def _chosen(scores: Any, classes: NDArray[np.int64] | None) -> Any:
    """Return what the scores are multiplied with to get the score that is asked for.

    Of one output the class 0 is what speaks against it.
    """
    units = scores.shape[1]
    if units == 1:
        values = ops.convert_to_numpy(scores)[:, 0]
        yes = values > 0 if classes is None else classes == 1
        return ops.convert_to_tensor(np.where(yes, 1.0, -1.0)[:, None].astype("float32"))
    wanted = ops.convert_to_numpy(scores).argmax(axis=1) if classes is None else classes
    return ops.convert_to_tensor(np.eye(units, dtype="float32")[wanted])


def _gradient(score: Callable[[Any], Any], features: Any) -> Any:
    # Imported here, as the file imports the backend in use.
    from keras_mtl.training.steps.feature_gradients import gradient

    return gradient(score, features)


def _checked_classes(classes: Any, output: ModelOutput, samples: int) -> NDArray[np.int64] | None:
    """Return an index for each sample; None for the predicted classes."""
    if classes is None:
        return None
    names = output.meaning.classes
    given = [classes] if isinstance(classes, str | int | np.integer) else without_tensor(classes)
    if text_labels(given) is not None:
        if names is None:
            raise InvalidLabels(
                "`classes` are names, and the model knows no names. Give numbers, from 0 on."
            )
        values = labels_by_name(given, KINDS.find("classification"), names, "`classes`").values
    else:
        values = class_indices(label_array(given, "`classes`"), "`classes`")
    values = np.broadcast_to(values.reshape(-1), samples) if values.size == 1 else values.ravel()
    graph = output.graph
    assert graph is not None
    last = call_of(graph.opened, output.number)
    assert last is not None
    units = _shape(last, output.number)[-1] or 1
    count = max(units, 2) if output.meaning.kind != "regression" else units
    if len(values) != samples or values.min() < 0 or values.max() >= count:
        raise InvalidLabels(
            f"`classes` is one class, or one for each of the {samples} samples, from 0 to "
            f"{count - 1}. Received: {classes!r}.{did_you_mean(classes, names or ())}"
        )
    return values.astype(np.int64)
