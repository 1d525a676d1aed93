"""What the outputs of a model mean: kinds, names of classes, how classes are told from numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import keras

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.heads.class_names import checked_classes
from keras_mtl.heads.head import Head
from keras_mtl.keras_private.graphs import producer
from keras_mtl.serving.manifest import ExportedOutput

ARGMAX, THRESHOLD = "argmax", "threshold"
_DECODINGS = {"classification": ARGMAX, "binary": THRESHOLD, "multilabel": THRESHOLD}
_PROBABILITIES = {"softmax": "classification", "sigmoid": "binary"}


def described_outputs(
    model: keras.Model, names: Sequence[str], classes: Any
) -> tuple[ExportedOutput, ...]:
    """Return what the outputs of a model mean, with the classes that the caller names.

    Args:
        model: A Functional or built Sequential model.
        names: The names of its outputs.
        classes: None, the classes of the only output, or a dict by output.

    Raises:
        ValueError: The classes do not fit an output.
    """
    tensors = checked_functional(model).outputs
    outputs = [_described(name, tensor) for name, tensor in zip(names, tensors, strict=True)]
    given = _by_output(classes, names)
    described = [
        _with_classes(output, given[output.name]) if output.name in given else output
        for output in outputs
    ]
    return tuple(_with_labels(output, names) for output in described)


def with_known_classes(output: ExportedOutput, classes: Sequence[Any]) -> ExportedOutput:
    """Return an output with the classes of an estimator: texts, numbers or booleans."""
    return replace(output, classes=tuple(classes), labels=f"{output.name}_class")


def with_named_classes(output: ExportedOutput, classes: Any) -> ExportedOutput:
    """Return the only output of an estimator with the classes that the caller names.

    Raises:
        ValueError: They do not fit.
    """
    given = _by_output(classes, [output.name])
    return _with_labels(_with_classes(output, given[output.name]), [output.name])


def _described(name: str, tensor: Any) -> ExportedOutput:
    layer = producer(tensor)
    output = ExportedOutput(
        name, tuple(tensor.shape), keras.backend.standardize_dtype(tensor.dtype)
    )
    if isinstance(layer, Head):
        logits = layer.from_logits
        return replace(
            output,
            kind=layer.kind,
            decoding=_DECODINGS.get(layer.kind),
            threshold=0.0 if logits else 0.5,
            classes=layer.classes,
        )
    kind = _kind_by_activation(layer, output.shape[-1] if output.shape else None)
    return replace(output, kind=kind, decoding=_DECODINGS.get(kind or ""))


def _kind_by_activation(layer: Any, units: int | None) -> str | None:
    """Return the kind that the last function of a graph shows; None where it shows nothing."""
    function = getattr(layer, "activation", None)
    name = getattr(function, "__name__", type(layer).__name__).lower()
    kind = _PROBABILITIES.get(name)
    return "multilabel" if kind == "binary" and units != 1 else kind


def _by_output(classes: Any, names: Sequence[str]) -> dict[str, Any]:
    if classes is None:
        return {}
    if isinstance(classes, Mapping):
        for name in classes:
            if name not in names:
                raise ValueError(
                    f"`classes` names the output {name!r}; the model has {list(names)}."
                    f"{did_you_mean(name, names)}"
                )
        return dict(classes)
    if len(names) > 1:
        raise ValueError(
            f"The model has the outputs {list(names)}: give `classes` as a dict by their names, "
            f'such as `{{"{names[0]}": ["cat", "dog"]}}`.'
        )
    return {names[0]: classes}


def _with_classes(output: ExportedOutput, classes: Any) -> ExportedOutput:
    """Return an output whose classes have these names, which must be as many as it tells apart."""
    named = checked_classes(classes)
    units = output.shape[-1] if len(output.shape) > 1 else None
    if named is None or units is None or output.kind == "regression":
        raise ValueError(
            f"The output `{output.name}` has no classes to name: it is {output.kind or 'numbers'} "
            f"of shape {output.shape}. Received: `classes={classes!r}`."
        )
    decoding = output.decoding or (THRESHOLD if units == 1 else ARGMAX)
    binary = units == 1 and decoding == THRESHOLD
    if len(named) != (2 if binary else units):
        raise ValueError(
            f"The output `{output.name}` tells {2 if binary else units} classes apart. Received "
            f"{len(named)} names: `classes={list(named)}`."
        )
    kind = output.kind or ("binary" if binary else "classification")
    return replace(output, classes=named, decoding=decoding, kind=kind)


def _with_labels(output: ExportedOutput, names: Sequence[str]) -> ExportedOutput:
    """Return an output beside which its labels are given, under a name that is free."""
    if output.classes is None or output.decoding is None:
        return output
    label = f"{output.name}_class"
    while label in names:
        label += "_"
    return replace(output, labels=label)
