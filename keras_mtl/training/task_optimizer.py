"""One optimizer for a trunk and its heads, in which each part counts its own steps."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import keras

from keras_mtl.surgery.fresh_compile import carry_exclusions, fresh_optimizer, inner_optimizer

_CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")
_RATE = keras.optimizers.schedules.LearningRateSchedule


@keras.saving.register_keras_serializable("keras_mtl")
class TaskOptimizer(keras.optimizers.Optimizer):
    """Optimizes the trunk and each head by an optimizer of its own, as one `Optimizer`.

    `MultiTaskModel.compile` makes it. An optimizer corrects the bias of its moments by the number
    of its steps, so a head that trains rarely or starts late needs a count of its own: with the
    count of the whole model its first steps would be several times too large (Kingma and Ba,
    2015, section 3). Gradient accumulation and moving averages of weights follow that count
    too; learning-rate schedules follow `iterations`, the count of all steps.

    A part that gets no gradients at a step is not touched: no decay, no momentum.

    Args:
        optimizer: What optimizes the parts that `optimizers` does not name; each of them gets a
            copy of it, and gradients are clipped over all parts of a step together.
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
        leader = given.get("trunk") or optimizer or next(iter(given.values()))
        super().__init__(learning_rate=_plain_rate(leader), name=name)
        self.replicas = 1  # In how many copies gradients are summed when they are applied.
        # In a holder that Keras does not look into: it would save what is inside a second time.
        self._parts = _Parts(optimizer, given, _constant(leader))
        for one in filter(None, [optimizer, *given.values()]):
            _check_supported(one)
        self.loss_scale_factor = leader.loss_scale_factor

    def bind(self, variables: Mapping[str, Sequence[keras.Variable]]) -> None:
        """Say which variables are whose; the parts without an optimizer get a copy of `optimizer`.

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
        del variables  # Those that are frozen now may train later.
        for name, own in self._parts.variables.items():
            self._parts.inner[name].build(own)
        super().build([v for own in self._parts.variables.values() for v in own])

    @property
    def variables(self) -> list[keras.Variable]:
        """The count of all steps, the learning rate, and the variables of the parts."""
        inner = self._parts.inner.values()
        return [*super().variables, *(v for one in inner for v in one.variables)]

    def fresh(self, name: str) -> keras.optimizers.Optimizer:
        """An optimizer as the one of a part, without its state."""
        return fresh_optimizer(self._parts.source(name), self._rate_now(name))

    def copy(self) -> TaskOptimizer:
        """One of the same settings, without state."""
        return type(self)(*self._at_rates_of_now(fresh_optimizer), name=self.name)

    def for_tasks(self, tasks: Sequence[str]) -> TaskOptimizer:
        """One of the same settings for other tasks, without state.

        Args:
            tasks: Their names; one that has no optimizer here gets one as the trunk's.
        """
        shared, given = self._at_rates_of_now(fresh_optimizer)
        if given:
            given = {part: given.get(part, given["trunk"]) for part in ("trunk", *tasks)}
        return type(self)(shared, given, name=self.name)

    @property
    def trainable(self) -> list[keras.Variable]:
        """The variables of all parts, as it was built for them."""
        return list(self._trainable_variables)

    @property
    def needs_sums(self) -> bool:
        """Whether an update depends on gradients that are summed over all replicas."""
        optimizers = [*self._parts.given.values(), *filter(None, [self._parts.shared])]
        return any(getattr(one, key) is not None for one in optimizers for key in _CLIPPING)

    def check_known(self, variables: Sequence[keras.Variable]) -> None:
        """Refuse variables that began to train after `compile`.

        Raises:
            ValueError: There are such variables.
        """
        known = {id(v) for own in self._parts.variables.values() for v in own}
        new = [variable.path for variable in variables if id(variable) not in known]
        if new:
            raise ValueError(
                f"{len(new)} variables, such as `{new[0]}`, began to train after `compile`, so "
                "the optimizer does not know them. Call `compile` again."
            )

    @contextmanager
    def only(self, active: Mapping[str, Any]) -> Iterator[None]:
        """Leave parts alone where a boolean, which may be known in a compiled step only, is False.

        Args:
            active: Booleans by the names of the parts; the others are updated in any case.
        """
        self._parts.active = dict(active)
        try:
            yield
        finally:
            self._parts.active = {}

    def apply(self, grads: Sequence[Any], trainable_variables: Any = None) -> None:
        """Update the variables that have a gradient; those of the other parts are not touched."""
        targets = self._trainable_variables if trainable_variables is None else trainable_variables
        pairs = [(grad, v) for grad, v in zip(grads, targets, strict=True) if grad is not None]
        gradients = self._clipped(self._unscaled(self._of_active_parts(pairs)))
        by_variable = {
            self._var_key(v): (grad, v) for grad, (_, v) in zip(gradients, pairs, strict=True)
        }
        for name, own in self._parts.variables.items():
            found = [by_variable[key] for key in map(self._var_key, own) if key in by_variable]
            if found:
                part_grads, part_variables = zip(*found, strict=True)
                clipped = self._clipped_alone(name, list(part_grads))
                shares = (
                    [grad / self.replicas for grad in clipped] if self.replicas > 1 else clipped
                )
                self._apply_part(name, shares, list(part_variables))
        self._iterations.assign_add(1)

    def finalize_variable_values(self, var_list: Sequence[keras.Variable]) -> None:
        """Put the moving averages in, for the parts that keep them and have trained."""
        for name, own in self._parts.variables.items():
            inner = self._parts.inner[name]
            # Before the first step Keras's averages are zeros.
            if inner.use_ema and int(keras.ops.convert_to_numpy(inner._iterations)):
                inner.finalize_variable_values(own)

    def set_weights(self, weights: Sequence[Any]) -> None:
        """Set the values of `variables`."""
        for variable, weight in zip(self.variables, weights, strict=True):
            variable.assign(weight)

    def get_config(self) -> dict[str, Any]:
        """The optimizers as given, with the learning rates of now."""
        shared, given = self._at_rates_of_now(_serialized)
        return {"name": self.name, "optimizer": shared, "optimizers": given}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> TaskOptimizer:
        """The optimizer that `get_config` describes, without its state."""
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
        # Not by `cond`: JAX keeps the changes of its branches to itself.
        touched = [*self._parts.variables[name], *inner.variables]
        before = [keras.ops.copy(variable.value) for variable in touched]
        inner.apply(grads, variables)
        for variable, value in zip(touched, before, strict=True):
            chosen = keras.ops.where(self._parts.active[name], variable.value, value)
            variable.assign(chosen)

    def _own_copy(
        self, source: keras.optimizers.Optimizer, name: str
    ) -> keras.optimizers.Optimizer:
        """A copy for one part: its rate is looked up here, its gradients come ready from here."""
        config = source.get_config()
        config |= {"learning_rate": self._rate_of(source), "name": f"{source.name}_{name}"}
        config["loss_scale_factor"] = None
        if not source.gradient_accumulation_steps:
            config |= dict.fromkeys(_CLIPPING)
        copy = type(source).from_config(config)
        carry_exclusions(source, copy)
        return copy

    def _rate_of(self, source: keras.optimizers.Optimizer) -> PartRate:
        own = _plain_rate(source)
        if callable(own):
            return PartRate(self, schedule=own)
        leading = self._parts.leading_rate
        if leading is not None and (leading or not own):  # Both may begin with 0.
            return PartRate(self, ratio=own / leading if leading else 1.0)
        return PartRate(self, constant=own)

    def _at_rates_of_now(self, make: Callable[..., Any]) -> tuple[Any, dict[str, Any]]:
        """What is made of the shared optimizer, and of those by part, and their rates."""
        parts = self._parts
        rates = {name: self._rate_now(name) for name in parts.inner}
        given = {name: make(one, rates.get(name)) for name, one in parts.given.items()}
        shared_rate = next((rate for name, rate in rates.items() if name not in parts.given), None)
        return parts.shared and make(parts.shared, shared_rate), given

    def _rate_now(self, name: str) -> Any:
        own = self._parts.inner[name]._learning_rate
        return None if own.schedule else float(keras.ops.convert_to_numpy(own(0)))

    def _of_active_parts(self, pairs: list[tuple[Any, keras.Variable]]) -> list[Any]:
        """The gradients, zeros for parts that are left alone: they are not to count in a norm."""
        switches = {
            self._var_key(variable): switch
            for name, switch in self._parts.active.items()
            for variable in self._parts.variables[name]
        }
        keys = [self._var_key(variable) for _, variable in pairs]
        return [
            keras.ops.where(switches[key], gradient, 0.0) if key in switches else gradient
            for key, (gradient, _) in zip(keys, pairs, strict=True)
        ]

    def _unscaled(self, gradients: list[Any]) -> list[Any]:
        if self.loss_scale_factor is None:
            return gradients
        return [gradient / self.loss_scale_factor for gradient in gradients]

    def _clipped(self, gradients: list[Any]) -> list[Any]:
        """Clipped by the settings of the shared optimizer, over all parts of the step."""
        shared = self._parts.shared
        if shared is None or shared.gradient_accumulation_steps or self._parts.given:
            return gradients
        return shared._clip_gradients(gradients)

    def _clipped_alone(self, name: str, gradients: list[Any]) -> list[Any]:
        """Clipped by the settings of the part's own optimizer."""
        if not self._parts.given:
            return gradients
        source = self._parts.given.get(name) or self._parts.shared
        if source is None or source.gradient_accumulation_steps:
            return gradients
        return source._clip_gradients(gradients)


class PartRate(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate of one part: a schedule over all steps, a share of the leading rate.

    An optimizer calls it with its own count of steps, which it does not look at.
    """

    def __init__(
        self,
        owner: TaskOptimizer,
        schedule: Any = None,
        ratio: float | None = None,
        constant: float | None = None,
    ) -> None:
        self.owner = owner
        self.schedule = schedule
        self.ratio = ratio
        self.constant = constant

    def __call__(self, step: Any) -> Any:
        """The rate at the current step of the whole model."""
        if isinstance(self.schedule, _RATE):
            return self.schedule(self.owner._iterations)
        if self.schedule is not None:
            return self.schedule()
        if self.ratio is not None:
            return self.owner._get_current_learning_rate() * self.ratio
        return keras.ops.convert_to_tensor(self.constant, dtype=keras.config.floatx())


class _Parts:
    """What belongs to the parts of a model, by their names."""

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

    def source(self, name: str) -> keras.optimizers.Optimizer:
        """The optimizer that was given for a part."""
        source = self.given.get(name) or self.shared
        if source is None:
            raise ValueError(f"No optimizer was given for `{name}`.")
        return source


def task_optimizer(optimizer: Any, tasks: Sequence[str]) -> keras.optimizers.Optimizer:
    """What `compile` was given as one `TaskOptimizer`, in its `LossScaleOptimizer` if it had one.

    Raises:
        ValueError: A dict names a part that does not exist, or leaves one out.
    """
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return _scaled_like(optimizer, task_optimizer(optimizer.inner_optimizer, tasks))
    if isinstance(optimizer, TaskOptimizer):
        return optimizer.copy()
    if isinstance(optimizer, Mapping):
        return TaskOptimizer(optimizers=_by_part(optimizer, tasks))
    return TaskOptimizer(keras.optimizers.get(optimizer))


def optimizer_for_tasks(
    optimizer: keras.optimizers.Optimizer, tasks: Sequence[str]
) -> keras.optimizers.Optimizer:
    """One as that of a compiled multi-task model for other tasks, without state."""
    inner: TaskOptimizer = inner_optimizer(optimizer)
    fresh = inner.for_tasks(tasks)
    return fresh if inner is optimizer else _scaled_like(optimizer, fresh)


def _scaled_like(
    optimizer: keras.optimizers.Optimizer, inner: TaskOptimizer
) -> keras.optimizers.Optimizer:
    """The same scaling of the loss around another optimizer."""
    config = optimizer.get_config()
    return keras.optimizers.LossScaleOptimizer(
        inner, config["initial_scale"], config["dynamic_growth_steps"], name=config["name"]
    )


def _by_part(
    optimizers: Mapping[str, Any], tasks: Sequence[str]
) -> dict[str, keras.optimizers.Optimizer]:
    expected = ["trunk", *tasks]
    if set(optimizers) != set(expected):
        raise ValueError(
            f"`optimizer` as a dict has one for the trunk and for each task: {expected}. "
            f"Received: {list(optimizers)}."
        )
    return {name: keras.optimizers.get(optimizers[name]) for name in expected}


def _check_supported(optimizer: keras.optimizers.Optimizer) -> None:
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        raise ValueError(
            "The loss is scaled for all parts at once, so none can have a `LossScaleOptimizer`. "
            "Give the parts plain optimizers: under `mixed_float16` the loss is scaled anyway."
        )
    if optimizer.gradient_accumulation_steps and optimizer.global_clipnorm:
        raise ValueError(
            "`global_clipnorm` is measured over the trunk and the head of one step, which "
            "`gradient_accumulation_steps` makes differ in their number of steps. Use `clipnorm`, "
            "which is measured for each variable, or a larger batch."
        )


def _plain_rate(optimizer: keras.optimizers.Optimizer) -> Any:
    """The schedule or function of an optimizer, or its learning rate as a number."""
    rate = optimizer._learning_rate
    if isinstance(rate, keras.Variable):
        return float(keras.ops.convert_to_numpy(rate))
    return rate


def _constant(optimizer: keras.optimizers.Optimizer) -> float | None:
    rate = _plain_rate(optimizer)
    return None if callable(rate) else rate


def _serialized(optimizer: keras.optimizers.Optimizer, rate: float | None) -> dict[str, Any]:
    serialized = keras.saving.serialize_keras_object(optimizer)
    if rate is not None:
        serialized["config"]["learning_rate"] = rate
    return serialized
