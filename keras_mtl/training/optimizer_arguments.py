"""The `optimizer` argument of `compile` as a single `TaskOptimizer`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.training.task_optimizer import TaskOptimizer

ONE_OR_DICT = "an optimizer, or a dict with one for the trunk and for each task"


def task_optimizer(optimizer: Any, tasks: Sequence[str]) -> keras.optimizers.Optimizer:
    """Return a `TaskOptimizer` for the argument of `compile`.

    A `LossScaleOptimizer` stays around it.

    Raises:
        ValueError: A dict names a part that does not exist, or leaves one out; something is no
            optimizer.
    """
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return scaled_like(optimizer, task_optimizer(optimizer.inner_optimizer, tasks))
    if isinstance(optimizer, TaskOptimizer):
        return optimizer.copy()
    if isinstance(optimizer, Mapping):
        return TaskOptimizer(optimizers=_by_part(optimizer, tasks))
    return TaskOptimizer(known_optimizer("`optimizer`", optimizer, ONE_OR_DICT))


def optimizer_for_tasks(
    optimizer: keras.optimizers.Optimizer, tasks: Sequence[str]
) -> keras.optimizers.Optimizer:
    """Return an optimizer of the same settings for other tasks, without state.

    Args:
        optimizer: The optimizer of a compiled multi-task model.
        tasks: The names of the tasks.
    """
    inner: TaskOptimizer = inner_optimizer(optimizer)
    fresh = inner.for_tasks(tasks)
    return fresh if inner is optimizer else scaled_like(optimizer, fresh)


def scaled_like(
    optimizer: keras.optimizers.Optimizer, inner: keras.optimizers.Optimizer
) -> keras.optimizers.Optimizer:
    """Return another optimizer with the same scaling of the loss."""
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
    return {
        name: known_optimizer(f"`optimizer` of `{name}`", optimizers[name], ONE_OR_DICT)
        for name in expected
    }


def known_optimizer(subject: str, optimizer: Any, expected: str) -> keras.optimizers.Optimizer:
    """Return an optimizer that is given by its name, or as one.

    Args:
        subject: What messages call it.
        optimizer: What was given.
        expected: What it may be besides a name, for messages.

    Raises:
        ValueError: It is something else; near names are suggested.
    """
    if isinstance(optimizer, keras.optimizers.Optimizer):
        return optimizer
    try:
        if isinstance(optimizer, str):
            return keras.optimizers.get(optimizer)
    except ValueError as error:
        names = [*vars(keras.optimizers), *map(str.lower, vars(keras.optimizers))]
        raise ValueError(
            f"{subject} is the name of an optimizer, or an optimizer. Received: {optimizer!r}, "
            f"which Keras does not know.{did_you_mean(optimizer, names)}"
        ) from error
    raise ValueError(f"{subject} is the name of an optimizer, {expected}. Received: {optimizer!r}.")
