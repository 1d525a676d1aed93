"""The depths of a model that a search looks at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras

from keras_mtl.errors import HeadMismatch, InvalidCut
from keras_mtl.graph.cuts import CutPoint, cut_points, kept_tensor, resolve_cut
from keras_mtl.graph.layer_graph import graph_of
from keras_mtl.heads.head import Head
from keras_mtl.heads.pooling import Pooling

Cuts = Sequence[str | int | CutPoint]


@dataclass(frozen=True)
class Candidate:
    """A legal cut and the symbolic tensor that a head would be put on."""

    point: CutPoint
    tensor: Any


def find_candidates(
    model: keras.Model, cuts: Cuts | None, *, nested: bool = False, pooling: Pooling = "auto"
) -> list[Candidate]:
    """The depths asked for, from the inputs to the outputs, each once.

    Args:
        model: A Functional or built Sequential model.
        cuts: Names, numbers or `CutPoint`s; None for all legal cuts that a head fits on.
        nested: Whether None stands for the cuts inside nested models too.
        pooling: That of the head.

    Raises:
        InvalidCut: A cut is not legal, or there is none.
        LayerNotFound: No layer has the name given.
        HeadMismatch: No head fits on a cut that was asked for.
    """
    if cuts is None:
        fitting = [one for one in _all(model, nested) if _misfit(one, pooling) is None]
    else:
        fitting = _named(model, _checked_list(cuts))
        for candidate in fitting:
            if misfit := _misfit(candidate, pooling):
                raise HeadMismatch(f"`{candidate.point.layer}`: {misfit}") from misfit
    if not fitting:
        raise InvalidCut(
            f"`{model.name}` has no legal cut that a head fits on; `cut_points(model)` lists "
            "what there is."
        )
    return fitting


def _all(model: keras.Model, nested: bool) -> list[Candidate]:
    legal = graph_of(model, nested=nested).legal_cuts()
    points = cut_points(model, nested=nested)
    return [Candidate(point, call[2]) for point, call in zip(points, legal, strict=True)]


def _named(model: keras.Model, cuts: Cuts) -> list[Candidate]:
    points = {
        point.layer: point for nested in (True, False) for point in cut_points(model, nested=nested)
    }
    paths = dict.fromkeys(_path(model, cut) for cut in cuts)
    found = [Candidate(points[path], kept_tensor(model, path)) for path in paths]
    graph = graph_of(model, nested=True)
    positions = {key: i for i, call in enumerate(graph.calls) for key in call.outputs}
    return sorted(found, key=lambda candidate: positions[graph.key(candidate.tensor)])


def _path(model: keras.Model, cut: str | int | CutPoint) -> str:
    named = cut.layer if isinstance(cut, CutPoint) else cut
    if isinstance(named, list | tuple):
        raise InvalidCut(
            f"Each of `cuts` is one place; {named!r} is a list. Write its names one by one."
        )
    paths = resolve_cut(model, named)
    whole = [point.layer for point in cut_points(model) if point.cut == 0]
    if not paths and not whole:
        raise InvalidCut(
            f"`{model.name}` has several outputs, so `cut=0` leaves several tensors. Name a layer."
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
