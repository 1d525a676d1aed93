"""A static trunk that gives one vector for each sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_mtl.engines.known_engines import KERAS
from keras_mtl.errors import InvalidCut
from keras_mtl.estimators.batched_model import BatchedModel
from keras_mtl.estimators.weights_then import WeightsThen
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import Pooling, check_pooling, pooling_layer
from keras_mtl.surgery.layer_copies import copy_of_input
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.transferring import copy_trunk

Cut = int | str | Sequence[str]
Shape = tuple[int | None, ...]


class PooledTrunk:
    """The first layers of a model with their output pooled; made once and called often.

    It holds a copy of the weights, and knows when those of the model have changed since.

    Attributes:
        vectors: The trunk with the pooling.
    """

    def __init__(self, model: keras.Model, cut: Cut, pooling: Pooling) -> None:
        graph = Graph.of(model)
        paths = check_cut(graph, cut, pooling)
        part = graph.part(paths)
        kept = [call.operation for call in part.opened.calls]
        self._weights = WeightsThen(layer for layer in kept if isinstance(layer, keras.Layer))
        trunk = copy_trunk(part, part.opened.calls)
        self.vectors = BatchedModel(_with_pooling(trunk, paths, pooling))

    def is_current(self) -> bool:
        """Return whether the weights of the model are still those that were copied."""
        return self._weights.are_unchanged()

    def width(self, shapes: Sequence[Shape] | None = None) -> int | None:
        """Return the length of the vectors for samples of these shapes; None if it varies."""
        vectors = [vector.shape for vector in self.vectors.model.outputs]
        if shapes is not None and any(vector[-1] is None for vector in vectors):
            vectors = self.vectors.model.compute_output_shape([(None, *shape) for shape in shapes])
        widths = [vector[-1] for vector in vectors]
        return None if None in widths else sum(widths)

    def features(
        self,
        inputs: Sequence[np.ndarray],
        batch_size: int,
        verbose: int = 0,
        engine: str = KERAS,
    ) -> np.ndarray:
        """Return the vectors, float32 of shape `(samples, width)`; outputs stand side by side."""
        return self.vectors.outputs(inputs, batch_size, verbose, engine)


def check_cut(graph: Graph, cut: Cut, pooling: Pooling) -> tuple[str, ...]:
    """Return the paths that a cut keeps last, if pooling gives a vector for each sample there.

    Raises:
        LayerNotFound: No layer has the name given.
        InvalidCut: The model cannot be cut there, or not to get vectors.
        ValueError: `pooling` is no way of pooling.
    """
    check_pooling(pooling)
    paths = graph.cut(cut)
    for tensor in map(graph.tensor, paths) if paths else graph.functional.outputs:
        rank = len(tensor.shape)
        pools = rank == 2 or (pooling == "flatten" and rank > 2)
        if tensor.dtype == "string" or not (pools or (pooling != "none" and 3 <= rank <= 5)):
            raise InvalidCut(
                f"`cut={cut!r}` with `pooling={pooling!r}` does not give a vector of numbers for "
                f"each sample: the output there is {tensor.dtype} of shape {tensor.shape}. Cut at "
                'another layer, or use `pooling="flatten"`.'
            )
    return paths


def _with_pooling(trunk: Trunk, paths: tuple[str, ...], pooling: Pooling) -> keras.Model:
    """Return a model from a flat list of inputs to the vectors at `paths`, in this order."""
    inputs = keras.tree.map_structure(copy_of_input, trunk.input)
    features = trunk(inputs)
    in_order = [features[path] for path in paths] if len(paths) > 1 else features
    vectors = [
        _vector(index, tensor, pooling) for index, tensor in enumerate(keras.tree.flatten(in_order))
    ]
    return keras.Model(keras.tree.flatten(inputs), vectors)


def _vector(index: int, tensor: Any, pooling: Pooling) -> Any:
    layer = pooling_layer(pooling, len(tensor.shape))
    if layer is None:
        return tensor
    layer.name = f"vector_{index}"  # A model's layers must differ in name.
    return layer(tensor)
