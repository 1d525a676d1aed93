"""The features of many depths of a model, side by side, from one pass over the data."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import Pooling
from keras_mtl.keras_private.graphs import standardize_inputs
from keras_mtl.probing.candidates import Candidate
from keras_mtl.probing.reduction import Reduction
from keras_mtl.surgery.trunk import in_inference


class DepthFeatures(keras.Model):
    """A model that runs another one in inference mode and returns its features at chosen depths.

    It calls the layers of `source` themselves, on data only, so that nothing is copied and no
    symbolic call is added to their graph.

    Args:
        graph: The graph of a model, which is not changed.
        tensors: Symbolic tensors of it, those of models inside it included.
        reductions: What makes a vector of each tensor.

    Returns:
        When called, float32 of shape `(batch, sum of the widths)`, in the order of `tensors`.
    """

    def __init__(
        self, graph: Graph, tensors: Sequence[Any], reductions: Sequence[Reduction]
    ) -> None:
        # The layers of the source convert the data to their own dtypes.
        super().__init__(name=f"{graph.model.name}_depths", autocast=False)
        self.source = graph.model
        self._reductions = list(reductions)
        self._graph = graph
        self._flow = graph.opened.leading_to([graph.opened.number(tensor) for tensor in tensors])
        self.built = True  # There are no weights of its own to make.

    @classmethod
    def of(
        cls,
        graph: Graph,
        candidates: Sequence[Candidate],
        pooling: Pooling,
        width: int | None = None,
        seed: int = 0,
    ) -> DepthFeatures:
        """Return the model for some depths of a graph.

        Args:
            graph: The graph.
            candidates: The depths.
            pooling: How features become vectors.
            width: The width to which wider vectors are projected; None to leave them as they are.
            seed: Seed of the projections.
        """
        reductions = [Reduction(one.point.shape, pooling, width, seed) for one in candidates]
        return cls(graph, [one.tensor for one in candidates], reductions)

    @property
    def widths(self) -> list[int]:
        """The width of the features of each tensor."""
        return [reduction.width for reduction in self._reductions]

    def call(self, inputs: Any, training: bool | None = None) -> Any:
        """Return the reduced features of a batch; `training` is ignored."""
        inputs = standardize_inputs(self._graph.functional, inputs)
        values = dict(zip(self._graph.inputs, inputs, strict=True))
        tapped = self._flow.run(values, lambda call: in_inference(call.operation))
        vectors = [
            reduction(value) for value, reduction in zip(tapped, self._reductions, strict=True)
        ]
        return keras.ops.concatenate(vectors, axis=-1)
