"""How far the change of a metric against a baseline may be due to the rows that it is measured on.

The rows are divided into groups, each of which gives the metrics of the model and of the baseline,
so any metric has a noise. It is the noise of the rows alone: another training of either model may
give another change.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import cycle
from math import inf, sqrt
from typing import Any, NamedTuple

import keras
import numpy as np
from scipy import stats

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.training.distribution.assigning import assign_all
from keras_mtl.training.logs import of_task
from keras_mtl.training.rows import rank_of
from keras_mtl.training.state import TrainingState
from keras_mtl.training.steps.choosing import make_scorer
from keras_mtl.training.steps.step import Step

GROUPS = 20
"""The most groups of rows; a t-distribution of so many is near the normal one."""
FEWEST = 5
"""The fewest groups that tell a spread."""
CONFIDENCE = 0.95


def noise_of_changes(
    state: TrainingState,
    task: str,
    data: TaskData | None,
    baseline: keras.Model | None,
    reference: Mapping[str, Any],
    changes: Mapping[str, float],
) -> dict[str, float]:
    """Return, for each change, half of the width of its 95% interval; infinity if not known.

    It is not known where several workers train: each would have to take its rows of every group;
    nor of a stream that is compared with numbers, which would be read once more for it alone.

    A baseline that is a model is compared on each group of rows. One of which only the numbers are
    known was measured on other rows, with as much noise as there is here.

    Args:
        state: What training keeps of the model; its metrics are built.
        task: The name of the task.
        data: Its data; None if they are in no form of their own.
        baseline: The model that is compared with; None if only its metrics are known.
        reference: The metrics of the baseline.
        changes: The changes relative to these.
    """
    groups: list[_Group] = []
    is_read = baseline is not None or isinstance(data, ArrayData)
    if data is not None and is_read and state.workers.size == 1:
        groups = list(_of_groups(state, task, data, baseline))
    return {
        name: _reach([one.pair(name) for one in groups], sum(one.rows for one in groups))
        / abs(reference[name])
        for name in changes
    }


class _Group(NamedTuple):
    """The metrics of a group of rows.

    Attributes:
        rows: The number of rows.
        own: The metrics of the model.
        other: The metrics of the baseline; empty if it is none that can be measured.
    """

    rows: int
    own: Mapping[str, Any]
    other: Mapping[str, Any]

    def pair(self, name: str) -> tuple[float, float | None]:
        """Return a metric of the model, and of the baseline."""
        return self.own[name], self.other.get(name)


def _of_groups(
    state: TrainingState, task: str, data: TaskData, baseline: keras.Model | None
) -> Iterator[_Group]:
    """Yield the metrics of the model and of the baseline on each group of rows."""
    scorer = make_scorer(Step(state, (task,), joint_data=False))
    objective = state.objectives[task]
    sums: dict[int, _Sums] = {}
    for number, batch in _dealt(data):
        objective.reset()
        scorer({task: batch})
        own = _values(objective.variables)
        other: list[np.ndarray] = []
        if baseline is not None:
            x, y, weights = keras.tree.lists_to_tuples(tuple(batch[:3]))
            baseline.test_on_batch(x, y, weights)  # It begins by a reset of the metrics.
            other = _values(baseline.metrics_variables)
        one = _Sums(batch.num_rows, own, other)
        sums[number] = sums[number].plus(one) if number in sums else one
    for group in sums.values():
        assign_all(objective.variables, group.own)
        if baseline is not None:
            assign_all(baseline.metrics_variables, group.other)
        values = {} if baseline is None else of_task("", baseline.get_metrics_result())
        yield _Group(group.rows, of_task("", objective.result()), values)


class _Sums(NamedTuple):
    """The sums over batches of the state of metrics, which Keras adds up over devices likewise.

    Attributes:
        rows: The number of rows.
        own: The state of the metrics of the model.
        other: The state of the metrics of the baseline; empty if it is none that can be measured.
    """

    rows: int
    own: list[np.ndarray]
    other: list[np.ndarray]

    def plus(self, more: _Sums) -> _Sums:
        """Return the sums over these batches and over others."""
        own = [a + b for a, b in zip(self.own, more.own, strict=True)]
        other = [a + b for a, b in zip(self.other, more.other, strict=True)]
        return _Sums(self.rows + more.rows, own, other)


def _values(variables: Sequence[keras.Variable]) -> list[np.ndarray]:
    """Return copies of the values of variables."""
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def _reach(pairs: Sequence[tuple[float, float | None]], rows: int) -> float:
    """Return half of the width of the interval of a mean difference."""
    alone = any(other is None for _, other in pairs)
    both = np.array([[own, np.nan if other is None else other] for own, other in pairs])
    values = both[:, 0] if alone else both[:, 0] - both[:, 1] if pairs else both
    values = values[np.isfinite(values)]
    if len(values) < FEWEST:
        return inf
    variance = values.var(ddof=1) / len(values) * (2 if alone else 1)
    # A row each way, as in comparisons: few rows that all favour one model have too small a spread.
    variance += 2 / rows**2
    return float(stats.t(len(values) - 1).ppf((1 + CONFIDENCE) / 2) * sqrt(variance))


def _dealt(data: TaskData) -> Iterator[tuple[int, Batch]]:
    """Yield the number of a group and rows of it that have a label, until all rows are dealt.

    A group has every so many rows of arrays, or every so many batches of a stream: rows are often
    sorted by their class, and those of a group are far from each other.
    """
    if not isinstance(data, ArrayData):
        batches = (_labelled(batch) for batch in data.one_pass())
        yield from zip(cycle(range(GROUPS)), (one for one in batches if one.num_rows), strict=False)
        return
    labelled = _labelled(Batch(np.arange(data.num_rows), data.whole.y, None, data.whole.mask)).x
    groups = min(GROUPS, len(labelled))
    for group in range(groups):
        # Not at once: a group may be too large for a batch, and for the memory.
        reach = groups * data.batch_size
        for start in range(group, len(labelled), reach):
            part = labelled[start : start + reach : groups]
            yield group, data.batch_of(part)._replace(mask=None)


def _labelled(batch: Batch) -> Batch:
    """Return the rows that have a label; none if labels are missing in part."""
    if batch.mask is None:
        return batch
    if rank_of(batch.mask) > 1:
        return batch.rows(np.s_[:0])
    return batch.rows(batch.mask)._replace(mask=None)
