"""A model taken apart at a cut: the first layers, and the last ones as a model of features."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.errors import InvalidCut
from keras_mtl.graph.cuts import WHOLE, kept_tensor
from keras_mtl.graph.layer_graph import calls_by_name, checked_functional, functional_of
from keras_mtl.keras_private.graphs import Functional
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.trunk import Trunk, own_class
from keras_mtl.surgery.verify import verify_copy


def split(model: keras.Model, path: str, *, verify: bool = True) -> tuple[Trunk, Functional]:
    """Copies of the layers up to a legal cut and of those after it.

    Args:
        model: A Functional or built Sequential model; it is not changed.
        path: Where to cut: one of the paths that `resolve_cut` returns.
        verify: Whether to check on one batch that the copies compute what the model computes.

    Returns:
        The trunk, and a model whose input are the trunk's features and whose output is that of
        `model`.

    Raises:
        InvalidCut: No layer comes after the cut.
    """
    if _at_end(checked_functional(model), path):
        raise InvalidCut(
            f"No layer of `{model.name}` comes after {path!r}, so nothing is left for the head. "
            "Cut at an earlier layer."
        )
    trunk = clone_graph(model, (path,), class_of=lambda _: Trunk, name="trunk")
    whole = clone_graph(model, class_of=own_class)
    if verify:
        verify_copy(model, trunk, (path,))
        verify_copy(model, whole, WHOLE)
    return trunk, _after(whole, path)


def _after(model: keras.Model, path: str) -> Functional:
    """The layers of `model` after a cut, as a model of their own that shares them."""
    outer, _, inner = path.partition("/")
    functional = checked_functional(model)
    if not inner:
        return Functional(kept_tensor(model, path), _outputs(functional))
    node = dict(calls_by_name(functional))[outer]
    nested = functional_of(node.operation)
    assert nested is not None  # A path with a "/" leads into a model.
    called = node.outputs[0]
    if _at_end(nested, inner):
        return Functional(called, _outputs(functional))
    first = _after(nested, inner)
    if any(called is output for output in functional.outputs):
        return first
    features = keras.KerasTensor(first.input.shape, first.input.dtype)
    inputs = keras.Input(batch_shape=features.shape, dtype=features.dtype)
    rest = Functional(called, _outputs(functional))
    return Functional(inputs, rest(first(inputs)))


def _at_end(functional: Functional, path: str) -> bool:
    """Whether what a call gives is the output of the model."""
    outer, _, inner = path.partition("/")
    node = dict(calls_by_name(functional))[outer]
    nested = functional_of(node.operation) if inner else None
    ends = any(tensor is output for tensor in node.outputs for output in functional.outputs)
    return ends and (nested is None or _at_end(nested, inner))


def _outputs(functional: Functional) -> Any:
    outputs = functional.output
    return outputs[0] if isinstance(outputs, list) and len(outputs) == 1 else outputs
