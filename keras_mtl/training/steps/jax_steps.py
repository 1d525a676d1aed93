"""Steps on JAX: a compiled function for each kind of step, from values to values."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property, partial
from typing import Any

import jax
import keras
from jax import numpy as jnp

from keras_mtl.batches.base import TaskData
from keras_mtl.training.steps.blocks import BatchRunner, Block, Outcome, Runner
from keras_mtl.training.steps.forward import Batches, Scored, Step

Values = list[Any]


def make_runner(model: Any, steps: Sequence[Step], data: Mapping[str, TaskData]) -> Runner:
    """What takes the steps in training."""
    return JaxSteps(model, steps, data)


def make_scorer(model: Any, step: Step) -> Callable[[Batches], None]:
    """A function that adds a batch to the metrics, in inference mode."""
    key = f"score {step.key}"
    compiled = model.compiled_function(key, lambda: _compiled(model, partial(_score, step)))

    def scorer(batches: Batches) -> None:
        step.build(batches)
        variables = _variables(model, step)
        values = compiled(_values(variables), batches)
        _assign(variables, values)

    return scorer


class JaxSteps(BatchRunner):
    """Takes the steps of a block one after the other, and waits for them at its end only."""

    def use(self, steps: Sequence[Step]) -> None:
        """Take these kinds of steps from now on."""
        super().use(steps)
        compiled = self.model.compiled_function
        self._compiled = [
            compiled(f"step {step.key}", partial(CompiledStep, step)) for step in steps
        ]

    def run(self, block: Block) -> Outcome:
        """Take the steps of a block."""
        fine = jnp.array(True)
        flags = []
        with self._values() as values:
            for kind in block.kinds:
                batches = self.batches(kind)
                if self.steps[kind].has_labels(batches):
                    fine = self._compiled[kind](values, batches, fine)
                flags.append(fine)
        failed = [index for index, flag in enumerate(flags) if not flag]
        taken = failed[0] + 1 if failed else len(flags)
        return Outcome(taken, not failed, self.results())

    @contextmanager
    def _values(self) -> Iterator[dict[int, Any]]:
        """The values of all variables by their ids; what has become of them goes back at the end.

        To read and assign them at each step would take longer than many a step.
        """
        variables = {id(v): v for step in self.steps for v in _variables(self.model, step)}
        values = {key: variable.value for key, variable in variables.items()}
        before = dict(values)
        try:
            yield values
        finally:  # Also if no batch could be had: the steps before have been taken.
            for key, variable in variables.items():
                if values[key] is not before[key]:
                    variable.assign(values[key])


class CompiledStep:
    """A step as a function that is compiled, from values to those that it changes."""

    def __init__(self, step: Step) -> None:
        self._step = step
        self._function = _compiled(step.model, self._changes)

    def __call__(self, values: dict[int, Any], batches: Batches, fine: Any) -> Any:
        """Take the step, change the values by the ids of variables, and tell whether it is fine."""
        changes, fine = self._function([values[key] for key in self._used], batches, fine)
        values.update({self._used[index]: value for index, value in changes.items()})
        return fine

    @cached_property
    def _used(self) -> list[int]:
        """The ids of the variables, which are all there when the first step is taken."""
        return list(map(id, _variables(self._step.model, self._step)))

    def _changes(self, values: Values, batches: Batches, fine: Any) -> tuple[dict[int, Any], Any]:
        new, fine = _train(self._step, values, batches, fine)
        pairs = enumerate(zip(values, new, strict=True))
        return {index: value for index, (old, value) in pairs if value is not old}, fine


def _train(step: Step, values: Values, batches: Batches, fine: Any) -> tuple[Values, Any]:
    """One step; a boolean goes from step to step, and after a False nothing changes any more."""
    model = step.model
    variables = _variables(model, step)
    state = list(zip(variables, values, strict=True))

    def loss(trainable: Values) -> Any:
        own = list(zip(step.trainable_variables, trainable, strict=True))
        with keras.StatelessScope([*state, *own], collect_losses=True) as scope:
            total, scored = step.forward(batches, step.rows(batches))
            scaled = model.optimizer.scale_loss(total)
            changed = [scope.get_current_value(v) for v in step.changing_variables]
        return scaled, (total, changed, [tuple(one)[1:] for one in scored])

    before = dict(zip(map(id, variables), values, strict=True))
    trainable = [before[id(variable)] for variable in step.trainable_variables]
    (_, (total, changed, tensors)), gradients = jax.value_and_grad(loss, has_aux=True)(trainable)
    fine = fine & jnp.isfinite(total)
    if not step.skips_non_finite_gradients:
        fine = fine & jnp.isfinite(sum(map(jnp.sum, gradients)))
    after = {**before, **dict(zip(map(id, step.changing_variables), changed, strict=True))}
    after |= _applied(step, before, gradients, batches)
    with keras.StatelessScope([(v, after[id(v)]) for v in variables]) as scope:
        objectives = [model.objectives[task] for task in step.tasks]
        pairs = zip(objectives, tensors, strict=True)
        step.update([Scored(objective, *own) for objective, own in pairs], total)
        new = [scope.get_current_value(variable) for variable in variables]
    kept = [
        value if value is old else jnp.where(fine, value, old)
        for value, old in zip(new, values, strict=True)
    ]
    return kept, fine


def _applied(
    step: Step, before: Mapping[int, Any], gradients: Values, batches: Batches
) -> dict[int, Any]:
    """The values of variables and slots after the update, by the ids of the variables."""
    optimizer = step.model.optimizer
    known = step.optimizer.trainable
    by_variable = dict(zip(map(id, step.trainable_variables), gradients, strict=True))
    with step.optimizer.only(step.present(batches)):
        values, slots = optimizer.stateless_apply(
            [before[id(slot)] for slot in optimizer.variables],
            [by_variable.get(id(variable)) for variable in known],
            [before[id(variable)] for variable in known],
        )
    return {
        **dict(zip(map(id, known), values, strict=True)),
        **dict(zip(map(id, optimizer.variables), slots, strict=True)),
    }


def _score(step: Step, values: Values, batches: Batches) -> Values:
    variables = _variables(step.model, step)
    state = list(zip(variables, values, strict=True))
    with keras.StatelessScope(state, collect_losses=True) as scope:
        total, scored = step.forward(batches, step.rows(batches), training=False)
        step.update(scored, total, step.num_rows(batches))
        return [scope.get_current_value(variable) for variable in variables]


def _compiled(model: Any, function: Callable[..., Any]) -> Callable[..., Any]:
    if model.run_eagerly:
        return function
    # What is donated is gone: a variable that is not assigned to would hold a deleted array.
    return jax.jit(function)


def _variables(model: Any, step: Step) -> list[keras.Variable]:
    """All that a step reads or changes."""
    metrics = [v for task in step.tasks for v in model.objectives[task].variables]
    return [*model.variables, *model.optimizer.variables, *metrics, *model.mean_of_steps.variables]


def _values(variables: Sequence[keras.Variable]) -> Values:
    return [variable.value for variable in variables]


def _assign(variables: Sequence[keras.Variable], values: Values) -> None:
    for variable, value in zip(variables, values, strict=True):
        if value is not variable.value:
            variable.assign(value)
