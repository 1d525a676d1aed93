"""Which layers of a trunk are static: flags, set leaf by leaf."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal

import keras

from keras_mtl.errors import NotStatic
from keras_mtl.graph.layer_graph import Graph, functional_of, graph_of
from keras_mtl.keras_private.graphs import Functional
from keras_mtl.keras_private.layers import sublayers

BatchNormPolicy = Literal["frozen", "train"]


def check_batchnorm(batchnorm: str) -> None:
    """Refuse anything but the two policies."""
    if batchnorm not in ("frozen", "train"):
        raise ValueError(f'`batchnorm` is "frozen" or "train". Received: {batchnorm!r}.')


def set_static(model: Functional, static: set[str], batchnorm: BatchNormPolicy) -> None:
    """Make the layers with these paths static and all others trainable. Changes `model`.

    A layer that is called both before and after the boundary is static.

    Raises:
        NotStatic: A static layer is a stateful RNN.
    """
    calls = graph_of(model, nested=True).calls
    frozen = {id(call.operation) for call in calls if call.path in static}
    for call in calls:
        if id(call.operation) in frozen:
            _check_stateless(call.path, call.operation)
    _set_flags(model, lambda layer: id(layer) not in frozen)
    if batchnorm == "frozen":
        for layer in sublayers(model):
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False


def paths_up_to(graph: Graph, path: str | None) -> set[str]:
    """The paths of all calls up to and including `path`; of all calls if it is None."""
    paths = [call.path for call in graph.calls]
    last = len(paths) if path is None else _last_inside(paths, path) + 1
    return set(paths[:last])


def _last_inside(paths: list[str], path: str) -> int:
    """The position of a call; of the last call inside it where it is a model that was opened."""
    return max(i for i, p in enumerate(paths) if p == path or p.startswith(f"{path}/"))


def _set_flags(layer: keras.Layer, trainable: Callable[[keras.Layer], bool]) -> bool:
    """Set the flags of the leaves; a model's own flag is True if any leaf of it trains."""
    functional = functional_of(layer)
    if functional is None or not trainable(layer):
        for part in sublayers(layer):
            part.trainable = trainable(layer)
        return layer.trainable
    # Setting the flag of a model sets those of its layers, so it comes before theirs.
    layer.trainable = True
    inner = [part for part in functional.layers if not isinstance(part, keras.layers.InputLayer)]
    trains = any([_set_flags(part, trainable) for part in inner])
    if not trains:
        layer.trainable = False
    return trains


def _check_stateless(path: str, operation: object) -> None:
    if not isinstance(operation, keras.Layer):
        return
    for layer in sublayers(operation):
        if isinstance(layer, keras.layers.RNN) and layer.stateful:
            raise NotStatic(
                f"`{path}` is a stateful RNN: it remembers one batch in the next, so it cannot be "
                "static. Rebuild it with `stateful=False`, or pass `freeze=False`."
            )
