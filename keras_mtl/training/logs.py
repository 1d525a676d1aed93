"""What callbacks, the progress bar and the history are told."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from keras import ops

Results = Mapping[str, Mapping[str, Any]]
"""By task the values of its loss and metrics; under "" those of all."""


def flat(results: Results) -> dict[str, float]:
    """The values as numbers under the names of logs, such as `hair_accuracy`."""
    return {
        name: value
        for task, values in results.items()
        for name, value in of_task(task, values).items()
    }


def of_task(task: str, values: Mapping[str, Any]) -> dict[str, float]:
    """The values of a task as numbers, under the names of logs."""
    prefix = f"{task}_" if task else ""
    return {f"{prefix}{name}": _number(value) for name, value in values.items()}


def step_logs(results: Results, trained: Collection[str]) -> dict[str, float]:
    """The logs in the middle of an epoch: of the tasks that had a step in it."""
    return flat({task: values for task, values in results.items() if not task or task in trained})


def epoch_logs(results: Results, trained: Collection[str]) -> dict[str, float]:
    """The logs of an epoch, always the same names: NaN for the tasks that had no step in it."""
    idle = {
        name: math.nan
        for task, values in results.items()
        if task and task not in trained
        for name in of_task(task, values)
    }
    return {**flat(results), **idle}


def _number(value: Any) -> Any:
    array = ops.convert_to_numpy(value)
    return float(array) if array.ndim == 0 else array
