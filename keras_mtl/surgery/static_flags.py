"""Making layers of a trunk static by their `trainable` flags, set leaf by leaf."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import keras

from keras_mtl.errors import NotStatic
from keras_mtl.graph.call import Call
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.graph.functional_models import functional_of
from keras_mtl.keras_private.graphs import Functional
from keras_mtl.keras_private.layers import sublayers

BatchNormPolicy = Literal["frozen", "train"]


def check_batchnorm(batchnorm: str) -> None:
    """Refuse anything but the two policies."""
    if not isinstance(batchnorm, str) or batchnorm not in ("frozen", "train"):
        raise ValueError(f'`batchnorm` is "frozen" or "train". Received: {batchnorm!r}.')


def set_static(
    model: Functional, static: Mapping[str, keras.Operation], batchnorm: BatchNormPolicy
) -> None:
    """Make some layers static and all others trainable. Changes `model`.

    A layer that is called both before and after the boundary is static.

    Args:
        model: The model whose flags are set.
        static: What becomes static, by the paths of its calls: layers and other operations, but
            no nested models.
        batchnorm: Whether the BatchNormalization layers that are not static train.

    Raises:
        NotStatic: A static layer is a stateful RNN.
    """
    for path, operation in static.items():
        _check_stateless(path, operation)
    frozen = set(map(id, static.values()))
    _set_flags(model, lambda layer: id(layer) not in frozen)
    if batchnorm == "frozen":
        for layer in sublayers(model):
            if isinstance(layer, keras.layers.BatchNormalization):
                layer.trainable = False


def calls_up_to(flow: Dataflow, path: str | None) -> list[Call]:
    """Return the calls up to and including the one at `path`; all of them if it is None."""
    if path is None:
        return list(flow.calls)
    return list(flow.calls[: _last_inside([call.path for call in flow.calls], path) + 1])


def _last_inside(paths: list[str], path: str) -> int:
    """Return the position of a call; of the last one inside it if it is an opened model."""
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
    # A list, because a generator would stop at the first layer that trains.
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
