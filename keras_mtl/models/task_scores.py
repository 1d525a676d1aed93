"""The loss and metrics of several tasks, compared with other models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np

from keras_mtl.common.records import Records


class TaskScores(dict[str, float]):
    """What `MultiTaskModel.evaluate` returns: a dict as Keras's, such as `hair_accuracy`.

    Attributes:
        by_task: The values by task and metric; `scores["hair"]` is `scores.by_task["hair"]`.
        changes: By task and metric the relative change against the baseline, positive where this
            model is better; empty without baselines.
        noise: By task and metric half of the width of the 95% interval of the change, which the
            choice of the rows accounts for; infinite where the rows do not tell.

    Example:
        >>> from keras_mtl.models.task_scores import TaskScores
        >>> values, changes = {"hair": {"accuracy": 0.9}}, {"hair": {"accuracy": -0.1}}
        >>> scores = TaskScores(values, changes, noise={"hair": {"accuracy": 0.02}})
        >>> scores["hair_accuracy"], scores["hair"], scores.negative_transfer
        (0.9, {'accuracy': 0.9}, ['hair'])
    """

    def __init__(
        self,
        by_task: Mapping[str, Mapping[str, float]],
        changes: Mapping[str, Mapping[str, float]] | None = None,
        loss: float | None = None,
        noise: Mapping[str, Mapping[str, float]] | None = None,
    ) -> None:
        flat = {f"{task}_{name}": v for task, own in by_task.items() for name, v in own.items()}
        super().__init__(flat if loss is None else {"loss": loss, **flat})
        self.by_task = {task: dict(own) for task, own in by_task.items()}
        self.changes = {task: dict(own) for task, own in (changes or {}).items()}
        self.noise = {task: dict(own) for task, own in (noise or {}).items()}

    @property
    def negative_transfer(self) -> list[str]:
        """The tasks at which the model is worse than the baseline beyond the noise of the rows.

        The mean of the changes of a task decides; the loss counts only where there is no metric.
        """
        return [task for task in self._worse if self._mean_change(task) + self._reach(task) < 0]

    @property
    def perhaps_worse(self) -> list[str]:
        """The tasks at which the model is worse, but not beyond the noise of the rows."""
        negative = self.negative_transfer
        return [task for task in self._worse if task not in negative]

    @property
    def _worse(self) -> list[str]:
        return [task for task in self.changes if self._mean_change(task) < 0]

    def _mean_change(self, task: str) -> float:
        return _mean(self.changes[task])

    def _reach(self, task: str) -> float:
        """Return the noise of the mean change, as if its parts had it all together."""
        noise = self.noise.get(task, {})
        return _mean({name: noise.get(name, 0.0) for name in self.changes[task]})

    def __missing__(self, task: str) -> dict[str, float]:
        if task in self.by_task:
            return self.by_task[task]
        raise KeyError(task)

    def to_frame(self) -> Any:
        """Return a `pandas.DataFrame` with a row for each task and metric.

        Raises:
            MissingExtra: pandas is not installed.
        """
        return self._table().to_frame()

    def __str__(self) -> str:
        return repr(self._table())

    def _repr_html_(self) -> str:
        """Return the table as notebooks show it."""
        return self._table()._repr_html_()

    def _table(self) -> ScoreTable:
        rows = [
            TaskScore(
                task,
                name,
                value,
                self.changes.get(task, {}).get(name),
                self.noise.get(task, {}).get(name),
            )
            for task, own in self.by_task.items()
            for name, value in own.items()
        ]
        return ScoreTable(
            rows,
            compared=bool(self.changes),
            worse=self.negative_transfer,
            perhaps=self.perhaps_worse,
        )


@dataclass(frozen=True)
class TaskScore:
    """One row of the table of `TaskScores`.

    Attributes:
        task: Name of the task.
        metric: Name of the metric, or "loss".
        value: Its value; an array for a metric that has a value for each class.
        change: Relative change against the baseline, positive for better; None without one.
        noise: Half of the width of the 95% interval of the change; None if it has none.
    """

    task: str
    metric: str
    value: Any
    change: float | None
    noise: float | None


class ScoreTable(Records[TaskScore]):
    """The scores of several tasks as a table.

    Args:
        records: The rows.
        compared: Whether there is a baseline.
        worse: The tasks at which the model is worse than the baseline beyond the noise.
        perhaps: The tasks at which it is worse, but not beyond the noise.
    """

    def __init__(
        self,
        records: Sequence[TaskScore],
        *,
        compared: bool,
        worse: Sequence[str],
        perhaps: Sequence[str],
    ) -> None:
        super().__init__(records)
        self._compared = compared
        self._worse = worse
        self._perhaps = perhaps

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ["task", "metric", "value", *(["change"] if self._compared else [])]

    @property
    def footer(self) -> str:
        """The tasks with negative transfer, if there are any."""
        parts = (
            ("Negative transfer: worse than the baseline at", self._worse),
            ("Not beyond the noise of the rows: worse at", self._perhaps),
        )
        return " ".join(f"{said} {', '.join(tasks)}." for said, tasks in parts if tasks)

    def cells(self, record: TaskScore) -> Sequence[object]:
        """Return what the columns show of a row."""
        change = "" if record.change is None else f"{record.change:+.1%}"
        if record.noise is not None and isfinite(record.noise):
            change += f" ± {record.noise:.1%}"
        cells = [record.task, record.metric, _shown(record.value)]
        return [*cells, change] if self._compared else cells


def relative_changes(
    values: Mapping[str, float], baseline: Mapping[str, float], directions: Mapping[str, str]
) -> dict[str, float]:
    """Return the change of each value relative to the baseline, positive for better.

    Args:
        values: By metric.
        baseline: By metric; what it lacks is left out.
        directions: `"up"` for a metric that is better when larger, `"down"`; others are left out.
    """
    signs = {"up": 1.0, "down": -1.0}
    return {
        name: signs[directions[name]] * (value - baseline[name]) / abs(baseline[name])
        for name, value in values.items()
        if name in baseline
        and directions.get(name) in signs
        and np.ndim(value) == np.ndim(baseline[name]) == 0
        and baseline[name]
    }


def _shown(value: Any) -> str:
    """Return a number as text, or the vector of a metric that has a value for each class."""
    return f"{value:.4f}" if np.ndim(value) == 0 else np.array2string(value, precision=4)


def _mean(changes: Mapping[str, float]) -> float:
    counted = [change for name, change in changes.items() if name != "loss"]
    counted = counted or list(changes.values())
    return sum(counted) / len(counted) if counted else 0.0
