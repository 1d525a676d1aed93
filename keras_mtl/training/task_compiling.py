"""What `compile` says for each task: its loss, its metrics and its weight."""

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


def by_task(argument: str, given: Any, tasks: Sequence[str]) -> dict[str, Any]:
    """An argument of `compile` for each task that it is given for.

    A dict has the names of tasks as its keys; anything else is meant for all of them.

    Raises:
        TaskNotFound: The dict names a task that does not exist.
        ValueError: A list has a value for each task, but tasks have no order.
    """
    if given is None:
        return {}
    if _is_one_each(argument, given):
        raise ValueError(
            f"`{argument}` is a dict by task: a list does not tell what is for which of "
            f"{list(tasks)}. Received: {list(given)}."
        )
    if isinstance(given, Mapping):
        for name in given:
            check_task(name, tasks, where=f"`{argument}`")
        return {name: value for name, value in given.items() if value is not None}
    return dict.fromkeys(tasks, given)


def _is_one_each(argument: str, given: Any) -> bool:
    """Whether it is a list with a value for each task; one of metrics is meant for all tasks."""
    if not isinstance(given, list | tuple):
        return False
    return "metrics" not in argument or any(isinstance(one, list | tuple) for one in given)


def losses(
    given: Any, heads: Mapping[str, keras.Layer], known: Mapping[str, Any]
) -> dict[str, Any]:
    """The loss of each task: as given, as known from before, or that of its `Head`.

    Raises:
        MissingLoss: None of these is there.
    """
    found = {**known, **by_task("loss", given, list(heads))}
    for task, head in heads.items():
        if task not in found and not isinstance(head, Head):
            raise MissingLoss(
                f"The task {task!r} has no loss: its head is no `keras_mtl.Head`, which would know "
                f'one. Pass `loss={{"{task}": ...}}`.'
            )
    return {task: found.get(task) or _own(head).make_loss() for task, head in heads.items()}


def metrics(
    given: Any, heads: Mapping[str, keras.Layer], known: Mapping[str, Any]
) -> dict[str, Any]:
    """The metrics of each task: as given, as known from before, or those of its `Head`."""
    found = {**known, **by_task("metrics", given, list(heads))}
    own = {task: head for task, head in heads.items() if isinstance(head, Head)}
    default = {task: head.make_metrics() for task, head in own.items() if task not in found}
    return {**found, **default}


def knows_losses(heads: Mapping[str, keras.Layer]) -> bool:
    """Whether every head knows its loss."""
    return all(isinstance(head, Head) for head in heads.values())


def of_single(model: keras.Model, loss: Any = None) -> dict[str, Any]:
    """The loss and metrics with which a model of one task was compiled, fresh ones.

    Raises:
        MissingLoss: It was not compiled, and no loss is given.
    """
    if not model.compiled:
        if loss is None:
            raise MissingLoss(
                f"`{model.name}` is not compiled, so the loss of its task is not known. "
                "Pass `loss=`."
            )
        return {"loss": loss}
    arguments = fresh_arguments(model)
    kept = {key: arguments[key] for key in ("loss", "metrics", "weighted_metrics")}
    if isinstance(kept["loss"], list | tuple) and len(kept["loss"]) == 1:
        kept["loss"] = kept["loss"][0]
    if loss is not None:
        kept["loss"] = loss
    return {key: _only(value) for key, value in kept.items() if value is not None}


def without_optimizer(model: keras.Model) -> dict[str, dict[str, Any]]:
    """What a multi-task model was compiled with for each task."""
    arguments = compile_arguments(model)
    return {key: dict(arguments[key] or {}) for key in PER_TASK}


def common_settings(model: keras.Model) -> dict[str, Any]:
    """How the steps of a multi-task model run, as it was compiled."""
    arguments = compile_arguments(model)
    return {key: value for key, value in arguments.items() if key not in ("optimizer", *PER_TASK)}


def known_of_tails(known: Mapping[str, Any], heads: Mapping[str, keras.Layer]) -> dict[str, Any]:
    """What was compiled for the tasks whose heads, other than a `Head`, know nothing of it."""
    tails = [task for task, head in heads.items() if not isinstance(head, Head)]
    return {
        key: {task: by_task[task] for task in tails if task in by_task}
        for key, by_task in ((key, known.get(key) or {}) for key in PER_TASK)
    }


def fresh_metrics(known: Mapping[str, Any]) -> dict[str, Any]:
    """The same arguments of `compile`, with metrics that share no state with those given."""
    fresh = dict(known)
    for key in ("metrics", "weighted_metrics"):
        if fresh.get(key) is not None:
            fresh[key] = keras.tree.map_structure(fresh_metric, fresh[key])
    return fresh


def _own(head: keras.Layer) -> Head:
    assert isinstance(head, Head)
    return head


def _only(value: Any) -> Any:
    """Of a dict with one entry, the entry: a model with named outputs has the loss of one."""
    if isinstance(value, Mapping) and len(value) == 1:
        return next(iter(value.values()))
    return value
