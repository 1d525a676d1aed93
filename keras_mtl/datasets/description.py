"""What data hold, by part and task: a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keras_mtl.common.records import Records

SHOWN = 4
"""Classes of which the balance is shown, beside the rarest."""


@dataclass(frozen=True)
class ClassRows:
    """The rows of one class.

    Attributes:
        part: The name of the part; "" if there is one only.
        task: The name of the task.
        name: The name of the class, its number if it has none.
        rows: The number of rows that have it.
        share: The fraction of the labelled rows of the task that have it.
    """

    part: str
    task: str
    name: str
    rows: int
    share: float


@dataclass(frozen=True)
class SharedRows:
    """The rows that two tasks, or two parts, have in common.

    Attributes:
        part: The name of a part.
        task: The name of a task in it.
        other_part: The name of the same part, or of another one.
        other_task: The name of a task in that.
        rows: The number of rows of the first that are among the rows of the other.
    """

    part: str
    task: str
    other_part: str
    other_task: str
    rows: int


@dataclass(frozen=True)
class TaskRows:
    """The data of one task in one part.

    Attributes:
        part: The name of the part; "" if there is one only.
        task: The name of the task.
        kind: The kind of the task: classification, binary, multilabel or regression.
        rows: The number of rows with a label.
        unlabelled: The number of rows of the part without a label for this task.
        classes: The number of classes that have rows; None of numbers.
        balance: The shares of the classes, or mean, standard deviation and range of numbers.
        shared: The rows in common with the other tasks of the part.
    """

    part: str
    task: str
    kind: str
    rows: int
    unlabelled: int
    classes: int | None
    balance: str
    shared: str


class ClassTable(Records[ClassRows]):
    """The classes of all tasks, by part."""

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ["part", "task", "class", "rows", "share"]

    def cells(self, record: ClassRows) -> Sequence[object]:
        """Return what the columns show of a class."""
        return [record.part or None, record.task, record.name, record.rows, f"{record.share:.1%}"]


class SharedTable(Records[SharedRows]):
    """The rows in common of all pairs of tasks and parts."""

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ["part", "task", "other part", "other task", "rows in common"]

    def cells(self, record: SharedRows) -> Sequence[object]:
        """Return what the columns show of a pair."""
        other = [record.other_part or None, record.other_task]
        return [record.part or None, record.task, *other, record.rows]


class Description(Records[TaskRows]):
    """What data hold: a `TaskRows` for each task of each part.

    Prints as a table; `to_frame()` gives a `pandas.DataFrame`. What the table has no room for is
    in two further ones, `class_table` and `shared_table`.

    Args:
        records: The tasks.
        classes: All classes.
        shared: All pairs of tasks.
        notes: Sentences shown below the table.

    Attributes:
        class_table: A record for each class of each task: its rows and their share.
        shared_table: A record for each pair of tasks and parts: their rows in common.
        notes: Sentences on rows that are in several parts, and on what was left out.
    """

    def __init__(
        self,
        records: Sequence[TaskRows],
        classes: Sequence[ClassRows],
        shared: Sequence[SharedRows],
        notes: Sequence[str],
    ) -> None:
        super().__init__(records)
        self.class_table = ClassTable(classes)
        self.shared_table = SharedTable(shared)
        self.notes = tuple(notes)

    @property
    def footer(self) -> str:
        """The notes."""
        return "\n".join(self.notes)

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        titles = ["task", "kind", "rows", "unlabelled", "classes", "balance", "rows in common"]
        return ["part", *titles] if self._has_parts else titles

    def cells(self, record: TaskRows) -> Sequence[object]:
        """Return what the columns show of a task."""
        numbers = [record.rows, record.unlabelled, record.classes]
        cells = [record.task, record.kind, *numbers, record.balance, record.shared or None]
        return [record.part, *cells] if self._has_parts else cells

    @property
    def _has_parts(self) -> bool:
        return any(record.part for record in self)
