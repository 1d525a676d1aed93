"""One step on TensorFlow, on as many replicas as the strategy has."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

import tensorflow as tf

from keras_mtl.training.distribution.replicas import (
    num_replicas,
    summed,
    sums_over_replicas,
    true_everywhere,
)
from keras_mtl.training.distribution.sharding import shards
from keras_mtl.training.distribution.totals import Totals, totals_of
from keras_mtl.training.steps.applying import apply, loss_scale, skips_non_finite_gradients
from keras_mtl.training.steps.forward import Scored, add_to_metrics, forward, scored_again
from keras_mtl.training.steps.labelled_rows import rows_by_task
from keras_mtl.training.steps.step import Batches, Step
from keras_mtl.training.steps.task_gradients import TaskGradients, task_gradients
from keras_mtl.training.steps.update_rules import StepLosses, StepPasses


def train(step: Step, batches: Batches) -> Any:
    """Take one step; inside a `tf.function`, outside of replicas.

    A batch without any label changes nothing, nor does a step whose loss is not finite.

    Returns:
        A boolean scalar: whether the loss was finite.
    """
    strategy = tf.distribute.get_strategy()
    replicas = num_replicas()
    totals = totals_of(step, batches)
    if not step.state.refuses_non_finite:
        strategy.run(partial(_train_anyhow, step, batches, totals, replicas))
        return tf.constant(True)
    # Statistics and seeds change in the forward pass, before it is known whether the loss is
    # finite.
    undone = [*step.changing_variables, *step.update_rule.variables]
    before = [tf.identity(variable.value) for variable in undone]
    # Positions of the variables that have a gradient. A list filled while `compute` is traced,
    # because `strategy.run` returns tensors only, and `accepted` is traced after it.
    connected: list[int] = []

    def compute() -> Any:
        finite, total, gradients, tensors = _losses_and_gradients(step, batches, totals, replicas)
        connected[:] = gradients
        return finite, total, list(gradients.values()), tensors

    def accepted(finite: Any, total: Any, gradients: Any, tensors: Any) -> None:
        del finite
        variables = [step.variables.all[index] for index in connected]
        _update(step, totals, summed(step.state.part_optimizer, gradients, replicas), variables)
        _add_to_metrics(step, scored_again(step, tensors), total, totals, replicas)

    # In two parts, because whether to undo a step is decided between them, outside of the replicas:
    # applying gradients makes replicas wait for each other (`merge_call`), which TensorFlow refuses
    # inside a `tf.cond` that a replica runs.
    computed = strategy.run(compute)

    def accept() -> Any:
        strategy.run(accepted, args=computed)
        return tf.constant(True)

    def undo() -> Any:
        for variable, value in zip(undone, before, strict=True):
            variable.assign(value)
        return tf.constant(False)

    finite = true_everywhere(computed[0])
    labelled = totals.labelled(step)
    # A batch without labels is computed for nothing: a second `tf.cond` would cost every step time.
    return tf.cond(finite & labelled, accept, undo) | ~labelled


def score(step: Step, batches: Batches) -> None:
    """Add a batch to the metrics, in inference mode; inside a `tf.function`."""
    replicas = num_replicas()
    totals = totals_of(step, batches)

    def compute() -> None:
        own_batches, rows = shards(step, batches, totals, replicas)
        losses, scored = forward(step, own_batches, rows, training=False)
        total = tf.convert_to_tensor(losses.total)
        add_to_metrics(step, scored, total * replicas, totals.rows[step.feeds[0]])

    tf.distribute.get_strategy().run(compute)


def measured_gradients(step: Step, batches: Batches) -> TaskGradients:
    """Return the losses and gradients of the tasks, in inference mode; run eagerly."""
    with tf.GradientTape(persistent=True) as tape:
        losses, _ = forward(step, batches, rows_by_task(step, batches), training=False)
    backward = _backward(step, tape, losses)
    return task_gradients(losses, backward, step.variables.shared, loss_scale(step, 1.0))


def _train_anyhow(step: Step, batches: Batches, totals: Totals, replicas: int) -> None:
    """Take a step of one replica, whatever its loss is."""
    _, total, found, tensors = _losses_and_gradients(step, batches, totals, replicas)
    variables = [step.variables.all[index] for index in found]
    gradients = list(found.values())
    _update(step, totals, summed(step.state.part_optimizer, gradients, replicas), variables)
    _add_to_metrics(step, scored_again(step, tensors), total, totals, replicas)


def _update(step: Step, totals: Totals, gradients: Sequence[Any], variables: Sequence[Any]) -> None:
    apply(step, totals.present(step), gradients, variables)


def _add_to_metrics(
    step: Step, scored: Sequence[Scored], total: Any, totals: Totals, replicas: int
) -> None:
    """Add the loss of a replica, a part of the loss of the batch: Keras has divided it."""
    if replicas == 1:
        add_to_metrics(step, scored, total)
        return
    # Without the padding of replicas.
    rows = tf.cast(totals.rows[step.feeds[0]], total.dtype)
    weight = step.state.step_weight(rows / replicas)
    add_to_metrics(step, scored, total * replicas, 1.0 if weight is None else weight)


def _losses_and_gradients(
    step: Step, batches: Batches, totals: Totals, replicas: int
) -> tuple[Any, Any, dict[int, Any], list[tuple[Any, ...]]]:
    """Run a step of one replica forward and backward.

    Returns:
        Whether the step is finite, its loss, the gradients by the positions of their variables,
        and what the metrics need of each task.
    """
    own_batches, rows = shards(step, batches, totals, replicas)
    present = totals.present(step)
    with tf.GradientTape(persistent=step.update_rule.several_passes) as tape:
        losses, scored = forward(step, own_batches, rows, present=present)
    passes = StepPasses(
        losses,
        _backward(step, tape, losses),
        step.variables,
        present,
        loss_scale(step, 1.0),
        replicas,
        sums_over_replicas,
    )
    gradients = step.update_rule.gradients(passes)
    found = {index: one for index, one in enumerate(gradients) if one is not None}
    total = tf.convert_to_tensor(losses.total)
    finite = _finite(step, total, list(found.values()))
    return finite, total, found, [one.tensors for one in scored]


def _backward(step: Step, tape: tf.GradientTape, losses: StepLosses) -> Any:
    """Return the backward pass of the losses, which are scaled on the way."""
    targets = {task: tf.convert_to_tensor(loss) for task, loss in losses.by_task.items()}
    rest = tf.convert_to_tensor(losses.rest)
    sources = [variable.value for variable in step.variables.all]

    def backward(weights: StepLosses) -> list[Any]:
        pairs = [(targets[task], weight) for task, weight in weights.by_task.items()]
        pairs += [] if weights.rest is None else [(rest, weights.rest)]
        seeds = [tf.cast(loss_scale(step, weight), target.dtype) for target, weight in pairs]
        flat = [target for target, _ in pairs]
        gradients: list[Any] = tape.gradient(flat, sources, output_gradients=seeds)
        return gradients

    return backward


def _finite(step: Step, total: Any, gradients: Sequence[Any]) -> Any:
    """Return whether loss and gradients are finite; a NaN in a gradient makes its sum NaN."""
    if skips_non_finite_gradients(step) or not gradients:
        return tf.math.is_finite(total)
    values = [one.values if isinstance(one, tf.IndexedSlices) else one for one in gradients]
    whole = tf.add_n([tf.cast(tf.reduce_sum(one), total.dtype) for one in values])
    return tf.math.is_finite(total) & tf.math.is_finite(whole)
