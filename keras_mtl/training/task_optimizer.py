"""The optimizer of a trunk and its heads, in which each part counts its own steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras

from keras_mtl.common.arguments import number
from keras_mtl.keras_private.optimizers import applied_updates, clipped, trained_variables
from keras_mtl.optimizers.layerwise_optimizer import LayerwiseOptimizer
from keras_mtl.optimizers.part_copies import CLIPPING, check_clipping, copy_for_part
from keras_mtl.optimizers.part_rates import (
    constant_rate,
    current_rate,
    part_rate,
    rate_of,
    serialized_at_rate,
)
from keras_mtl.surgery.fresh_compile import fresh_optimizer


@keras.saving.register_keras_serializable("keras_mtl")
class TaskOptimizer(keras.optimizers.Optimizer):
    """An `Optimizer` that trains the trunk and each head by an optimizer of its own.

    `MultiTaskModel.compile` makes it. An optimizer corrects the bias of its moments by the number
    of its steps, so a head that trains rarely or starts late needs a count of its own: with the
    count of the whole model its first steps would be several times too large (Kingma and Ba,
    2015, section 3). Gradient accumulation and moving averages of weights follow that count
    too; learning-rate schedules follow `iterations`, the count of all steps.

    A part that gets no gradients at a step is not touched: no decay, no momentum.

    Args:
        optimizer: For the parts that `optimizers` does not name. Each of them gets a copy of it,
            and gradients are clipped over all parts of a step together.
        optimizers: Optimizers by the names of the parts: `"trunk"` and the tasks.
        name: Name of the optimizer.

    Example:
        >>> import keras, keras_mtl
        >>> trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> model = keras_mtl.MultiTaskModel(trunk, {"sex": 2, "hair": 5})
        >>> model.compile({"trunk": keras.optimizers.Adam(1e-4), "sex": "sgd", "hair": "sgd"})
        >>> round(float(model.optimizer.learning_rate), 6)
        0.0001
    """

    def __init__(
        self,
        optimizer: keras.optimizers.Optimizer | None = None,
        optimizers: Mapping[str, keras.optimizers.Optimizer] | None = None,
        name: str = "task_optimizer",
    ) -> None:
        given = dict(optimizers or {})
        every = [one for one in (optimizer, *given.values()) if one is not None]
        if not every:
            raise ValueError(
                "A `TaskOptimizer` needs `optimizer`, which all parts get a copy of, or "
                '`optimizers`, one for `"trunk"` and for each task.'
            )
        for one in every:
            check_supported(one)
        leader = given.get("trunk") or optimizer or next(iter(given.values()))
        super().__init__(learning_rate=rate_of(leader), name=name)
        # Gradients that are sums over replicas are divided by it again, after clipping: Keras sums
        # over the replicas once more when a part applies them. See `distribution/replicas.py`.
        self.replicas = 1
        # Held by an object that Keras does not track: it would save these variables twice.
        self._parts = OptimizerParts(optimizer, given, constant_rate(leader))
        self.loss_scale_factor = leader.loss_scale_factor

    def look_up_layers(self, model: keras.Model) -> None:
        """Let the optimizers made by `layerwise` look up their layers in a model."""
        for one in self._parts.sources():
            if isinstance(one, LayerwiseOptimizer):
                one.bind(model)

    def bind(self, variables: Mapping[str, Sequence[keras.Variable]]) -> None:
        """Make the optimizer of each part, from the one given for it or from `optimizer`.

        Args:
            variables: The trainable variables by the names of the parts.
        """
        parts = self._parts
        parts.variables = {name: list(own) for name, own in variables.items()}
        for name in parts.variables:
            parts.inner[name] = self._own_copy(parts.source(name), name)

    def build(self, variables: Sequence[keras.Variable]) -> None:
        """Make the slots of all parts."""
        if self.built:
            return
        del variables  # Variables that are frozen now may train later, and need their slots then.
        for name, own in self._parts.variables.items():
            self._parts.inner[name].build(own)
        super().build(self.bound_variables)

    @property
    def variables(self) -> list[keras.Variable]:
        """The count of all steps, the learning rate, and the variables of the parts."""
        inner = self._parts.inner.values()
        return [*super().variables, *(v for one in inner for v in one.variables)]

    def fresh(self, name: str) -> keras.optimizers.Optimizer:
        """Return an optimizer of the same settings as the one of a part, without state."""
        return fresh_optimizer(self._parts.source(name), self._rate_now(name))

    def copy(self) -> TaskOptimizer:
        """Return an optimizer of the same settings, without state."""
        return type(self)(*self._at_rates_of_now(fresh_optimizer), name=self.name)

    def for_tasks(self, tasks: Sequence[str]) -> TaskOptimizer:
        """Return an optimizer of the same settings for other tasks, without state.

        Args:
            tasks: Their names; a task without an optimizer of its own gets one like the trunk's.
        """
        shared, given = self._at_rates_of_now(fresh_optimizer)
        if given:
            given = {part: given.get(part, given["trunk"]) for part in ("trunk", *tasks)}
        return type(self)(shared, given, name=self.name)

    @property
    def needs_sums(self) -> bool:
        """Whether an update depends on gradients that are summed over all replicas."""
        optimizers = self._parts.sources()
        return any(getattr(one, key) is not None for one in optimizers for key in CLIPPING)

    @property
    def part_optimizers(self) -> list[keras.optimizers.Optimizer]:
        """The optimizers of the parts, once it is bound to variables."""
        return list(self._parts.inner.values())

    @property
    def bound_variables(self) -> list[keras.Variable]:
        """The variables of all parts."""
        return [variable for own in self._parts.variables.values() for variable in own]

    @contextmanager
    def only(self, active: Mapping[str, Any]) -> Iterator[None]:
        """Within this context, update some parts only where a boolean is True.

        Args:
            active: Booleans, or boolean tensors in a compiled step, by the names of the parts. The
                other parts are always updated.
        """
        self._parts.active = dict(active)
        try:
            yield
        finally:
            self._parts.active = {}

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """Update the variables that have a gradient; those of the other parts are not touched."""
        targets = trainable_variables
        if targets is None:
            targets = trained_variables(self)
        pairs = [(grad, v) for grad, v in zip(grads, targets, strict=True) if grad is not None]
        gradients = self._clipped(self._unscaled(self._of_active_parts(pairs)))
        by_variable = {id(v): (grad, v) for grad, (_, v) in zip(gradients, pairs, strict=True)}
        for name, own in self._parts.variables.items():
            found = [by_variable[key] for key in map(id, own) if key in by_variable]
            if found:
                part_grads, part_variables = zip(*found, strict=True)
                clipped = self._clipped_alone(name, list(part_grads))
                shares = (
                    [grad / self.replicas for grad in clipped] if self.replicas > 1 else clipped
                )
                self._apply_part(name, shares, list(part_variables))
        # The count of all steps, which schedules of rates follow; each part has its own count too.
        self.iterations.assign_add(1)

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        """Replace weights by their moving averages, in parts that keep some and have trained."""
        for name, own in self._parts.variables.items():
            inner = self._parts.inner[name]
            # Before the first step of a part its averages are zeros, which must not become weights.
            if inner.use_ema and int(keras.ops.convert_to_numpy(applied_updates(inner))):
                inner.finalize_variable_values(own)

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the values of `variables`."""
        for variable, weight in zip(self.variables, weights, strict=True):
            variable.assign(weight)

    def get_config(self) -> dict[str, Any]:
        """Return the optimizers as given, at their current learning rates."""
        shared, given = self._at_rates_of_now(serialized_at_rate)
        return {"name": self.name, "optimizer": shared, "optimizers": given}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> TaskOptimizer:
        """Return the optimizer that `get_config` describes, without its state."""
        config = dict(config)
        revive = keras.saving.deserialize_keras_object
        config["optimizer"] = revive(config["optimizer"], custom_objects)
        given = config["optimizers"].items()
        config["optimizers"] = {name: revive(one, custom_objects) for name, one in given}
        return cls(**config)

    def _apply_part(self, name: str, grads: list[Any], variables: list[keras.Variable]) -> None:
        inner = self._parts.inner[name]
        if name not in self._parts.active:
            inner.apply(grads, variables)
            return
        # Not by `cond`, whose branches cannot assign to variables on JAX: the update is computed
        # and then undone where the part is not active.
        touched = [*self._parts.variables[name], *inner.variables]
        before = [keras.ops.copy(variable.value) for variable in touched]
        inner.apply(grads, variables)
        for variable, value in zip(touched, before, strict=True):
            chosen = keras.ops.where(self._parts.active[name], variable.value, value)
            variable.assign(chosen)

    def _own_copy(
        self, source: keras.optimizers.Optimizer, name: str
    ) -> keras.optimizers.Optimizer:
        """Return a copy for one part, whose rate follows the steps and the rate of this one."""
        rate = part_rate(self, source, self._parts.leading_rate)
        copy = copy_for_part(source, source.get_config(), rate, f"{source.name}_{name}")
        if isinstance(source, LayerwiseOptimizer):
            copy.bind_like(source)
        return copy

    def _at_rates_of_now(self, make: Callable[..., Any]) -> tuple[Any, dict[str, Any]]:
        """Call `make` on the shared optimizer, and on each given by part, with its current rate."""
        parts = self._parts
        rates = {name: self._rate_now(name) for name in parts.inner}
        given = {name: make(one, rates.get(name)) for name, one in parts.given.items()}
        shared_rate = next((rate for name, rate in rates.items() if name not in parts.given), None)
        return parts.shared and make(parts.shared, shared_rate), given

    def _rate_now(self, name: str) -> float | None:
        return current_rate(self._parts.inner[name])

    def _of_active_parts(self, pairs: list[tuple[Any, keras.Variable]]) -> list[Any]:
        """Return the gradients, zeros for parts that are left alone: norms must not count these."""
        switches = {
            id(variable): switch
            for name, switch in self._parts.active.items()
            for variable in self._parts.variables[name]
        }
        keys = [id(variable) for _, variable in pairs]
        return [
            keras.ops.where(switches[key], gradient, 0.0) if key in switches else gradient
            for key, (gradient, _) in zip(keys, pairs, strict=True)
        ]

    def _unscaled(self, gradients: list[Any]) -> list[Any]:
        if self.loss_scale_factor is None:
            return gradients
        return [gradient / self.loss_scale_factor for gradient in gradients]

    def _clipped(self, gradients: list[Any]) -> list[Any]:
        """Clip gradients by the settings of the shared optimizer, over all parts of the step."""
        shared = self._parts.shared
        if shared is None or shared.gradient_accumulation_steps or self._parts.given:
            return gradients
        return clipped(shared, gradients)

    def _clipped_alone(self, name: str, gradients: list[Any]) -> list[Any]:
        """Clip the gradients of a part by the settings of its own optimizer."""
        if not self._parts.given:
            return gradients
        source = self._parts.given.get(name) or self._parts.shared
        if source is None or source.gradient_accumulation_steps:
            return gradients
        return clipped(source, gradients)


class OptimizerParts:
    """The optimizers and variables of the parts of a model, by name.

    Attributes:
        shared: The optimizer that was given for all parts that `given` does not name.
        given: The optimizers that were given by part.
        leading_rate: The learning rate that the rates of the parts are multiples of, or None.
        inner: The optimizer of each part, which holds its slots.
        variables: The trainable variables of each part.
        active: Whether some parts are updated in this step, see `TaskOptimizer.only`.
    """

    def __init__(
        self,
        shared: keras.optimizers.Optimizer | None,
        given: dict[str, keras.optimizers.Optimizer],
        leading_rate: float | None,
    ) -> None:
        self.shared = shared
        self.given = given
        self.leading_rate = leading_rate
        self.inner: dict[str, keras.optimizers.Optimizer] = {}
        self.variables: dict[str, list[keras.Variable]] = {}
        self.active: dict[str, Any] = {}

    def sources(self) -> list[keras.optimizers.Optimizer]:
        """Return the optimizers that were given."""
        return [*self.given.values(), *filter(None, [self.shared])]

    def source(self, name: str) -> keras.optimizers.Optimizer:
        """Return the optimizer that was given for a part."""
        source = self.given.get(name) or self.shared
        if source is None:
            raise ValueError(f"No optimizer was given for `{name}`.")
        return source


def check_known(
    known: Sequence[keras.Variable] | None, trainable: Sequence[keras.Variable]
) -> None:
    """Refuse variables that began to train after `compile`.

    Args:
        known: What the optimizer can train; None if it has not been built yet.
        trainable: The trainable variables of the model.

    Raises:
        ValueError: The optimizer does not know some of them.
    """
    if known is None:
        return
    ids = set(map(id, known))
    new = [variable.path for variable in trainable if id(variable) not in ids]
    if new:
        raise ValueError(
            f"{len(new)} variables, such as `{new[0]}`, began to train after `compile`, so "
            "the optimizer does not know them. Call `compile` again."
        )


def check_supported(optimizer: keras.optimizers.Optimizer) -> None:
    """Refuse optimizers that a part of a model cannot have.

    Raises:
        ValueError: It scales the loss, chooses among optimizers, cannot clip as asked, or has a
            learning rate that is negative, NaN or infinite.
    """
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "The loss is scaled for all parts at once, so none can have a `LossScaleOptimizer`. "
            "Give the parts plain optimizers: under `mixed_float16` the loss is scaled anyway."
        )
    if isinstance(optimizer, keras.optimizers.MultiOptimizer):
        raise ValueError(
            "A `MultiOptimizer` chooses its optimizers by the paths of variables, where a "
            "`MultiTaskModel` needs an optimizer for each part, which counts its own steps. Give "
            '`compile` a dict instead: `{"trunk": ..., "<task>": ...}`.'
        )
    check_clipping(optimizer)
    rate = constant_rate(optimizer)
    if rate is not None:
        number("learning_rate", rate)
