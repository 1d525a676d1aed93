"""The arguments of `compile` for each task: its loss, its metrics and the weight of its loss."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.errors import MissingLoss
from keras_mtl.heads.head import Head
from keras_mtl.heads.task_names import check_task
from keras_mtl.keras_private.compiled import compile_arguments
from keras_mtl.surgery.fresh_compile import fresh_arguments, fresh_metric

PER_TASK = ("loss", "loss_weights", "metrics", "weighted_metrics")
TaskArguments = dict[str, dict[str, Any]]
"""The arguments of `compile` that are in `PER_TASK`, each a dict by task."""


def for_each_task(argument: str, given: Any, tasks: Sequence[str]) -> dict[str, Any]:
    """Return the values of an argument of `compile` by task.

    Args:
        argument: The name of the argument.
        given: A dict by task, or anything else for all tasks.
        tasks: The names of all tasks.

    Raises:
        TaskNotFound: The dict names a task that does not exist.
        ValueError: A list has a value for each task, but tasks have no order.
    """
    if given is None:
        return {}
    if _has_entry_per_task(argument, given):
        raise ValueError(
            f"`{argument}` is a dict by task: a list does not tell what is for which of "
            f"{list(tasks)}. Received: {list(given)}."
        )
    if isinstance(given, Mapping):
        for name in given:
            check_task(name, tasks, where=f"`{argument}`")
        return {name: value for name, value in given.items() if value is not None}
    return dict.fromkeys(tasks, given)


def completed(
    given: tuple[Any, Any, Any, Any], heads: Mapping[str, keras.Layer], before: Mapping[str, Any]
) -> TaskArguments:
    """Return the arguments in `PER_TASK` by task, with what heads know of themselves.

    Args:
        given: The arguments as `compile` was given them.
        heads: The head of each task.
        before: The arguments by task from before, which heads that are no `Head` keep.

    Raises:
        TaskNotFound: An argument names a task that does not exist.
        MissingLoss: A task has no loss.
        ValueError: A list has a value for each task.
    """
    known = with_fresh_metrics(of_plain_heads(before, heads))
    loss, loss_weights, of_metrics, weighted_metrics = given
    weighted = for_each_task("weighted_metrics", weighted_metrics, list(heads))
    return {
        "loss": losses(loss, heads, known["loss"]),
        "loss_weights": for_each_task("loss_weights", loss_weights, list(heads)),
        "metrics": metrics(of_metrics, heads, known["metrics"]),
        "weighted_metrics": {**known["weighted_metrics"], **weighted},
    }


def losses(
    given: Any, heads: Mapping[str, keras.Layer], known: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the loss of each task: as given, as known from before, or the loss of its `Head`.

    Raises:
        MissingLoss: A task has none of these.
    """
    found = {**known, **for_each_task("loss", given, list(heads))}
    for task, head in heads.items():
        if task not in found and not isinstance(head, Head):
            raise MissingLoss(
                f"The task {task!r} has no loss: its head is no `keras_mtl.Head`, which would know "
                f'one. Pass `loss={{"{task}": ...}}`.'
            )
    default = {task: head.make_loss() for task, head in _own_heads(heads).items()}
    return {task: found[task] if task in found else default[task] for task in heads}


def metrics(
    given: Any, heads: Mapping[str, keras.Layer], known: Mapping[str, Any]
) -> dict[str, Any]:
    """Return the metrics of each task: as given, as known from before, or those of its `Head`."""
    found = {**known, **for_each_task("metrics", given, list(heads))}
    own = _own_heads(heads)
    return found | {task: own[task].make_metrics() for task in own if task not in found}


def know_losses(heads: Mapping[str, keras.Layer]) -> bool:
    """Return whether every head knows its loss."""
    return len(_own_heads(heads)) == len(heads)


def copied_arguments(model: keras.Model, loss: Any = None) -> dict[str, Any]:
    """Return the loss and metrics that a model of one task was compiled with, as fresh copies.

    Args:
        model: A model with one output.
        loss: The loss to use instead of the one of the model.

    Raises:
        MissingLoss: The model is not compiled, and no loss is given.
    """
    if not model.compiled:
        if loss is None:
            raise MissingLoss(
                f"`{model.name}` is not compiled, so the loss of its task is not known. "
                "Pass `loss=`."
            )
        return {"loss": loss}
    arguments = fresh_arguments(model)
    found = {key: _of_only_output(key, arguments[key]) for key in PER_TASK}
    del found["loss_weights"]  # A weight of the only loss says nothing about several tasks.
    if loss is not None:
        found["loss"] = loss
    return {key: value for key, value in found.items() if value is not None}


def arguments_of_one_task(model: keras.Model, task: str) -> TaskArguments:
    """Return what a model of one task was compiled with; its metrics are not copied."""
    arguments = compile_arguments(model)
    values = {key: _of_only_output(key, arguments[key]) for key in PER_TASK}
    return {key: {} if value is None else {task: value} for key, value in values.items()}


def arguments_by_task(model: keras.Model) -> TaskArguments:
    """Return what a model of several tasks was compiled with."""
    arguments = compile_arguments(model)
    return {key: dict(arguments[key] or {}) for key in PER_TASK}


def common_arguments(model: keras.Model) -> dict[str, Any]:
    """Return the arguments of `compile` that hold for all tasks, without the optimizer."""
    arguments = compile_arguments(model)
    return {key: value for key, value in arguments.items() if key not in ("optimizer", *PER_TASK)}


def of_plain_heads(known: Mapping[str, Any], heads: Mapping[str, keras.Layer]) -> TaskArguments:
    """Return the arguments of the tasks whose head is no `Head` and knows no loss by itself."""
    own = _own_heads(heads)
    plain = [task for task in heads if task not in own]
    given = {key: known.get(key) or {} for key in PER_TASK}
    return {
        key: {task: values[task] for task in plain if task in values}
        for key, values in given.items()
    }


def with_fresh_metrics(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return the same arguments of `compile`, with metrics that share no state with these."""
    fresh = dict(arguments)
    for key in ("metrics", "weighted_metrics"):
        if fresh.get(key) is not None:
            fresh[key] = keras.tree.map_structure(fresh_metric, fresh[key])
    return fresh


def _own_heads(heads: Mapping[str, keras.Layer]) -> dict[str, Head]:
    return {task: head for task, head in heads.items() if isinstance(head, Head)}


def _has_entry_per_task(argument: str, given: Any) -> bool:
    """Return whether it is a list with an entry for each task; metrics may be a list for all."""
    if not isinstance(given, list | tuple):
        return False
    return "metrics" not in argument or any(isinstance(one, list | tuple) for one in given)


def _of_only_output(argument: str, value: Any) -> Any:
    """Return an argument of a model with one output without the dict or list by output."""
    if isinstance(value, Mapping) and len(value) == 1:
        return next(iter(value.values()))
    if _has_entry_per_task(argument, value) and len(value) == 1:
        return value[0]
    return value
