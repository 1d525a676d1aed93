"""One step on JAX, as a function from the values of all variables to their new values."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import jax
import keras
from jax import numpy as jnp

from keras_mtl.keras_private.optimizers import trained_variables
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.training.steps.applying import loss_scale, skips_non_finite_gradients
from keras_mtl.training.steps.forward import add_to_metrics, forward, scored_again
from keras_mtl.training.steps.labelled_rows import rows_by_task, tasks_present
from keras_mtl.training.steps.step import Batches, Step
from keras_mtl.training.steps.update_rules import Backward, StepLosses, StepPasses

Values = list[Any]
ById = dict[int, Any]
"""Values by the ids of their variables."""


def train(step: Step, values: Values, batches: Batches, finite: Any) -> tuple[Values, Any]:
    """Take one step.

    Args:
        step: The step.
        values: The values of `variables_of(step)`.
        batches: The batches of the step.
        finite: Whether the steps before were finite; if not, nothing changes.

    Returns:
        The new values, which are the old objects where nothing has changed, and whether this step
        was finite too.
    """
    variables = variables_of(step)
    before = dict(zip(map(id, variables), values, strict=True))
    # Keras assigns to variables; JAX needs functions from values to values. A `StatelessScope` runs
    # Keras's code on given values, and collects what it would have assigned.
    losses, backward, (changed, tensors) = _forward(step, variables, values, batches)
    gradients, noted = _gradients(
        step, list(zip(variables, values, strict=True)), losses, backward, batches
    )
    # A step after a refused one must not write over the notes of why that was refused.
    kept_anyway = dict.fromkeys(map(id, step.update_rule.flags), finite)
    if step.state.refuses_non_finite:
        finite = finite & _finite(step, losses.total, gradients)
    after = before | changed | noted | _applied(step, before, gradients, batches)
    with keras.StatelessScope([(v, after[id(v)]) for v in variables]) as scope:
        add_to_metrics(step, scored_again(step, tensors), losses.total)
        new = [scope.get_current_value(variable) for variable in variables]
    if not step.state.refuses_non_finite:
        return new, finite
    # The objects that did not change are returned as they are, so that the caller can tell; the
    # others are selected, because a compiled function cannot stop halfway.
    kept = [
        value if value is old else jnp.where(kept_anyway.get(id(variable), finite), value, old)
        for variable, value, old in zip(variables, new, values, strict=True)
    ]
    return kept, finite


def losses_and_rows(step: Step, values: Values, batches: Batches) -> tuple[Any, list[Any]]:
    """Return the losses of the tasks, and for each shared variable their gradients, one a row."""
    mapping = list(zip(variables_of(step), values, strict=True))
    shared = step.variables.shared

    def losses_of(trained: Values) -> Any:
        own = list(zip(shared, trained, strict=True))
        with keras.StatelessScope([*mapping, *own], collect_losses=True):
            losses, _ = forward(step, batches, rows_by_task(step, batches), training=False)
        return dict(losses.by_task)

    known = {id(variable): value for variable, value in mapping}
    trained = [known[id(variable)] for variable in shared]
    losses, linear = jax.linearize(losses_of, trained)
    found = []
    for task in step.tasks:  # JAX has sorted the names of `losses`.
        pull_back = jax.linear_transpose(lambda one, task=task: linear(one)[task], trained)
        (gradients,) = pull_back(jnp.ones_like(losses[task]))
        found.append([jnp.ravel(one) for one in gradients])
    return losses, [jnp.stack(own) for own in zip(*found, strict=True)]


def variables_of(step: Step) -> list[keras.Variable]:
    """Return all variables that a step reads or changes."""
    state = step.state
    objectives = [state.objectives[task] for task in step.tasks]
    metrics = [v for objective in objectives for v in objective.variables]
    # A weight that is a variable may change while training; as a constant it would not.
    given = [one.weight for one in objectives if isinstance(one.weight, keras.Variable)]
    weights = {id(variable): variable for variable in given}  # Tasks may share one.
    model = state.model
    return [
        *model.variables,
        *model.optimizer.variables,
        *metrics,
        *weights.values(),
        *state.mean_of_steps.variables,
        *state.update_rule.variables,
        *state.update_rule.flags,
    ]


def _forward(
    step: Step, variables: Sequence[keras.Variable], values: Values, batches: Batches
) -> tuple[StepLosses, Backward, tuple[ById, list[tuple[Any, ...]]]]:
    """Compute the losses; return them, their backward pass, and what else has come of it.

    That is the values of the variables that the call has changed, and what the metrics need.
    """
    mapping = list(zip(variables, values, strict=True))

    def losses_of(trained: Values) -> Any:
        own = list(zip(step.variables.all, trained, strict=True))
        with keras.StatelessScope([*mapping, *own], collect_losses=True) as scope:
            losses, scored = forward(step, batches, rows_by_task(step, batches))
            changed = {id(v): scope.get_current_value(v) for v in step.changing_variables}
        as_arrays = jax.tree.map(jnp.asarray, (dict(losses.by_task), losses.rest))
        return as_arrays, (changed, [one.tensors for one in scored])

    known = dict(zip(map(id, variables), values, strict=True))
    trained = [known[id(variable)] for variable in step.variables.all]
    pull_back: Callable[..., Any]
    if step.update_rule.several_passes:
        (by_task, rest), linear, others = jax.linearize(losses_of, trained, has_aux=True)
        pull_back = partial(_transposed, linear, trained)
    else:
        (by_task, rest), pull_back, others = jax.vjp(losses_of, trained, has_aux=True)
    losses = StepLosses(by_task, rest)
    return losses, _backward(step, losses, pull_back), others


def _transposed(linear: Callable[[Values], Any], trained: Values, seeds: Any) -> tuple[Values]:
    """Return the gradients of the losses that have a seed; the other losses cost nothing.

    The function that `jax.vjp` returns would go back through all losses, with zeros.
    """
    weights, rest = seeds

    def chosen(tangents: Values) -> Any:
        by_task, of_rest = linear(tangents)
        return {task: by_task[task] for task in weights}, None if rest is None else of_rest

    gradients: tuple[Values] = jax.linear_transpose(chosen, trained)(seeds)
    return gradients


def _gradients(
    step: Step, mapping: Any, losses: StepLosses, backward: Backward, batches: Batches
) -> tuple[list[Any], ById]:
    """Return the gradients of the update, and what the rule has noted, by ids of variables."""
    rule = step.update_rule
    with keras.StatelessScope(mapping) as scope:  # The scale of losses may be a variable, too.
        present, scale = tasks_present(step, batches), loss_scale(step, 1.0)
        gradients = rule.gradients(StepPasses(losses, backward, step.variables, present, scale))
        return gradients, {
            id(variable): scope.get_current_value(variable)
            for variable in (*rule.variables, *rule.flags)
        }


def _backward(step: Step, losses: StepLosses, pull_back: Callable[..., Any]) -> Backward:
    """Return the backward pass of the losses, which are scaled on the way."""

    def seed(weight: Any, loss: Any) -> Any:
        return jnp.asarray(loss_scale(step, weight), loss.dtype)

    def backward(weights: StepLosses) -> list[Any]:
        by_task = {task: seed(w, losses.by_task[task]) for task, w in weights.by_task.items()}
        rest = None if weights.rest is None else seed(weights.rest, losses.rest)
        (gradients,) = pull_back((by_task, rest))
        return list(gradients)

    return backward


def _finite(step: Step, total: Any, gradients: Sequence[Any]) -> Any:
    """Return whether loss and gradients are finite; a NaN in a gradient makes its sum NaN."""
    found = [gradient for gradient in gradients if gradient is not None]
    if skips_non_finite_gradients(step) or not found:
        return jnp.isfinite(total)
    return jnp.isfinite(total) & jnp.isfinite(sum(map(jnp.sum, found)))


def _applied(
    step: Step, before: Mapping[int, Any], gradients: Sequence[Any], batches: Batches
) -> ById:
    """Return the values of variables and slots after the update, by the ids of the variables."""
    optimizer = step.state.model.optimizer
    known = trained_variables(inner_optimizer(optimizer))
    by_variable = dict(zip(map(id, step.variables.all), gradients, strict=True))
    with step.state.updating(tasks_present(step, batches)):
        values, slots = optimizer.stateless_apply(
            [before[id(slot)] for slot in optimizer.variables],
            # Keras wants one gradient for each variable that the optimizer knows; None for those
            # that this step does not train.
            [by_variable.get(id(variable)) for variable in known],
            [before[id(variable)] for variable in known],
        )
    return dict(zip(map(id, [*known, *optimizer.variables]), [*values, *slots], strict=True))
