"""Steps on JAX: a compiled function for each kind of step, from values to values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import keras
from jax import numpy as jnp

from keras_mtl.multitask.data.base import TaskData
from keras_mtl.multitask.steps.blocks import Block, Outcome, Runner, StepByStep
from keras_mtl.multitask.steps.forward import Batches, Scored, Step

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


class JaxSteps(StepByStep):
    """Takes the steps of a block one after the other, and waits for them at its end only."""

    def run(self, block: Block) -> Outcome:
        """Take the steps of a block."""
        fine = jnp.array(True)
        flags = []
        for kind in block.kinds:
            batches = self.batches(kind)
            if self.steps[kind].has_labels(batches):
                fine = self._train(kind, batches, fine)
            flags.append(fine)
        failed = [index for index, flag in enumerate(flags) if not flag]
        taken = failed[0] + 1 if failed else len(flags)
        return Outcome(taken, not failed, self.model.training_results())

    def take(self, kind: int, batches: Batches) -> bool:
        """Take one step."""
        return bool(self._train(kind, batches, jnp.array(True)))

    def _train(self, kind: int, batches: Batches, fine: Any) -> Any:
        step = self.steps[kind]
        step.build(batches)
        compiled = self.model.compiled_function(
            f"step {step.key}",
            lambda: _compiled(self.model, partial(_train, step)),
        )
        variables = _variables(self.model, step)
        values, fine = compiled(_values(variables), batches, fine)
        _assign(variables, values)
        return fine


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
