"""Checks of the arguments of `compile`, before anything is compiled."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras_mtl.common.arguments import is_number, one_of, whole_number
from keras_mtl.common.near_misses import did_you_mean

CHOSEN_BY_SHAPE = ("accuracy", "acc", "crossentropy", "ce")
"""Names for which Keras chooses a loss or a metric by the shapes of the labels."""

SHORT = ("mse", "mae", "mape", "msle", "accuracy")
"""Names that are no names of `keras.losses` or `keras.metrics`."""


def checked_arguments(
    *,
    loss: Mapping[str, Any],
    loss_weights: Mapping[str, Any],
    metrics: Mapping[str, Any],
    weighted_metrics: Mapping[str, Any],
    run_eagerly: bool,
    steps_per_execution: int,
    jit_compile: bool | str,
    auto_scale_loss: bool,
) -> dict[str, Any]:
    """Return the arguments of `compile` for Keras, if `fit` can use them.

    The first four are dicts by task, the others as `compile` takes them.

    Raises:
        ValueError: With the argument, the task, what was given and what was expected.
    """
    for task, one in loss.items():
        check_loss(task, one)
    for task, weight in loss_weights.items():
        _check_weight(task, weight)
    for argument, by_task in (("metrics", metrics), ("weighted_metrics", weighted_metrics)):
        for task, own in by_task.items():
            for metric in _members(own):
                _check_metric(argument, task, metric)
    return {
        "loss": loss,
        "loss_weights": loss_weights or None,
        "metrics": metrics or None,
        "weighted_metrics": weighted_metrics or None,
        "run_eagerly": one_of("run_eagerly", run_eagerly, (True, False)),
        "steps_per_execution": whole_number("steps_per_execution", steps_per_execution),
        "jit_compile": one_of("jit_compile", jit_compile, (True, False, "auto")),
        "auto_scale_loss": one_of("auto_scale_loss", auto_scale_loss, (True, False)),
    }


def check_loss(task: str, loss: Any) -> None:
    """Refuse what is no loss of a task.

    Raises:
        ValueError: It is neither the name of a loss, nor a loss, a function or a list of one.
    """
    (one,) = loss if isinstance(loss, list | tuple) and len(loss) == 1 else (loss,)
    expected = "the name of a loss, a loss or a function"
    if isinstance(one, keras.Metric):
        raise ValueError(f"The `loss` of `{task}` is {expected}. Received a metric: {one!r}.")
    _check_known(f"The `loss` of `{task}`", one, expected, keras.losses, keras.losses.get)


def _check_metric(argument: str, task: str, metric: Any) -> None:
    subject, expected = f"A metric of `{task}` in `{argument}`", "a name, a metric or a function"
    _check_known(subject, metric, expected, keras.metrics, keras.metrics.get)


def _check_weight(task: str, weight: Any) -> None:
    # A variable may be given to change the weight while training.
    if isinstance(weight, keras.Variable) or keras.ops.is_tensor(weight):
        return
    value = weight.item() if isinstance(weight, np.ndarray) and weight.ndim == 0 else weight
    if not is_number(value):
        raise ValueError(
            f"The weight of `{task}` in `loss_weights` is a finite number. Received: {weight!r}."
        )


def _check_known(
    subject: str, value: Any, expected: str, public: Any, get: Callable[[Any], Any]
) -> None:
    if callable(value) or (isinstance(value, str) and value.lower() in CHOSEN_BY_SHAPE):
        return
    if not isinstance(value, str):  # A config, too: Keras takes the dict for one by outputs.
        raise ValueError(f"{subject} is {expected}. Received: {value!r}.")
    try:
        get(value)
    except ValueError as error:
        names = [name for name in vars(public) if not name.startswith("_")]
        raise ValueError(
            f"{subject} is {expected}. Received: {value!r}, which Keras does not know."
            f"{did_you_mean(value, [*SHORT, *names])}"
        ) from error


def _members(metrics: Any) -> Iterator[Any]:
    """Yield the metrics of a task, which may be one, or a list of lists."""
    if isinstance(metrics, list | tuple):
        for one in metrics:
            yield from _members(one)
    elif metrics is not None:
        yield metrics
