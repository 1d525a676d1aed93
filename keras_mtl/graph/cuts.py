"""Where a model can be cut: the legal cuts, and what a user's `cut` means."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from numbers import Integral
from typing import Any

import keras

from keras_mtl.common.records import Records
from keras_mtl.errors import InvalidCut, LayerNotFound
from keras_mtl.graph.layer_graph import Call, Graph, checked_functional, functional_of, graph_of

WHOLE = ()
"""The paths that stand for the whole model, all its outputs as they are."""


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
    functional = checked_functional(model)
    graph = graph_of(model, nested=nested)
    removed = _removed_counts(model)
    params = _params_kept(graph)
    points = [
        CutPoint(
            layer=call.path,
            cut=removed.get(call.path),
            shape=tuple(tensor.shape),
            params=params[position],
            weighted=_count_params(call.operation) > 0,
        )
        for position, call, tensor in graph.legal_cuts()
    ]
    hidden = [op.name for op in functional.operations if functional_of(op) is not None]
    note = f"Inside {_listed(hidden)}: cut_points(model, nested=True)" if hidden else ""
    return CutPoints(model.name, points, "" if nested else note)


def resolve_cut(model: keras.Model, cut: int | str | Sequence[str]) -> tuple[str, ...]:
    """The paths of the calls that a `cut` keeps last; `WHOLE` for the whole model."""
    checked_functional(model)
    if isinstance(cut, str):
        return (legal_path(model, cut),)
    if isinstance(cut, bool) or not isinstance(cut, Integral | list | tuple):
        raise InvalidCut(
            "`cut` is the number of layers to remove, the name of the last layer to keep, or a "
            f"list of names. Received: {cut!r} (of type `{type(cut).__name__}`)."
        )
    if isinstance(cut, Integral):
        return _path_of_count(model, int(cut))
    if not cut:
        raise InvalidCut("`cut` is an empty list. Name at least one layer to keep.")
    return tuple(dict.fromkeys(_tapped_path(model, name) for name in cut))


def legal_path(model: keras.Model, name: str) -> str:
    """`name` in its shortest form, if the model can be cut there."""
    graph, call = find_call(model, name)
    if call.is_input:
        raise InvalidCut(
            f"`{name}` is an input layer: nothing would be kept. {_first_legal(graph)}"
        )
    if all(call is not legal for _, legal, _ in graph.legal_cuts()):
        raise InvalidCut(f"The model cannot be cut at `{name}`. {_why_illegal(graph, call)}")
    return call.path


def find_call(model: keras.Model, name: str) -> tuple[Graph, Call]:
    """The call named and the graph that it stands in, opened as far as the name needs it."""
    if not isinstance(name, str):
        raise LayerNotFound(
            f"A layer is given by its name. Received: {name!r} (of type `{type(name).__name__}`)."
        )
    closed = graph_of(model)
    for wanted in (name, name.removesuffix(":0")):
        for graph in (closed, graph_of(model, nested=True)) if "/" in wanted else (closed,):
            for call in graph.calls:
                if call.path == wanted:
                    return graph, call
    raise LayerNotFound(_not_found(model, closed, name))


def kept_tensor(model: keras.Model, path: str) -> Any:
    """The symbolic output of the call at a resolved path."""
    graph, call = find_call(model, path)
    uses = graph.last_uses()
    return next(
        tensor for key, tensor in zip(call.outputs, call.tensors, strict=True) if key in uses
    )


def _path_of_count(model: keras.Model, cut: int) -> tuple[str, ...]:
    """The path of the layer that is last when `cut` layers are removed."""
    layers = _counted_layers(checked_functional(model))
    if cut == 0:
        return WHOLE
    if not 0 < cut < len(layers):
        raise InvalidCut(
            f"`cut={cut}` is not possible: the model has {len(layers)} layers besides its inputs, "
            f"so `cut` is from 0 (keep everything) to {max(len(layers) - 1, 0)}."
        )
    points = [(p.layer, p.cut) for p in cut_points(model)]
    for layer, removed in points:
        if removed == cut:
            return (layer,)
    last_kept = layers[-cut - 1].name
    before = [p for p in points if p[1] is not None and p[1] > cut][-1:]
    after = [p for p in points if p[1] is not None and p[1] < cut][:1]
    nearest = " and ".join(f"`cut={removed}` (`{layer}`)" for layer, removed in before + after)
    raise InvalidCut(
        f"The model cannot be cut after `{last_kept}` (`cut={cut}`): other paths to the outputs "
        f"go past it. The nearest legal cuts are {nearest or 'none'}; "
        "`cut_points(model)` lists them all."
    )


def _tapped_path(model: keras.Model, name: Any) -> str:
    """`name` in its shortest form; several outputs need not be legal cuts one by one."""
    if not isinstance(name, str):
        raise InvalidCut(
            f"A list of cuts holds names of layers. Received: {name!r} "
            f"(of type `{type(name).__name__}`)."
        )
    graph, call = find_call(model, name)
    if call.is_input:
        raise InvalidCut(f"`{name}` is an input layer: its output is the input. Leave it out.")
    used = [tensor for tensor in call.outputs if tensor in graph.last_uses()]
    if len(used) != 1:
        raise InvalidCut(
            f"`{name}` has {len(used)} outputs that the model uses; a cut takes one. Cut at the "
            "layers that use them instead."
        )
    return call.path


def _counted_layers(functional: Any) -> list[keras.Layer]:
    return [layer for layer in functional.layers if not isinstance(layer, keras.layers.InputLayer)]


def _removed_counts(model: keras.Model) -> dict[str, int]:
    """For each legal cut after which just the last layers of `model.layers` come, how many.

    Where several cuts remove the same layers, the number belongs to the first one: the layer,
    not the operations after it. `cut=0` keeps everything, so there it is the last one.
    """
    graph = graph_of(model)
    layers = _counted_layers(checked_functional(model))
    from_end = {id(layer): len(layers) - index for index, layer in enumerate(layers)}
    legal = {position for position, _, _ in graph.legal_cuts()}
    removed: set[int] = set()
    deepest = 0
    counts: dict[int, str] = {}
    for position in range(len(graph.calls) - 1, -1, -1):
        call = graph.calls[position]
        exact = deepest == len(removed) < len(layers)
        if position in legal and exact and (removed or 0 not in counts):
            counts[len(removed)] = call.path
        if id(call.operation) in from_end:
            removed.add(from_end[id(call.operation)])
            deepest = max(deepest, from_end[id(call.operation)])
    return {path: count for count, path in counts.items()}


def _params_kept(graph: Graph) -> list[int]:
    seen: set[int] = set()
    total, totals = 0, []
    for call in graph.calls:
        if id(call.operation) not in seen:
            seen.add(id(call.operation))
            total += _count_params(call.operation)
        totals.append(total)
    return totals


def _count_params(operation: Any) -> int:
    return operation.count_params() if isinstance(operation, keras.Layer) else 0


def _why_illegal(graph: Graph, call: Call) -> str:
    position = graph.calls.index(call)
    dominators = {id(dominator) for _, dominator in graph.dominators()}
    if id(call) in dominators:
        reason = "The rest of the model uses more than one of its outputs."
    else:
        reason = "Other paths to the outputs go past it, so its output is not all that they need."
    legal = [(p, c.path) for p, c, _ in graph.legal_cuts()]
    before = [path for p, path in legal if p < position][-1:]
    after = [path for p, path in legal if p > position][:1]
    nearest = " and ".join(f"`{path}`" for path in before + after)
    return f"{reason} The nearest legal cuts are {nearest or 'none'}."


def _first_legal(graph: Graph) -> str:
    first = next((call.path for _, call, _ in graph.legal_cuts()), None)
    return f"The first legal cut is `{first}`." if first else "The model has no legal cut."


def _not_found(model: keras.Model, closed: Graph, name: str) -> str:
    outer = name.split("/")[0]
    names = [call.path for call in graph_of(model, nested="/" in name).calls]
    message = f"`{model.name}` has no layer or operation named `{name}`."
    repeated = {call.path for call in closed.calls if call.path == f"{outer}:1"}
    if "/" in name and repeated:
        return f"{message} `{outer}` is called more than once: cut at `{outer}` itself or after it."
    inside = [call.path for call in graph_of(model, nested=True).calls]
    near = (
        [path for path in inside if path.endswith(f"/{name}")]
        or difflib.get_close_matches(name, names, n=3)
        or difflib.get_close_matches(name, inside, n=3)
    )
    hint = f"Did you mean {_listed(near)}?" if near else "`cut_points(model)` lists the names."
    return f"{message} {hint}"


def _listed(names: Sequence[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
