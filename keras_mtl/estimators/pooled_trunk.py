"""A static trunk that gives one vector for each sample."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil
from threading import Lock
from typing import Any

import keras
import numpy as np

from keras_mtl.common.hashing import Hash
from keras_mtl.errors import InvalidCut
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import Pooling, check_pooling, pooling_layer
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.keras_private.retracing import expected_to_trace
from keras_mtl.surgery.layer_copies import copy_of_input, outdated_statistics
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.transfer import copy_trunk

Cut = int | str | Sequence[str]
Shape = tuple[int | None, ...]


class PooledTrunk:
    """The first layers of a model with their output pooled; made once and called often.

    It holds a copy of the weights, and knows when those of the model have changed since.
    """

    def __init__(self, model: keras.Model, cut: Cut, pooling: Pooling) -> None:
        graph = Graph.of(model)
        paths = check_cut(graph, cut, pooling)
        part = graph.part(paths)
        kept = [call.operation for call in part.opened.calls]
        self._sources = [layer for layer in kept if isinstance(layer, keras.Layer)]
        self._fingerprint = _fingerprint(self._sources)
        trunk = copy_trunk(part, part.opened.calls)
        self._model = _with_pooling(trunk, paths, pooling)
        self._lock = Lock()

    def is_current(self) -> bool:
        """Return whether the weights of the model are still those that were copied."""
        return self._fingerprint == _fingerprint(self._sources)

    def width(self, shapes: Sequence[Shape] | None = None) -> int | None:
        """Return the length of the vectors for samples of these shapes; None if it varies."""
        vectors = [vector.shape for vector in self._model.outputs]
        if shapes is not None and any(vector[-1] is None for vector in vectors):
            vectors = self._model.compute_output_shape([(None, *shape) for shape in shapes])
        widths = [vector[-1] for vector in vectors]
        return None if None in widths else sum(widths)

    def features(
        self, inputs: Sequence[np.ndarray], batch_size: int, verbose: int = 0
    ) -> np.ndarray:
        """Return the vectors, float32 of shape `(samples, width)`; outputs stand side by side."""
        samples = len(inputs[0])
        progress = keras.utils.Progbar(ceil(samples / batch_size), verbose=verbose)
        parts = []
        for start in range(0, samples, batch_size):
            batch = [array[start : start + batch_size] for array in inputs]
            parts.append(self._features_of_batch(batch, batch_size))
            progress.add(1)
        return np.concatenate(parts)

    def _features_of_batch(self, batch: list[np.ndarray], batch_size: int) -> np.ndarray:
        """Return the vectors of one batch, by one compiled call.

        A compiled function is made for each size of batch. The last batch may have any size: it
        is filled up to a power of two, so that a few functions serve data of every length.
        """
        samples = len(batch[0])
        size = min(batch_size, 1 << (samples - 1).bit_length())
        filled = np.minimum(np.arange(size), samples - 1)
        tensors = [
            keras.ops.convert_to_tensor(array[filled], dtype=tensor.dtype)
            for array, tensor in zip(batch, self._model.inputs, strict=True)
        ]
        with (
            self._lock,
            expected_to_trace(),
        ):  # On JAX `predict_on_batch` moves the weights out and back.
            vectors = keras.tree.flatten(self._model.predict_on_batch(tensors))
        return np.concatenate([v[:samples].astype("float32") for v in vectors], axis=1)


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


def _fingerprint(layers: Iterable[keras.Layer]) -> str:
    """Return a hash of all weights; it takes a small part of the time of one batch."""
    total = Hash()
    for layer in layers:
        for weight in layer.weights:
            total.add_values(keras.ops.convert_to_numpy(weight))
        for part in sublayers(layer):
            for values in outdated_statistics(part):
                total.add_values(values)
    return total.hexdigest()
