"""Where the part of a trunk that trains begins."""

from __future__ import annotations

from collections.abc import Sequence

import keras

from keras_mtl.common.arguments import is_whole_number
from keras_mtl.errors import InvalidCut
from keras_mtl.graph.call import Call
from keras_mtl.graph.layer_graph import Graph


def calls_before(
    graph: Graph, *, last: int | None = None, start: str | None = None
) -> Sequence[Call]:
    """Return the calls before the part that trains, up to a legal cut.

    Blocks stay whole: where the first layer lies on one of several parallel paths, all of its
    block trains.

    Args:
        graph: The graph of the trunk.
        last: How many of its last layers train, those inside nested models counted one by one.
        start: The first layer that trains, instead of `last`. With neither, all layers train.

    Raises:
        LayerNotFound: No layer has the name `start`.
        InvalidCut: `start` is an input layer.
        ValueError: Both are given, or `last` is not from 1 to the number of layers.
    """
    first = _first_to_train(graph, last, start)
    before = [cut.position for cut in graph.opened.legal_cuts if cut.position < first]
    return graph.opened.calls[: before[-1] + 1] if before else ()


def _first_to_train(graph: Graph, last: int | None, start: str | None) -> int:
    """Return the position in `graph.opened` of the first call that is asked to train."""
    if last is not None and start is not None:
        raise ValueError(f"Give `last` or `start`, not both. Received: {last=}, {start=}.")
    if start is not None:
        return _first_call(graph, start)
    positions: dict[int, int] = {}
    for position, call in enumerate(graph.opened.calls):
        if isinstance(call.operation, keras.Layer) and not call.is_input:
            positions.setdefault(id(call.operation), position)
    if last is None:
        return 0
    if not is_whole_number(last, least=1) or last > len(positions):
        raise ValueError(
            f"`last` is a number of layers, from 1 to the {len(positions)} of the trunk. "
            f"Received: {last!r}."
        )
    return list(positions.values())[-last]


def _first_call(graph: Graph, start: str) -> int:
    found = graph.find(start)
    if found.is_input:
        raise InvalidCut(f"`start={start!r}` is an input layer; leave `start` out to train all.")
    return next(
        position
        for position, call in enumerate(graph.opened.calls)
        if call.path == found.path or call.path.startswith(f"{found.path}/")
    )
