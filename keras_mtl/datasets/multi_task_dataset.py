"""The data of several tasks, of one part of a source: what every source returns.

How a source is written: read the labels of all rows (`TaskLabels`, one for each task), write a
`RowReader` that reads the inputs of rows by their numbers (arrays in memory have one: `ArrayRows`;
`CachedRows` keeps what a slow reader has read), and return `in_parts(MultiTaskDataset(...), ...)`,
which draws parts and label budgets in the one way of all sources.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from keras_mtl.batches.indexed_rows import IndexedRows
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.row_reader import RowReader
from keras_mtl.common.arguments import random_seed, whole_number
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.common.tables import text_table
from keras_mtl.datasets.row_groups import RowGroups
from keras_mtl.datasets.strata import drawn_rows, stratified_order
from keras_mtl.datasets.task_dataset import TaskDataset
from keras_mtl.datasets.task_labels import TaskLabels
from keras_mtl.errors import InvalidTaskData
from keras_mtl.heads.head import Head
from keras_mtl.heads.task_names import check_task

TRAIN = "train"


class MultiTaskDataset(Mapping[str, TaskDataset]):
    """The data of several tasks: a mapping `{task: data of the task}` that `fit` takes as it is.

    `data["hair"]` has the rows that have a label for that task. All tasks share one reader, so that
    a row that two tasks have is read once.

    Args:
        reader: Reads the inputs of rows.
        rows: The numbers of the rows of this part, each once, of shape `(rows,)`. A training goes
            over them in an order of its own; predictions come in this order. A source of sorted
            rows (all of one class first) shuffles them.
        labels: By task the labels of these rows, in the same order.
        part: The name of the part, such as `"train"`.
        notes: Sentences on what was left out, with counts; shown below the table.
        groups: Which of these rows belong together, in the same order; None if each stands alone.

    Raises:
        InvalidTaskData: There are no rows, or a task has no label at all.

    Attributes:
        rows: The numbers of the rows: which object each row is. Parts of one source never have a
            number in common.
        labels: By task the labels of these rows, a `TaskLabels` each.

    Example:
        >>> import keras_mtl, numpy as np
        >>> from keras_mtl.batches.row_reader import ArrayRows
        >>> from keras_mtl.datasets.task_labels import TaskLabels
        >>> reader = ArrayRows({"x": np.ones((60, 4), "float32")}, is_single=True)
        >>> here = np.ones(60, bool)
        >>> labels = {
        ...     "sex": TaskLabels(np.arange(60) % 2, here, classes=("female", "male")),
        ...     "hair": TaskLabels(np.arange(60) % 3, here)}
        >>> data = keras_mtl.datasets.MultiTaskDataset(reader, np.arange(60), labels)
        >>> data = data.budget({"hair": 12})
        >>> len(data["sex"]), len(data["hair"])
        (60, 12)
        >>> x, y = data["hair"]
        >>> x.shape, y.shape
        ((12, 4), (12,))
    """

    def __init__(
        self,
        reader: RowReader,
        rows: np.ndarray,
        labels: Mapping[str, TaskLabels],
        *,
        part: str = TRAIN,
        notes: tuple[str, ...] = (),
        groups: RowGroups | None = None,
    ) -> None:
        self.reader = reader
        self.rows = np.asarray(rows)
        self.labels = dict(labels)
        self.part = part
        self.notes = notes
        self.groups = groups
        if not len(self.rows):
            raise InvalidTaskData(f"The part `{part}` has no rows.")
        if groups is not None and len(groups.values) != len(self.rows):
            raise InvalidTaskData(
                f"`groups` holds a value for each row. Received: {len(groups.values):,} values "
                f"for {len(self.rows):,} rows."
            )
        for task, known in self.labels.items():
            if not known.present.any():
                raise InvalidTaskData(
                    f"No row of the part `{part}` has a label for `{task}`: all "
                    f"{len(self.rows)} labels are missing."
                )
        self._places = {task: np.flatnonzero(known.present) for task, known in labels.items()}

    @property
    def tasks(self) -> tuple[str, ...]:
        """The names of the tasks."""
        return tuple(self.labels)

    @property
    def input_names(self) -> tuple[str, ...]:
        """The names of the inputs."""
        return tuple(self.reader.specs)

    def head(self, task: str, **arguments: Any) -> Head:
        """Return a new `Head` for a task that knows the names of its classes.

        Args:
            task: The name of the task.
            arguments: Further arguments of `Head`, such as `hidden=(64,)`.
        """
        return self[task].head(**arguments)

    def heads(self, **arguments: Any) -> dict[str, Head]:
        """Return a new `Head` for each task: `MultiTaskModel(trunk, data.heads())`.

        Args:
            arguments: Further arguments of each `Head`, such as `hidden=(64,)`.
        """
        return {task: self.head(task, **arguments) for task in self}

    def joint(self) -> IndexedRows:
        """Return one data set with the labels of all tasks, for `schedules.Joint()`.

        It has the rows of which some task has a label; the labels are a dict by task, in which -1
        (of classes) and NaN (of others) are labels that are missing.
        """
        present = {task: np.isin(np.arange(len(self.rows)), self._places[task]) for task in self}
        some = np.flatnonzero(np.any(list(present.values()), axis=0))
        labels = {task: self.labels[task].with_gaps(present[task])[some] for task in self}
        return IndexedRows(", ".join(self), self.reader, self.rows[some], labels, BATCH_SIZE)

    def budget(self, labels: Mapping[str, int], *, seed: int = 0) -> MultiTaskDataset:
        """Return the same data with fewer labels of some tasks, drawn by `nested_budget`.

        Drawn stratified by class, from the labels that the rows have: with the same seed the same
        rows in any process, and a smaller budget is a part of a larger one.

        Args:
            labels: How many rows are labelled, by task; the other tasks keep all labels.
            seed: Seed of the draw, 0 by default.

        Raises:
            TaskNotFound: A budget is for a task that is not there.
            TypeError: A budget is no whole number.
            ValueError: A budget is smaller than the number of classes, or larger than the number of
                labels.
        """
        part = self._like(np.arange(len(self.rows)), self.part)
        part._places = dict(self._places)
        for task, budget in labels.items():
            check_task(task, self.tasks, where="`labels`")
            places = self._places[task]
            places = places[np.argsort(self.rows[places], kind="stable")]
            known = self.labels[task].at(places)
            part._places[task] = places[drawn_rows(known, budget, seed, task)]
        return part

    def split(self, parts: Mapping[str, float], *, seed: int = 0) -> dict[str, MultiTaskDataset]:
        """Return parts of the data; no row is in two of them, whatever the task.

        The rows are drawn once for all tasks, stratified by their labels of all tasks together. If
        rows belong together (`groups`), all of a group are in one part: parts have the shares, and
        the proportions of the labels, as nearly as whole groups allow.

        Args:
            parts: The share of the rows of each part, such as `{"train": 0.8, "test": 0.2}`.
            seed: Seed of the draw, 0 by default.

        Raises:
            InvalidTaskData: A part has no row, no group, or no label of a task.
            ValueError: The shares are not between 0 and 1, or do not add up to 1.
        """
        shares = _checked_shares(parts)
        seed = random_seed("seed", seed)
        by_number = np.argsort(self.rows, kind="stable")
        labels = {task: known.at(by_number) for task, known in self.labels.items()}
        part_of = np.empty(len(self.rows), np.int64)
        if self.groups is None:
            order = by_number[stratified_order(labels, seed)]
            ends = np.round(np.cumsum(list(shares.values())) * len(order)).astype(int)
            part_of[order] = np.searchsorted(ends, np.arange(len(order)), side="right")
        else:
            part_of[by_number] = self.groups.at(by_number).parts(labels, shares, seed)
        return {
            part: self._like(np.flatnonzero(part_of == number), part)
            for number, part in enumerate(shares)
        }

    def shard(self, count: int, index: int) -> MultiTaskDataset:
        """Return the share of one of several processes, of equal size but for one row.

        For loops of one's own, such as torch's `DistributedDataParallel`: under a strategy of
        `tf.distribute` each replica takes its rows of every batch without it.

        Args:
            count: The number of processes.
            index: The number of this process, from 0 on.
        """
        count = whole_number("count", count)
        if whole_number("index", index, least=0) >= count:
            raise ValueError(f"`index` is below `count`, {count}. Received: {index}.")
        part = self._like(np.arange(len(self.rows)), self.part)
        part._places = {task: places[index::count] for task, places in self._places.items()}
        for task, places in part._places.items():
            if not len(places):
                raise InvalidTaskData(
                    f"The task `{task}` has {len(self._places[task])} labelled rows, too few for "
                    f"{count} processes."
                )
        return part

    def __getitem__(self, task: str) -> TaskDataset:
        check_task(task, self.tasks, where="The data")
        places = self._places[task]
        return TaskDataset(task, self.reader, self.rows[places], self.labels[task].at(places))

    def __iter__(self) -> Iterator[str]:
        return iter(self.labels)

    def __len__(self) -> int:
        return len(self.labels)

    def __repr__(self) -> str:
        rows = []
        for task, data in self.items():
            classes = None if data.classes is None else len(data.classes)
            rows.append([task, data.kind, classes, len(data), len(self.rows) - len(data)])
        header = ["task", "kind", "classes", "rows", "unlabelled"]
        lines = [f"{self.part}: {len(self.rows):,} rows", text_table(header, rows), *self.notes]
        return "\n".join(lines)

    def _like(self, places: np.ndarray, part: str) -> MultiTaskDataset:
        labels = {task: known.at(places) for task, known in self.labels.items()}
        groups = None if self.groups is None else self.groups.at(places)
        return MultiTaskDataset(
            self.reader, self.rows[places], labels, part=part, notes=self.notes, groups=groups
        )


def in_parts(
    data: MultiTaskDataset,
    split: Mapping[str, float] | None = None,
    labels: Mapping[str, int] | None = None,
    seed: int = 0,
) -> MultiTaskDataset | dict[str, MultiTaskDataset]:
    """Return what a source returns: the data, or their parts, with the budgets of labels.

    Args:
        data: All rows of the source.
        split: The share of the rows of each part; None for all rows as one.
        labels: How many rows are labelled, by task. Of several parts only the first one has
            budgets: labels to validate and to test on are all used.
        seed: Seed of both draws.
    """
    budgets = checked_budgets(labels, data.tasks)
    if split is None:
        return data.budget(budgets, seed=seed)
    parts = data.split(split, seed=seed)
    first = next(iter(parts))
    parts[first] = parts[first].budget(budgets, seed=seed)
    return parts


def checked_budgets(labels: Mapping[str, int] | None, tasks: tuple[str, ...]) -> Mapping[str, int]:
    """Return budgets of labels by task; none for None.

    Raises:
        TypeError: They are no dict.
        ValueError: A budget is for a task that is not loaded.
    """
    if labels is None:
        return {}
    if not isinstance(labels, Mapping):
        raise TypeError(
            f"`labels` is a dict of budgets by task, such as `{{{tasks[0]!r}: 50}}`. "
            f"Received: {labels!r}."
        )
    for name in labels:
        if name not in tasks:
            raise ValueError(
                f"`labels` are for the tasks that are loaded, {list(tasks)}. "
                f"Received: {name!r}.{did_you_mean(name, tasks)}"
            )
    return labels


def _checked_shares(parts: Mapping[str, float]) -> dict[str, float]:
    example = '`{"train": 0.8, "test": 0.2}`'
    if not isinstance(parts, Mapping) or not parts:
        raise ValueError(
            f"A split is a dict of the share of each part, such as {example}. Received: {parts!r}."
        )
    shares = dict(parts)
    numbers = all(
        isinstance(share, int | float) and not isinstance(share, bool) and 0 < share <= 1
        for share in shares.values()
    )
    if not numbers or abs(sum(shares.values()) - 1) > 1e-6:
        raise ValueError(
            f"The shares of the parts are between 0 and 1 and add up to 1, such as {example}. "
            f"Received: {shares}."
        )
    return shares
