"""Making the layers of a trunk static, or trainable again, in place."""

from __future__ import annotations

from collections.abc import Iterable

import keras

from keras_mtl.errors import UnsupportedModel
from keras_mtl.finetuning.boundaries import calls_before
from keras_mtl.finetuning.recompiling import recompile
from keras_mtl.graph.call import Call
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.surgery.fresh_compile import fresh_arguments
from keras_mtl.surgery.static_flags import BatchNormPolicy, calls_up_to, check_batchnorm, set_static
from keras_mtl.surgery.trunk import Trunk, is_static


def freeze(model: Trunk, upto: str | None = None) -> Trunk:
    """Make the trunk of `model` static; this changes `model`.

    Static layers run in inference mode whatever `fit` does, and none of their variables changes.
    A compiled model is compiled again with the same loss and metrics; the optimizer is a fresh
    one with the same configuration that keeps its slots for the variables that still train.

    Args:
        model: A model that `transfer` returned. Any other model is refused: in it a flag leaves
            Dropout and noise active.
        upto: The last layer to make static, `"outer/inner"` inside a nested model; None for the
            whole trunk. Layers after it stay as they are.

    Returns:
        `model`.

    Raises:
        UnsupportedModel: `keras_mtl` did not make `model`.
        LayerNotFound: No layer of the trunk has the name `upto`.
        InvalidCut: Paths go past `upto`, so that "up to it" has no meaning.
        CloneError: The optimizer or a metric cannot be built anew from its config.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8, name="first"), keras.layers.Dense(3)])
        >>> model = keras_mtl.transfer(trained, cut=1, freeze=False, head=2)
        >>> len(keras_mtl.freeze(model).trunk.trainable_variables)
        0
    """
    trunk = _trunk_of(model, "freeze")
    graph = Graph.of(trunk)
    calls = calls_up_to(graph.opened, None if upto is None else graph.legal_path(upto))
    static = _operations(calls) | _operations(_static_calls(graph))
    _apply(model, trunk, static, _current_policy(trunk))
    return model


def unfreeze(
    model: Trunk,
    *,
    last: int | None = None,
    start: str | None = None,
    batchnorm: BatchNormPolicy = "frozen",
) -> Trunk:
    """Make the last layers of the trunk of `model` trainable; this changes `model`.

    Use it once the head has been trained, with a smaller learning rate. Blocks stay whole: where
    the layer asked for lies on one of several parallel paths, all of its block trains, so that
    what stays static is always all that comes before a legal cut.

    Args:
        model: A model that `transfer` returned.
        last: How many of the last layers of the trunk train, those inside nested models counted
            one by one. Layers before them stay as they are.
        start: The first layer that trains, instead of `last`. With neither, all layers train.
        batchnorm: `"frozen"` keeps the statistics, gamma and beta of each BatchNormalization;
            `"train"` trains it like other layers.

    Returns:
        `model`. If it was compiled, it is compiled again as `freeze` does.

    Raises:
        UnsupportedModel: `keras_mtl` did not make `model`.
        LayerNotFound: No layer of the trunk has the name `start`.
        ValueError: Both `last` and `start` are given, or `last` is not from 1 to the number of
            layers.
        CloneError: The optimizer or a metric cannot be built anew from its config.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(8), keras.layers.Dense(8, name="second"),
        ...     keras.layers.Dense(3)])
        >>> model = keras_mtl.transfer(trained, cut=1, head=2)
        >>> model = keras_mtl.unfreeze(model, start="second")
        >>> [v.path for v in model.trunk.trainable_variables]
        ['second/kernel', 'second/bias']
    """
    check_batchnorm(batchnorm)
    trunk = _trunk_of(model, "unfreeze")
    graph = Graph.of(trunk)
    before = set(calls_before(graph, last=last, start=start))
    static = [call for call in _static_calls(graph) if call in before]
    _apply(model, trunk, _operations(static), batchnorm)
    return model


def _trunk_of(model: Trunk, verb: str) -> Trunk:
    if isinstance(model, TransferModel):
        return model.trunk
    if isinstance(model, Trunk):
        return model
    raise UnsupportedModel(
        f"`{verb}` works on a model that `keras_mtl.transfer` returned, received a "
        f"`{type(model).__name__}`. In a plain Keras model `trainable = False` leaves Dropout and "
        "noise active; `keras_mtl.transfer(model, cut=0)` gives a static copy of it. Of a "
        "`MultiTaskModel` whose trunk is a model of `keras_mtl.transfer`, "
        f"`{verb}` the `trunk` and `compile` it again."
    )


def _apply(
    model: Trunk, trunk: Trunk, static: dict[str, keras.Operation], batchnorm: BatchNormPolicy
) -> None:
    # What may fail comes before the flags change.
    arguments = fresh_arguments(model) if model.compiled else None
    set_static(trunk, static, batchnorm)
    if arguments:
        recompile(model, arguments)


def _static_calls(graph: Graph) -> list[Call]:
    return [call for call in graph.opened.calls if is_static(call.operation)]


def _operations(calls: Iterable[Call]) -> dict[str, keras.Operation]:
    return {call.path: call.operation for call in calls}


def _current_policy(trunk: Trunk) -> BatchNormPolicy:
    normalizations = (
        layer for layer in sublayers(trunk) if isinstance(layer, keras.layers.BatchNormalization)
    )
    return "train" if any(layer.trainable for layer in normalizations) else "frozen"
