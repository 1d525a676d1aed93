"""From a batch to the losses of a step: the same on every backend."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_mtl.keras_private.compiled import scale_loss_for_distribution
from keras_mtl.keras_private.layers import added_losses, sublayers
from keras_mtl.training.objective import Objective
from keras_mtl.training.rows import Rows, with_real_steps
from keras_mtl.training.steps.labelled_rows import tasks_present
from keras_mtl.training.steps.step import Batches, Step, changing_variables
from keras_mtl.training.steps.update_rules import StepLosses


class Scored(NamedTuple):
    """What a step has computed for one task, all of it tensors but the first."""

    objective: Objective
    y: Any
    y_pred: Any
    loss: Any
    rows: Rows

    @property
    def tensors(self) -> tuple[Any, ...]:
        """What a compiled function may return."""
        return self[1:]


def scored_again(step: Step, tensors: Sequence[tuple[Any, ...]]) -> list[Scored]:
    """Return the `Scored` of each task of a step that these tensors were taken from."""
    objectives = (step.state.objectives[task] for task in step.tasks)
    return [Scored(objective, *own) for objective, own in zip(objectives, tensors, strict=True)]


def forward(
    step: Step,
    batches: Batches,
    rows: Mapping[str, Rows],
    *,
    training: bool = True,
    present: Mapping[str, Any] | None = None,
) -> tuple[StepLosses, list[Scored]]:
    """Compute the losses of a step.

    Args:
        step: The step.
        batches: Its batches by the names of the data sets.
        rows: The weights and masks of the rows, by task.
        training: Whether layers run in training mode.
        present: What `tasks_present` returns for the batches of all replicas, where `batches` are
            those of one of them.

    Returns:
        The losses, and for each task what `add_to_metrics` takes.
    """
    run = _one_call if step.joint_data and len(step.tasks) > 1 else _call_by_task
    if not training:
        return run(step, batches, rows, training)
    with _absent_heads_kept(step, tasks_present(step, batches) if present is None else present):
        return run(step, batches, rows, training)


def add_to_metrics(step: Step, scored: Sequence[Scored], total: Any, weight: Any = None) -> None:
    """Add a batch to the metrics, and the loss of the step to the mean over the steps.

    Args:
        step: The step.
        scored: What `forward` has computed for each task.
        total: The sum of the losses of the step.
        weight: How much `total` counts; by default as the state says.
    """
    for task in scored:
        task.objective.update(task.y, task.y_pred, task.loss, task.rows)
    if weight is None:
        weight = step.state.step_weight(ops.shape(scored[0].y_pred)[0])
    step.state.mean_of_steps.update_state(total, weight)


def _call_by_task(
    step: Step, batches: Batches, rows: Mapping[str, Rows], training: bool
) -> tuple[StepLosses, list[Scored]]:
    """Call the trunk and the head of each task on its own batch."""
    rest = _weight_losses(step)
    scored = []
    for task in step.tasks:
        batch = batches[step.feed_of(task)]
        graph = step.state.graphs.of_task(task)
        (y_pred,) = keras.tree.flatten(graph(batch.x, training=training))
        y = batch.y[task] if step.joint_data else batch.y
        scored.append(_score(step, task, y, y_pred, rows[task]))
        # Read now, because the next call of the trunk replaces the losses that its layers added.
        rest = rest + _activity_losses(graph)
    return _losses(step, scored, rest), scored


def _one_call(
    step: Step, batches: Batches, rows: Mapping[str, Rows], training: bool
) -> tuple[StepLosses, list[Scored]]:
    """Call the trunk and all heads once, on rows that have the labels of all tasks."""
    (batch,) = (batches[name] for name in step.feeds)
    graph = step.state.graphs.of_tasks(step.tasks)
    outputs = graph(batch.x, training=training)
    scored = [_score(step, task, batch.y[task], outputs[task], rows[task]) for task in step.tasks]
    return _losses(step, scored, _activity_losses(graph) + _weight_losses(step)), scored


def _score(step: Step, task: str, y: Any, y_pred: Any, rows: Rows) -> Scored:
    objective = step.state.objectives[task]
    rows = with_real_steps(rows, y_pred)
    return Scored(objective, y, y_pred, objective.loss(y, y_pred, rows), rows)


def _losses(step: Step, scored: Sequence[Scored], rest: Any) -> StepLosses:
    weighted = (
        one.loss if one.objective.weight is None else one.loss * one.objective.weight
        for one in scored
    )
    return StepLosses(dict(zip(step.tasks, weighted, strict=True)), rest)


def _weight_losses(step: Step) -> Any:
    """Return the regularisation of the variables that the step trains, each counted once."""
    regularised = (v for v in step.variables.all if v.regularizer is not None)
    return _summed(variable.regularizer(variable) for variable in regularised)


def _activity_losses(model: keras.Model) -> Any:
    """Return what layers have added to the loss in the last call."""
    return _summed(loss for layer in sublayers(model) for loss in added_losses(layer))


def _summed(losses: Iterable[Any]) -> Any:
    # Every replica adds the same regularisation, and gradients are summed over the replicas: Keras
    # divides by their number here, as it does in its own `fit`.
    # In the dtype of losses: that of a variable or an activity may be another.
    summed = (ops.cast(ops.sum(loss), keras.config.floatx()) for loss in losses)
    return sum(map(scale_loss_for_distribution, summed), 0.0)


@contextmanager
def _absent_heads_kept(step: Step, present: Mapping[str, Any]) -> Iterator[None]:
    """Put back what a call changes in the heads of tasks without a label in a joint step."""
    heads = {task: changing_variables(step.state.graphs.layers_of(task)) for task in present}
    before = {task: [ops.copy(v.value) for v in own] for task, own in heads.items()}
    # In a joint step the heads of all tasks are called on all rows. By `where` and not by a branch:
    # whether a task has a label is known only when the compiled step runs.
    yield
    for task, there in present.items():
        for variable, value in zip(heads[task], before[task], strict=True):
            variable.assign(ops.where(there, variable.value, value))
