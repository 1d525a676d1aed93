"""The logs that callbacks, the progress bar and the history receive."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from keras import ops

Results = Mapping[str, Mapping[str, Any]]
"""Values by task, and under "" those without the name of a task, see `TrainingState.grouped`."""


def flat(results: Results) -> dict[str, float]:
    """Return the values as numbers under the names of logs, such as `hair_accuracy`."""
    return {
        name: value
        for task, values in results.items()
        for name, value in of_task(task, values).items()
    }


def of_task(task: str, values: Mapping[str, Any]) -> dict[str, float]:
    """Return the values of a task as numbers, under the names of logs."""
    return {log_name(task, name): _number(value) for name, value in values.items()}


def log_name(task: str, name: str) -> str:
    """Return the name of a metric of a task in logs."""
    return f"{task}_{name}" if task else name


def step_logs(results: Results, trained: Collection[str]) -> dict[str, float]:
    """Return the logs in the middle of an epoch, of the tasks that had a step in it."""
    return flat({task: values for task, values in results.items() if not task or task in trained})


def epoch_logs(results: Results, trained: Collection[str]) -> dict[str, float]:
    """Return the logs of an epoch, always the same names: NaN for tasks without a step in it."""
    idle = {
        log_name(task, name): math.nan
        for task, values in results.items()
        if task and task not in trained
        for name in values
    }
    return {**flat(results), **idle}


def _number(value: Any) -> Any:
    array = ops.convert_to_numpy(value)
    return float(array) if array.ndim == 0 else array
