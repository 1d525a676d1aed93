"""The end of the static part of a model: all before it gives the same in each epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras

from keras_mtl.caching.static_operations import static_operations
from keras_mtl.common.arguments import whole_number_or_none
from keras_mtl.errors import NotStatic
from keras_mtl.graph.call import Call
from keras_mtl.graph.chain import JoiningPart, with_opened_chains
from keras_mtl.graph.dataflow import Dataflow
from keras_mtl.graph.functional_models import functional_of
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.keras_private.layers import seed_states, sublayers

# Only of these layers it is known what they do in training; others may do anything.
_KERAS = ("keras.src.layers.", "keras.src.models.")
# Layers of Keras that depend on the mode though they hold no random generator.
_CHANGING = (keras.layers.Lambda, keras.layers.SpectralNormalization)


@dataclass(frozen=True)
class Split:
    """A model as two graphs, joined by one tensor.

    Attributes:
        graph: The graph of the model.
        static: The calls that run once; their output is the tensor between the two.
        rest: The calls that run in each epoch.
        boundary: The number of the tensor between them.
        inference: The ids of the operations that always run in inference mode.
        augmentation: The paths of the calls of the static part that draw anew in each epoch.
        trained: The positions of the calls of the rest whose weights training changes.
        changing: The positions of the calls of the rest of which training changes other state.
    """

    graph: Graph
    static: Dataflow
    rest: Dataflow
    boundary: int
    inference: set[int]
    augmentation: tuple[str, ...] = ()
    trained: tuple[int, ...] = ()
    changing: tuple[int, ...] = ()

    @property
    def last(self) -> str:
        """The path of the last call that runs once."""
        return self.static.calls[-1].path


def split_model(model: keras.Model, views: int | None = None) -> Split:
    """Split a model after the last call whose output training cannot change.

    Args:
        model: A Functional or Sequential model with frozen first layers.
        views: Whether, and how often, random augmentation in front of frozen layers is drawn.

    Raises:
        NotStatic: No frozen layer comes before all that trains, or random augmentation does and
            `views` is None.
        ValueError: Nothing trains, or there is nothing random that `views` could be of.
        UnsupportedModel: `model` has no graph of layers.
        UnbuiltModel: `model` is a Sequential model without an input shape.
    """
    graph = Graph.of(model)
    _check_trains(model)
    flow = with_opened_chains(graph.opened)
    behaviour = _Behaviour(model, static_operations(graph))
    cut = _last_cut(flow, behaviour.is_fixed)
    random: tuple[str, ...] = ()
    if views is not None or not any(map(behaviour.is_frozen, flow.calls[: cut + 1])):
        random = _random_before_frozen(model, flow, behaviour)
        _check_views(views, random)
        cut = _last_cut(flow, lambda call: behaviour.is_fixed(call) or call.path in random)
    (boundary,) = flow.used_outputs(flow.calls[cut])
    rest = flow.calls[cut + 1 :]
    return Split(
        graph=graph,
        static=Dataflow(flow.calls[: cut + 1], boundary, flow.aliases),
        rest=Dataflow(rest, flow.structure, flow.aliases),
        boundary=boundary,
        inference=behaviour.inference,
        augmentation=random,
        trained=tuple(i for i, call in enumerate(rest) if behaviour.is_trained(call)),
        changing=tuple(i for i, call in enumerate(rest) if behaviour.changes(call)),
    )


class _Behaviour:
    """Tells what the calls of a model do in training, from one epoch to the next."""

    def __init__(self, model: keras.Model, inference: set[int]) -> None:
        self.inference = inference
        self._trained = {id(variable) for variable in model.trainable_variables}

    def is_fixed(self, call: Call) -> bool:
        """Return whether training neither changes the operation nor runs it in another mode."""
        return call.is_input or self._is_fixed(call.operation)

    def is_frozen(self, call: Call) -> bool:
        """Return whether the operation has weights, all of which are frozen."""
        layer = call.operation
        return (
            isinstance(layer, keras.Layer)
            and bool(layer.weights)
            and (id(layer) in self.inference or not layer.trainable)
        )

    def is_random(self, call: Call) -> bool:
        """Return whether the layer draws random numbers and holds no other state."""
        layer = call.operation
        if not isinstance(layer, keras.Layer) or self.is_fixed(call):
            return False
        seeds = {id(seed) for part in sublayers(layer) for seed in seed_states(part)}
        return {id(variable) for variable in layer.variables} == seeds

    def changes(self, call: Call) -> bool:
        """Return whether training may change other state of the operation than random seeds."""
        return not (self.is_fixed(call) or self.is_random(call) or self.is_trained(call))

    def is_trained(self, call: Call) -> bool:
        """Return whether training changes a weight of the layer."""
        return isinstance(call.operation, keras.Layer) and self._trains(call.operation)

    def _trains(self, layer: keras.Layer) -> bool:
        return any(id(variable) in self._trained for variable in layer.variables)

    def _is_fixed(self, operation: object) -> bool:
        if not isinstance(operation, keras.Layer):
            return True
        if self._trains(operation):
            return False
        if id(operation) in self.inference:
            return True
        inner = functional_of(operation)
        if inner is not None:
            return all(self._is_fixed(part) for part in inner.operations)
        return all(_ignores_training(part) for part in sublayers(operation))


def _ignores_training(layer: keras.Layer) -> bool:
    """Return whether a layer without trained variables trains as it predicts."""
    return (
        (type(layer).__module__.startswith(_KERAS) or isinstance(layer, JoiningPart))
        and not isinstance(layer, _CHANGING)
        and not seed_states(layer)
        and layer.activity_regularizer is None
        and not (isinstance(layer, keras.layers.BatchNormalization) and layer.trainable)
        and not (isinstance(layer, keras.layers.RNN) and layer.stateful)
    )


def _random_before_frozen(
    model: keras.Model, flow: Dataflow, behaviour: _Behaviour
) -> tuple[str, ...]:
    """Return the paths of the random calls that come before the last frozen one."""
    reach = _last_cut(flow, lambda call: behaviour.is_fixed(call) or behaviour.is_random(call))
    frozen = [i for i, call in enumerate(flow.calls[: reach + 1]) if behaviour.is_frozen(call)]
    if not frozen:
        raise NotStatic(
            f"`{model.name}` has no frozen layer in front of all that training changes: "
            f"{_obstacle(flow, behaviour)}. So there is nothing to run once. Use `model.fit`, or "
            "freeze the first layers: `keras_mtl.transfer(..., freeze=True)`."
        )
    return tuple(call.path for call in flow.calls[: frozen[-1]] if behaviour.is_random(call))


def _obstacle(flow: Dataflow, behaviour: _Behaviour) -> str:
    """Return why nothing can run once: what the first call that is not fixed does in training."""
    first = next(i for i, call in enumerate(flow.calls) if not behaviour.is_fixed(call))
    frozen = [call for call in flow.calls[:first] if behaviour.is_frozen(call)]
    call = flow.calls[first]
    if frozen:
        return f"another tensor goes past `{frozen[-1].path}` to the layers that train"
    if behaviour.is_trained(call):
        return f"`{call.path}` trains"
    return f"`{call.path}` may do something else in training than in inference"


def _last_cut(flow: Dataflow, allowed: Callable[[Call], bool]) -> int:
    """Return the position of the last legal cut with only allowed calls before it; or -1."""
    first_other = next((i for i, c in enumerate(flow.calls) if not allowed(c)), len(flow.calls))
    return max((cut.position for cut in flow.legal_cuts if cut.position < first_other), default=-1)


def _check_trains(model: keras.Model) -> None:
    if not model.trainable_variables:
        raise ValueError(
            f"Every layer of `{model.name}` is frozen, so there is nothing to train. Give it a "
            "head, or unfreeze its last layers with `keras_mtl.unfreeze`."
        )


def _check_views(views: int | None, random: tuple[str, ...]) -> None:
    if views is None:
        raise NotStatic(
            f"`{random[0]}` may draw anew for each batch in front of the frozen layers, so they "
            "may not see the same twice. Give `views=n` to `fit_cached`, which caches n draws that "
            "take turns, leave the layer out, or use `model.fit`."
        )
    whole_number_or_none("views", views)
    if not random:
        raise ValueError(
            f"`views={views}` is for random augmentation in front of the frozen layers; the model "
            "has none there. Leave `views` out."
        )
