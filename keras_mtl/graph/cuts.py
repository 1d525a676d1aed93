"""Where a model can be cut: the legal cuts as records, which print as a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from keras_mtl.common.arguments import flag
from keras_mtl.common.records import Records
from keras_mtl.graph.cut_messages import listed
from keras_mtl.graph.cut_numbers import counted_layers, removed_layers
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.graph.layer_graph import Graph


@dataclass(frozen=True)
class CutPoint:
    """A place where one tensor carries all that the rest of the model needs.

    Attributes:
        layer: Name of the last layer (or operation) kept: what `cut` takes as a string.
        cut: Number of layers removed: what `cut` takes as an integer. None where the layers after
            the cut are not exactly the last ones of `model.layers`, and where another cut
            removes the same ones.
        shape: Shape of the features there; None for a dimension of any size.
        params: Number of parameters in the layers kept.
        weighted: Whether the last layer kept has parameters of its own.

    Example:
        >>> import keras, keras_mtl
        >>> model = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, name="hidden")])
        >>> keras_mtl.cut_points(model)[0]
        CutPoint(layer='hidden', cut=0, shape=(None, 4), params=36, weighted=True)
    """

    layer: str
    cut: int | None
    shape: tuple[int | None, ...]
    params: int
    weighted: bool


class CutPoints(Records[CutPoint]):
    """The legal cuts of a model from its inputs to its outputs; prints as a table.

    Example:
        >>> import keras, keras_mtl
        >>> model = keras.Sequential([
        ...     keras.Input((8,)), keras.layers.Dense(4), keras.layers.ReLU(name="relu")])
        >>> points = keras_mtl.cut_points(model)
        >>> [point.layer for point in points if not point.weighted]
        ['relu']
    """

    def __init__(self, model_name: str, points: Sequence[CutPoint], note: str = "") -> None:
        super().__init__(points)
        self._model_name = model_name
        self._note = note

    @property
    def title(self) -> str:
        """The name of the model."""
        return f"Legal cuts of `{self._model_name}`"

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ("layer", "cut", "shape", "params kept", "weighted")

    @property
    def footer(self) -> str:
        """A hint on cuts inside nested models."""
        return self._note

    def cells(self, record: CutPoint) -> Sequence[object]:
        """Return what the columns show of a cut."""
        return (record.layer, record.cut, str(record.shape), record.params, record.weighted)


def cut_points(model: keras.Model, *, nested: bool = False) -> CutPoints:
    """List every place where a model can be cut.

    A cut is legal where every path from the inputs to the outputs goes through one layer (a
    dominator of the outputs; Lengauer and Tarjan, 1979), so that one tensor carries all that the
    rest needs. Use it to choose the `cut` of `transfer`.

    Args:
        model: A Functional or built Sequential model. It is not changed.
        nested: Whether to look inside models that are layers of this one. Their layers are
            named `"outer/inner"`.

    Returns:
        A sequence of `CutPoint` from the inputs to the outputs, input layers not counted. It
        indexes as a list and prints as a table.

    Raises:
        UnsupportedModel: `model` is a subclassed model, or no model.
        UnbuiltModel: `model` is a Sequential model without an input shape.

    Example:
        >>> import keras, keras_mtl
        >>> model = keras.Sequential([
        ...     keras.Input((8,)),
        ...     keras.layers.Dense(4, name="hidden"),
        ...     keras.layers.ReLU(name="relu"),
        ...     keras.layers.Dense(2, name="logits"),
        ... ], name="small")
        >>> keras_mtl.cut_points(model)
        Legal cuts of `small`
        layer    cut   shape       params kept   weighted
        ─────────────────────────────────────────────────
        hidden     2   (None, 4)            36        yes
        relu       1   (None, 4)            36
        logits     0   (None, 2)            46        yes
        >>> keras_mtl.cut_points(model)[1].cut
        1
    """
    nested = flag("nested", nested)
    graph = Graph.of_whole(model)
    note = "" if nested else _hint_at_nested(graph)
    return CutPoints(model.name, points_of(graph, nested=nested), note)


def _hint_at_nested(graph: Graph) -> str:
    """Return a line that says how to list the cuts inside nested models, if there are any."""
    if all(graph.nested(call) is None for call in graph.calls):
        return ""
    inside = (
        cut.call.path.split("/")[0] for cut in graph.opened.legal_cuts if "/" in cut.call.path
    )
    names = list(dict.fromkeys(inside))
    return f"Inside {listed(names)}: cut_points(model, nested=True)" if names else ""


def points_of(graph: Graph, *, nested: bool = False) -> list[CutPoint]:
    """Return the legal cuts of a graph, those inside nested models instead of them if `nested`."""
    flow = graph.opened if nested else graph
    removed = removed_layers(graph, counted_layers(graph.functional))
    params = _params_kept(flow)
    return [
        CutPoint(
            layer=cut.call.path,
            cut=removed.get(cut.call.path),
            shape=tuple(cut.call.tensors[cut.call.outputs.index(cut.number)].shape),
            params=params[cut.position],
            weighted=_count_params(cut.call.operation) > 0,
        )
        for cut in flow.legal_cuts
    ]


def _params_kept(flow: Dataflow) -> list[int]:
    seen: set[int] = set()
    total, totals = 0, []
    for call in flow.calls:
        if id(call.operation) not in seen:  # A shared layer has its parameters once.
            seen.add(id(call.operation))
            total += _count_params(call.operation)
        totals.append(total)
    return totals


def _count_params(operation: Any) -> int:
    return operation.count_params() if isinstance(operation, keras.Layer) else 0
