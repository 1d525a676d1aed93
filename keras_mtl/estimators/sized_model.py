"""Models that take inputs of any width, for inputs of one width."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from keras_mtl.common.shapes import Shape
from keras_mtl.graph.cuts import points_of
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import Pooling
from keras_mtl.surgery.clone import clone_graph
from keras_mtl.surgery.layer_copies import copy_of_input
from keras_mtl.surgery.trunk import own_class


def needs_sizes(graph: Graph, paths: Sequence[str] | None, pooling: Pooling) -> bool:
    """Return whether a head fits at the cut for inputs of known shapes only.

    Args:
        graph: The graph of a model.
        paths: The layers at the cut; None if any legal cut would do.
        pooling: The pooling of the head.
    """
    if all(None not in tensor.shape[1:] for tensor in graph.functional.inputs):
        return False
    if paths is None:
        return all(_has_no_width(point.shape, pooling) for point in points_of(graph))
    tensors = map(graph.tensor, paths) if paths else graph.functional.outputs
    return any(_has_no_width(tensor.shape, pooling) for tensor in tensors)


def sized_model(model: keras.Model, shapes: Sequence[Shape]) -> keras.Model:
    """Return a copy of a model whose inputs have these shapes, without the samples."""
    graph = Graph.of(model)
    inputs = zip(keras.tree.flatten(graph.functional.input), shapes, strict=True)
    sizes = {id(tensor): _of_rank(shape, tensor.shape[1:]) for tensor, shape in inputs}
    copy = clone_graph(
        graph,
        class_of=own_class,
        # Inputs of nested models stay as they are.
        copy_input=lambda tensor: copy_of_input(tensor, sizes.get(id(tensor))),
    )
    return copy.model


def _has_no_width(shape: Shape, pooling: Pooling) -> bool:
    return None in (shape[1:] if pooling == "flatten" else shape[-1:])


def _of_rank(shape: Shape, expected: Shape) -> Shape:
    """Return the shape with a last dimension of 1 added, or left out, as an input takes it."""
    if len(shape) == len(expected):
        return shape
    return (*shape, 1) if len(shape) < len(expected) else shape[:-1]
