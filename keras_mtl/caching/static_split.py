"""Where the static part of a model ends: what comes before gives the same in each epoch."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import keras

from keras_mtl.caching.opened_steps import static_operations, steps_of
from keras_mtl.errors import NotStatic
from keras_mtl.graph.layer_graph import Call, Graph, functional_of
from keras_mtl.keras_private.layers import seed_states, sublayers

_KERAS = ("keras.src.layers.", "keras.src.models.")
# Keras's own layers that change with the mode though they hold no random generator.
_CHANGING = (keras.layers.Lambda, keras.layers.SpectralNormalization)


@dataclass(frozen=True)
class Split:
    """A model as two graphs, joined by one tensor.

    Attributes:
        static: The steps that run once.
        rest: The steps that are trained.
        boundary: The number of the tensor between them.
        inference: The ids of the operations that always run in inference mode.
        augmentation: The paths of the steps of the static part that draw anew in each epoch.
    """

    static: Graph
    rest: Graph
    boundary: int
    inference: set[int]
    augmentation: tuple[str, ...] = ()


def split_model(model: keras.Model, views: int | None = None) -> Split:
    """Split a model after the last step whose output training cannot change.

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
    graph = steps_of(model)
    _check_trains(model)
    steps = _Steps(model)
    cut = _last_cut(graph, steps.is_fixed)
    if views is None and _holds(graph, cut, steps.is_frozen):
        return _split(graph, cut, steps)
    random = _random_before_frozen(model, graph, steps)
    _check_views(views, random)
    cut = _last_cut(graph, lambda step: steps.is_fixed(step) or step.path in random)
    return _split(graph, cut, steps, random)


class _Steps:
    """What each step of a model does from one epoch to the next."""

    def __init__(self, model: keras.Model) -> None:
        self.inference = static_operations(model)
        self._trained = {id(variable) for variable in model.trainable_variables}

    def is_fixed(self, step: Call) -> bool:
        """Whether training neither changes the step nor runs it in another way than inference."""
        return step.is_input or self._is_fixed(step.operation)

    def is_frozen(self, step: Call) -> bool:
        """Whether the step has weights that somebody froze."""
        layer = step.operation
        return (
            isinstance(layer, keras.Layer)
            and bool(layer.weights)
            and (id(layer) in self.inference or not layer.trainable)
        )

    def is_random(self, step: Call) -> bool:
        """Whether the step may draw anew, and has no state but that of its random generators."""
        layer = step.operation
        if not isinstance(layer, keras.Layer) or self.is_fixed(step):
            return False
        seeds = {id(seed) for part in sublayers(layer) for seed in seed_states(part)}
        return {id(variable) for variable in layer.variables} == seeds

    def is_trained(self, step: Call) -> bool:
        """Whether training changes a weight of the step."""
        return isinstance(step.operation, keras.Layer) and self._trains(step.operation)

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
    """Whether a layer without trained variables does in training what it does in inference."""
    return (
        type(layer).__module__.startswith(_KERAS)
        and not isinstance(layer, _CHANGING)
        and not seed_states(layer)
        and layer.activity_regularizer is None
        and not (isinstance(layer, keras.layers.BatchNormalization) and layer.trainable)
        and not (isinstance(layer, keras.layers.RNN) and layer.stateful)
    )


def _random_before_frozen(model: keras.Model, graph: Graph, steps: _Steps) -> tuple[str, ...]:
    """The paths of the random steps that come before the last frozen one."""
    reach = _last_cut(graph, lambda step: steps.is_fixed(step) or steps.is_random(step))
    frozen = [i for i, step in enumerate(graph.calls[: reach + 1]) if steps.is_frozen(step)]
    if not frozen:
        raise NotStatic(
            f"`{model.name}` has no frozen layer in front of all that training changes: "
            f"{_obstacle(graph, steps)}. So there is nothing to run once. Use `model.fit`, or "
            "freeze the first layers: `keras_mtl.transfer(..., freeze=True)`."
        )
    return tuple(step.path for step in graph.calls[: frozen[-1]] if steps.is_random(step))


def _obstacle(graph: Graph, steps: _Steps) -> str:
    """Why nothing can be run once: what the first step that is not fixed does in training."""
    first = next(i for i, step in enumerate(graph.calls) if not steps.is_fixed(step))
    frozen = [step for step in graph.calls[:first] if steps.is_frozen(step)]
    step = graph.calls[first]
    if frozen:
        return f"a mask or another tensor goes round `{frozen[-1].path}` to the layers that train"
    if steps.is_trained(step):
        return f"`{step.path}` trains"
    return f"`{step.path}` may do something else in training than in inference"


def _last_cut(graph: Graph, allowed: Callable[[Call], bool]) -> int:
    """The position of the last legal cut with nothing before it that is not allowed; or -1."""
    first_other = next((i for i, s in enumerate(graph.calls) if not allowed(s)), len(graph.calls))
    return max((p for p, _, _ in graph.legal_cuts() if p < first_other), default=-1)


def _holds(graph: Graph, cut: int, wanted: Callable[[Call], bool]) -> bool:
    return any(wanted(step) for step in graph.calls[: cut + 1])


def _split(graph: Graph, cut: int, steps: _Steps, random: tuple[str, ...] = ()) -> Split:
    uses = graph.last_uses()
    boundary = next(key for key in graph.calls[cut].outputs if key in uses)
    static = Graph(graph.calls[: cut + 1], frozenset({boundary}), graph.aliases)
    rest = Graph(graph.calls[cut + 1 :], graph.outputs, graph.aliases)
    return Split(static, rest, boundary, steps.inference, random)


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
            "may not see the same twice. Give `views=n` to cache n draws that take turns, leave "
            "the layer out, or use `model.fit`."
        )
    if isinstance(views, bool) or not isinstance(views, int) or views < 1:
        raise ValueError(f"`views` is a positive whole number or None. Received: {views!r}.")
    if not random:
        raise ValueError(
            f"`views={views}` is for random augmentation in front of the frozen layers; the model "
            "has none there. Leave `views` out."
        )
