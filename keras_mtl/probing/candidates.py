"""The depths of a model that a search looks at."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from keras_mtl.errors import HeadMismatch, InvalidCut
from keras_mtl.graph.cuts import CutPoint, points_of
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head import Head
from keras_mtl.heads.pooling import Pooling
from keras_mtl.probing.output_activation import gives_probabilities

Cuts = Sequence[str | int | CutPoint]


@dataclass(frozen=True)
class Candidate:
    """A legal cut and the symbolic tensor that a head would be put on."""

    point: CutPoint
    tensor: Any


def find_candidates(
    graph: Graph, cuts: Cuts | None, *, nested: bool = False, pooling: Pooling = "auto"
) -> list[Candidate]:
    """Return the depths asked for, from the inputs to the outputs, each once.

    Args:
        graph: The graph of a model.
        cuts: Names, numbers or `CutPoint`s; None for all legal cuts that a head fits on, but for
            an output of probabilities where there is anything else.
        nested: Whether None stands for the cuts inside nested models too.
        pooling: The pooling of the head.

    Raises:
        InvalidCut: A cut is not legal, or there is none.
        LayerNotFound: No layer has the name given.
        HeadMismatch: No head fits on a cut that was asked for.
    """
    if cuts is None:
        every = _candidates(graph, points_of(graph, nested=nested))
        fitting = [one for one in every if _misfit(one, pooling) is None]
        # Probabilities of the classes of another task look better than a head can make them,
        # above all on samples that the model was trained on.
        inner = [one for one in fitting if not gives_probabilities(graph, one.tensor)]
        fitting = inner or fitting
    else:
        fitting = _named(graph, _checked_list(cuts))
        for candidate in fitting:
            if misfit := _misfit(candidate, pooling):
                raise HeadMismatch(f"`{candidate.point.layer}`: {misfit}") from misfit
    if not fitting:
        raise InvalidCut(
            f"`{graph.model.name}` has no legal cut that a head fits on; `cut_points(model)` lists "
            "what there is."
        )
    return fitting


def _candidates(graph: Graph, points: Iterable[CutPoint]) -> list[Candidate]:
    return [Candidate(point, graph.tensor(point.layer)) for point in points]


def _named(graph: Graph, cuts: Cuts) -> list[Candidate]:
    """Return the candidates that are asked for, in the order of the graph."""
    closed = points_of(graph)
    points = {point.layer: point for point in (*points_of(graph, nested=True), *closed)}
    whole = [point.layer for point in closed if point.cut == 0]
    paths = dict.fromkeys(_path(graph, cut, whole) for cut in cuts)
    flow = graph.opened
    positions = {number: i for i, call in enumerate(flow.calls) for number in call.outputs}
    found = _candidates(graph, [points[path] for path in paths])
    return sorted(found, key=lambda candidate: positions[flow.number(candidate.tensor)])


def _path(graph: Graph, cut: str | int | CutPoint, whole: Sequence[str]) -> str:
    named = cut.layer if isinstance(cut, CutPoint) else cut
    if isinstance(named, list | tuple):
        raise InvalidCut(
            f"Each of `cuts` is one place; {named!r} is a list. Write its names one by one."
        )
    paths = graph.cut(named)
    if not paths and not whole:
        raise InvalidCut(
            f"`{graph.model.name}` has several outputs, so `cut=0` leaves several tensors. Name a "
            "layer."
        )
    return paths[0] if paths else whole[0]


def _checked_list(cuts: Any) -> Cuts:
    if isinstance(cuts, str | int) or not isinstance(cuts, Sequence) or not cuts:
        raise InvalidCut(
            "`cuts` is a list of names and numbers of layers, as `cut_points(model)` lists them. "
            f"Received: {cuts!r}."
        )
    return cuts


def _misfit(candidate: Candidate, pooling: Pooling) -> HeadMismatch | None:
    head = Head(1, "regression", pooling=pooling)
    try:
        head.check_features(candidate.point.shape, candidate.tensor.dtype)
    except HeadMismatch as error:
        return error
    return None
