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


class EpochLogs:
    """The logs of the epochs of a run, always of the same names.

    Attributes:
        last: By task its logs of the last epoch in which it had a step; a backup holds them.
    """

    def __init__(self) -> None:
        self.last: dict[str, dict[str, float]] = {}

    def of_epoch(
        self, results: Results, trained: Collection[str], stopped: Collection[str]
    ) -> dict[str, float]:
        """Return the logs of an epoch.

        A task that had no step in it has its last values if it was stopped, and NaN if it waits.

        Args:
            results: The values of the metrics.
            trained: The tasks that had a step in this epoch.
            stopped: The tasks that train no more.
        """
        logs: dict[str, float] = {}
        for task, values in results.items():
            own = of_task(task, values)
            if task in trained:
                self.last[task] = own
            elif task:
                last = self.last.get(task, {}) if task in stopped else {}
                own = {name: last.get(name, math.nan) for name in own}
            logs |= own
        return logs


def _number(value: Any) -> Any:
    array = ops.convert_to_numpy(value)
    return float(array) if array.ndim == 0 else array
