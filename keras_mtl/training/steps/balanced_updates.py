"""Update rules by which a balancer weighs the tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import keras
from keras import ops

from keras_mtl.balancing.balancer import Balancer
from keras_mtl.balancing.gradient_balancer import GradientBalancer
from keras_mtl.balancing.loss_balancer import LossBalancer
from keras_mtl.training.steps.gramian import inner_products, stacked, weighted_sum, with_row
from keras_mtl.training.steps.update_rules import (
    StepLosses,
    StepPasses,
    StepVariables,
    UpdateRule,
    WeightedSum,
)


class BalancedUpdate(UpdateRule):
    """The state and the notes of a balancer between steps.

    Args:
        balancer: A balancer for the tasks of the model.
    """

    def __init__(self, balancer: Balancer) -> None:
        self.tasks = balancer.tasks
        self.key = f" {balancer!r}"
        initial = balancer.initial_state()
        self._state = {name: _variable(value, name) for name, value in initial.items()}
        self._finite = _variable([True] * len(self.tasks), "finite", "bool")
        self.variables = list(self._state.values())
        self.flags = [self._finite]

    def failed(self) -> list[str]:
        """Return the tasks whose loss or gradient was not finite at the last step."""
        finite = ops.convert_to_numpy(self._finite)
        return [task for task, fine in zip(self.tasks, finite, strict=True) if not fine]

    def _vector(self, values: Mapping[str, Any], default: Any, dtype: str) -> Any:
        """Return a value for each task of the model; the default for those that do not train."""
        return ops.stack([ops.cast(values.get(task, default), dtype) for task in self.tasks])

    def _losses(self, passes: StepPasses) -> tuple[Any, Any]:
        """Return the losses of the tasks over all replicas, and whether each takes part."""
        detached = {task: ops.stop_gradient(loss) for task, loss in passes.losses.by_task.items()}
        dtype = _precise_dtype(detached.values())
        (losses,) = passes.over_replicas([self._vector(detached, 0.0, dtype)])
        there = dict.fromkeys(detached, True) | dict(passes.present)
        return losses, self._vector(there, False, "bool")

    def _before(self) -> dict[str, Any]:
        return {name: ops.convert_to_tensor(one) for name, one in self._state.items()}

    def _note(self, state: Mapping[str, Any], finite: Any) -> None:
        """Note which tasks are finite, and the state after the step if all of them are."""
        # Under mixed precision the optimizer skips a step with an overflow, which is not refused.
        fine = ops.all(finite)
        for name, variable in self._state.items():
            variable.assign(ops.where(fine, state[name], variable.value))
        self._finite.assign(finite)


class WeighedLosses(BalancedUpdate):
    """The gradients of the sum of the losses times the coefficients of a balancer.

    Args:
        balancer: A balancer of losses, for the tasks of the model.
    """

    def __init__(self, balancer: LossBalancer) -> None:
        super().__init__(balancer)
        self._balancer = balancer

    def gradients(self, passes: StepPasses) -> list[Any]:
        """Return the gradients from one backward pass."""
        losses, present = self._losses(passes)
        coefficients, state = self._balancer.balance(losses, present, self._before())
        self._note(state, ops.isfinite(losses))
        by_task = dict(zip(self.tasks, ops.unstack(coefficients, len(self.tasks)), strict=True))
        own = {task: by_task[task] for task in passes.losses.by_task}
        return passes.backward(StepLosses(own, 1.0))

    def weights(self, losses: Any, rows: Sequence[Any], shared: Sequence[keras.Variable]) -> Any:
        """Return the coefficients of the losses."""
        del rows, shared
        return self._balancer.balance(losses, ops.ones_like(losses, "bool"), self._before())[0]


class WeighedGradients(BalancedUpdate):
    """Trunk: the sum of the tasks' gradients times the weights of a balancer. Heads: as without.

    What belongs to no task, such as regularization, is added with the weight 1.

    Args:
        balancer: A balancer of gradients, for the tasks of the model.
        shared: The variables that all tasks share.
    """

    several_passes = True

    def __init__(self, balancer: GradientBalancer, shared: Sequence[keras.Variable]) -> None:
        super().__init__(balancer)
        self._balancer = balancer
        self._running = balancer.running_mean
        self._means: dict[int, keras.Variable] = {}
        if self._running is not None:
            self._means = {
                id(variable): _variable(ops.zeros(variable.shape, "float32"), f"mean_{index}")
                for index, variable in enumerate(shared)
            }
            self.variables = [*self.variables, *self._means.values()]

    def gradients(self, passes: StepPasses) -> list[Any]:
        """Return the gradients from a backward pass for each task, and one for the rest."""
        by_task = {
            task: passes.backward(StepLosses({task: 1.0}, None)) for task in passes.losses.by_task
        }
        rest = passes.backward(StepLosses({}, 1.0))
        rows = self._rows(passes, by_task)
        found = [one for one in rows if one is not None]
        if not found:  # The trunk is frozen: each head has its own gradients.
            return WeightedSum().gradients(passes)
        # Scaled twice, and divided twice: the square of a scale may be no number any more.
        gramian = sum(map(inner_products, found), 0.0) / passes.loss_scale / passes.loss_scale
        losses, present = self._losses(passes)
        weights, state = self._balancer.balance(gramian, losses, present, self._before())
        heads = own_gradients(passes.variables, by_task)
        finite = self._all_finite(losses, gramian, heads)
        self._note(state, finite)
        self._move_means(passes, rows, present, ops.all(finite))
        # The sum over replicas is here already, and Keras will add up the replicas once more.
        trunk = [
            None if one is None else weighted_sum(weights / passes.replicas, one) for one in rows
        ]
        shaped = [
            None if one is None else ops.reshape(one, variable.shape)
            for one, variable in zip(trunk, passes.variables.shared, strict=True)
        ]
        all_heads = [one for own in heads.values() for one in own]
        return [added(*pair) for pair in zip([*shaped, *all_heads], rest, strict=True)]

    def weights(self, losses: Any, rows: Sequence[Any], shared: Sequence[keras.Variable]) -> Any:
        """Return the weights of the gradients."""
        if self._running is not None:
            means = [self._means[id(variable)] for variable in shared]
            rows = [with_row(own, mean.value) for own, mean in zip(rows, means, strict=True)]
        gramian = sum(map(inner_products, rows), 0.0)
        present = ops.ones_like(losses, "bool")
        return self._balancer.balance(gramian, losses, present, self._before())[0][
            : len(self.tasks)
        ]

    def _rows(self, passes: StepPasses, by_task: Mapping[str, list[Any]]) -> list[Any]:
        """Return, for each shared variable, the gradients of all tasks as rows; or None.

        The last row is the running mean, if there is one.
        """
        shared = passes.variables.shared
        stacks = [
            stacked([by_task[task][index] if task in by_task else None for task in self.tasks])
            for index in range(len(shared))
        ]
        found = iter(passes.over_replicas([one for one in stacks if one is not None]))
        rows = [None if one is None else next(found) for one in stacks]
        if self._running is None:
            return rows
        return [
            one
            if one is None
            else with_row(one, self._means[id(variable)].value * passes.loss_scale)
            for one, variable in zip(rows, shared, strict=True)
        ]

    def _all_finite(self, losses: Any, gramian: Any, heads: Mapping[str, list[Any]]) -> Any:
        """Return whether the loss and the gradient of each task are finite."""
        sums = {
            task: sum((ops.cast(ops.sum(one), losses.dtype) for one in own if one is not None), 0.0)
            for task, own in heads.items()
        }
        squares = ops.diagonal(gramian)[: len(self.tasks)]
        in_heads = self._vector(sums, 0.0, losses.dtype)
        return ops.isfinite(losses) & ops.isfinite(squares) & ops.isfinite(in_heads)

    def _move_means(self, passes: StepPasses, rows: list[Any], present: Any, finite: Any) -> None:
        """Move the running mean of a task's gradient, if it has one in this step."""
        if self._running is None:
            return
        task, rate = self._running
        moves = finite & present[task]
        for own, variable in zip(rows, passes.variables.shared, strict=True):
            if own is not None:
                mean = self._means[id(variable)]
                gradient = ops.reshape(ops.cast(own[task], "float32"), mean.shape)
                new = (1 - rate) * mean.value + rate * gradient / passes.loss_scale
                mean.assign(ops.where(moves, new, mean.value))


def balanced_update(balancer: Balancer, shared: Sequence[keras.Variable]) -> UpdateRule:
    """Return the update rule of a balancer.

    Args:
        balancer: A balancer for the tasks of the model.
        shared: The variables that all tasks share.
    """
    if isinstance(balancer, GradientBalancer):
        return WeighedGradients(balancer, shared)
    assert isinstance(balancer, LossBalancer)
    return WeighedLosses(balancer)


def own_gradients(
    variables: StepVariables, by_task: Mapping[str, list[Any]]
) -> dict[str, list[Any]]:
    """Return the gradients of each head with respect to the loss of its task."""
    found = {}
    start = len(variables.shared)
    for task, own in variables.by_task.items():
        found[task] = by_task[task][start : start + len(own)]
        start += len(own)
    return found


def added(gradient: Any, other: Any) -> Any:
    """Return the sum of two gradients, either of which may be None."""
    if gradient is None or other is None:
        return other if gradient is None else gradient
    return gradient + other


def _precise_dtype(values: Iterable[Any]) -> str:
    dtypes = {keras.backend.standardize_dtype(value.dtype) for value in values}
    return "float64" if "float64" in dtypes else "float32"


def _variable(value: Any, name: str, dtype: str | None = None) -> keras.Variable:
    dtype = dtype or keras.backend.standardize_dtype(value.dtype)
    return keras.Variable(value, dtype=dtype, trainable=False, name=name)
