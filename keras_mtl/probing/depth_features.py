"""The features of many depths of a model, side by side, from one pass over the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl.graph.layer_graph import checked_functional, graph_of
from keras_mtl.probing.reduction import Reduction
from keras_mtl.surgery.trunk import in_inference


class DepthFeatures(keras.Model):
    """Runs the graph of a model in inference mode and reduces chosen tensors on the way.

    It calls the layers of `source` themselves, on data only, so that nothing is copied and their
    graph does not grow.

    Args:
        source: A Functional or built Sequential model. It is not changed.
        tensors: Symbolic tensors of its graph, those of models inside it included.
        reductions: What makes a vector of each tensor.

    Returns:
        When called, float32 of shape `(batch, sum of the widths)`, in the order of `tensors`.
    """

    def __init__(
        self, source: keras.Model, tensors: Sequence[Any], reductions: Sequence[Reduction]
    ) -> None:
        # The layers of the source convert the data to their own dtypes.
        super().__init__(name=f"{source.name}_depths", autocast=False)
        self.source = source
        self._reductions = list(reductions)
        whole = graph_of(source, nested=True)
        self._keys = tuple(whole.key(tensor) for tensor in tensors)
        self._graph = whole.leading_to(frozenset(self._keys))
        self.built = True

    @property
    def widths(self) -> list[int]:
        """The width of the features of each tensor."""
        return [reduction.width for reduction in self._reductions]

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """The reduced features of a batch; `training` is ignored."""
        functional = checked_functional(self.source)
        flat_inputs = functional._standardize_inputs(inputs)
        keys = map(self._graph.key, functional.inputs)
        tapped = self._run(dict(zip(keys, flat_inputs, strict=True)))
        vectors = [
            reduction(tapped[key])
            for key, reduction in zip(self._keys, self._reductions, strict=True)
        ]
        return keras.ops.concatenate(vectors, axis=-1)

    def _run(self, values: dict[int, Any]) -> dict[int, Any]:
        for call in self._graph.calls:
            if not call.is_input:
                known = {
                    id(tensor): values[key]
                    for tensor, key in zip(call.node.input_tensors, call.inputs, strict=True)
                }
                args, kwargs = call.node.arguments.fill_in(known)
                outputs = keras.tree.flatten(in_inference(call.operation)(*args, **kwargs))
                values |= zip(call.outputs, outputs, strict=True)
        return values
