"""Reads the parts of a network from its graph."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import keras

from keras_mtl.common.shapes import Shape
from keras_mtl.explaining.network_parts import Fate, NetworkPart, NetworkParts
from keras_mtl.graph.call import Call
from keras_mtl.graph.chain import with_opened_chains
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head import Head
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.models.trunk_with_heads import TrunkWithHeads
from keras_mtl.surgery.trunk import Trunk

MOST_SINGLE = 12
"""Layers of a part that are shown one by one."""

MOST_RUNS = 16
"""Runs of layers of one resolution that are shown; with more, only the fate tells runs apart."""

MOST_KINDS = 4

TRUNK, HEAD, TASK = "trunk", "head", "task "
"""Parts of a model; the name of a task follows."""


@dataclass(frozen=True)
class _Layer:
    """One layer: its call, what becomes of it, and its parameters, counted where it is first.

    Its stage is the resolution at the next layer that all paths go through, so that the branches
    of a block are together.
    """

    name: str
    call: Call
    fate: Fate
    shape: Shape
    stage: Shape
    params: int
    trained: int

    @property
    def is_layer(self) -> bool:
        """Whether it is a layer, and no operation such as `+`, which has no flag."""
        return isinstance(self.call.operation, keras.Layer)

    @property
    def kind(self) -> str:
        return type(self.call.operation).__name__

    @property
    def is_kept_batchnorm(self) -> bool:
        """Whether it is a normalization that alone is frozen among layers that are trained."""
        is_norm = isinstance(self.call.operation, keras.layers.BatchNormalization)
        return is_norm and self.fate in (Fate.STATIC, Fate.FROZEN)


_Run = list[tuple[_Layer, Fate]]
"""Layers one after the other, and what becomes of each."""


def network_parts(model: keras.Model) -> NetworkParts:
    """Return the parts of a network, as plain data.

    Runs of layers of which the same becomes are put together, in networks with many layers: those
    of the same resolution, such as the stages of a residual network.

    Args:
        model: What `transfer` or `MultiTaskModel` makes, or any Functional or built Sequential
            model.

    Raises:
        UnsupportedModel: `model` is a subclassed model, or no model.
        UnbuiltModel: `model` is a Sequential model without an input shape.
    """
    graph = Graph.of_whole(model)
    place = _places_in(model)
    flow = with_opened_chains(graph.opened)
    shapes = _shapes(flow)
    seen: set[int] = set()
    parts: dict[str, list[_Layer]] = {}
    stages = _stages(flow, shapes)
    for call, stage in zip(flow.calls, stages, strict=True):
        if not call.is_input and not call.is_entry:
            part, name = place(call.path)
            shape = shapes[call.outputs[-1]][1:]
            layer = _layer(call, name, _fates(model, part), (shape, stage), seen)
            parts.setdefault(part, []).append(layer)
    if isinstance(model, TrunkWithHeads):
        order = [TRUNK, *(f"{TASK}{task}" for task in model.tasks)]
        parts = {part: parts[part] for part in order if part in parts}
    rows = [row for part, layers in parts.items() for row in _rows(part, layers)]
    return NetworkParts(model.name, rows)


def _places_in(model: keras.Model) -> Callable[[str], tuple[str, str]]:
    """Return a function that tells the part of the model and the name in it of a path."""
    names: dict[str, str] = {}
    if isinstance(model, TransferModel):
        names = {model.trunk.name: TRUNK, model.head.name: HEAD}
    elif isinstance(model, TrunkWithHeads):
        heads = {head.name: f"{TASK}{task}" for task, head in model.heads.items()}
        names = {model.trunk.name: TRUNK, **heads}

    def place(path: str) -> tuple[str, str]:
        outer, _, inner = path.partition("/")
        if outer in names:
            return names[outer], inner or outer
        return (HEAD if isinstance(model, TransferModel) else ""), path

    return place


def _fates(model: keras.Model, part: str) -> tuple[Fate, Fate]:
    """Return what becomes of layers of a part that train, and of those that do not.

    The trunk of several tasks may be any model, and a head the last layers of a trained one.
    """
    if isinstance(model, TrunkWithHeads):
        layer = model.trunk if part == TRUNK else model.heads[part.removeprefix(TASK)]
        is_known = isinstance(layer, Trunk | Head)
    else:
        is_known = isinstance(model, Trunk)
    if not is_known:
        return Fate.PLAIN_TRAINED, Fate.FROZEN
    return (Fate.TRAINED, Fate.STATIC) if part in ("", TRUNK) else (Fate.NEW, Fate.NEW_STATIC)


def _shapes(flow: Dataflow) -> dict[int, Shape]:
    """Return the shapes of all tensors; the parts of a head have no symbolic ones."""
    shapes: dict[int, Shape] = {}
    for call in flow.calls:
        if call.tensors:
            known = [tuple(tensor.shape) for tensor in call.tensors]
        else:
            inputs = [shapes[flow.aliases.get(number, number)] for number in call.inputs]
            given = inputs[0] if len(inputs) == 1 else inputs
            known = [tuple(call.operation.compute_output_shape(given))]
        shapes.update(zip(call.outputs, known, strict=False))
    return shapes


def _stages(flow: Dataflow, shapes: Mapping[int, Shape]) -> list[Shape]:
    """Return for each call the resolution at the next call that all paths go through."""
    ends = {position for position, call in flow.dominators() if not call.is_input}
    stages: list[Shape] = []
    stage: Shape | None = None
    for position in reversed(range(len(flow.calls))):
        own = shapes[flow.calls[position].outputs[-1]][1:-1]
        if position in ends:
            stage = own
        stages.append(own if stage is None else stage)
    return stages[::-1]


def _layer(
    call: Call,
    name: str,
    fates: tuple[Fate, Fate],
    shapes: tuple[Shape, Shape],
    seen: set[int],
) -> _Layer:
    layer = call.operation
    if not isinstance(layer, keras.Layer):
        return _Layer(name, call, fates[0], *shapes, 0, 0)
    fate = fates[0] if layer.trainable else fates[1]
    if id(layer) in seen:  # A shared layer has its parameters once.
        return _Layer(name, call, fate, *shapes, 0, 0)
    seen.add(id(layer))
    trained = _size(layer.trainable_variables)
    return _Layer(name, call, fate, *shapes, layer.count_params(), trained)


def _size(variables: Sequence[Any]) -> int:
    total = 0
    for variable in variables:
        size = 1
        for length in variable.shape:
            size *= length
        total += size
    return total


def _rows(part: str, layers: list[_Layer]) -> Iterator[NetworkPart]:
    fates = _effective_fates(layers)
    pairs = list(zip(layers, fates, strict=True))
    runs = [[pair] for pair in pairs]
    for key in _keys() if len(layers) > MOST_SINGLE else ():
        split = groupby(pairs, key=lambda pair, key=key: key(*pair))  # type: ignore[misc]
        runs = _without_idle_runs([list(run) for _, run in split])
        if len(runs) <= MOST_RUNS:
            break
    for run in runs:
        yield _row(part, [layer for layer, _ in run], run[0][1])


def _without_idle_runs(runs: list[_Run]) -> list[_Run]:
    """Return runs in which layers without parameters, such as padding, go with what follows."""
    merged: list[_Run] = []
    waiting: _Run = []
    for run in runs:
        if waiting and waiting[0][1] != run[0][1]:  # Of these, something else becomes.
            merged.append(waiting)
            waiting = []
        waiting = [*waiting, *run]
        if any(layer.params for layer, _ in run):
            merged.append(waiting)
            waiting = []
    if waiting and merged and merged[-1][0][1] == waiting[0][1]:
        merged[-1] = [*merged[-1], *waiting]
    elif waiting:
        merged.append(waiting)
    return merged


def _keys() -> Iterator[Callable[[_Layer, Fate], Hashable]]:
    """Yield what tells runs of layers apart, finer ones first."""
    yield lambda layer, fate: (fate, layer.stage)
    yield lambda layer, fate: fate


def _effective_fates(layers: list[_Layer]) -> list[Fate]:
    """Return what becomes of the layers, where operations and kept statistics split no run.

    An operation goes with the layer before it, and so does a BatchNormalization that is kept as it
    is while the layers around it train.
    """
    fates: list[Fate] = []
    for index, layer in enumerate(layers):
        follows = not layer.is_layer or layer.is_kept_batchnorm
        leading = next((one for one in layers if one.is_layer and not one.is_kept_batchnorm), layer)
        before = fates[-1] if index else leading.fate
        fates.append(before if follows else layer.fate)
    return fates


def _row(part: str, layers: list[_Layer], fate: Fate) -> NetworkPart:
    first, last = layers[0].name, layers[-1].name
    kinds = Counter(layer.kind for layer in layers)
    shown = [
        kind if times == 1 and len(layers) == 1 else f"{times} {kind}"
        for kind, times in kinds.most_common(MOST_KINDS)
    ]
    more = ["..."] if len(kinds) > MOST_KINDS else []
    return NetworkPart(
        part=part,
        layers=first if len(layers) == 1 else f"{first} … {last}",
        fate=fate,
        count=len(layers),
        kinds=", ".join([*shown, *more]),
        shape=layers[-1].shape,
        params=sum(layer.params for layer in layers),
        trained=sum(layer.trained for layer in layers),
    )
