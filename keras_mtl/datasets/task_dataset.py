"""The data of one task."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_mtl.batches.indexed_rows import IndexedRows
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.row_reader import RowReader
from keras_mtl.common.arguments import whole_number
from keras_mtl.datasets.task_labels import TaskLabels
from keras_mtl.heads.head import Head


class TaskDataset(IndexedRows):
    """The rows of one task that have a label: `data["hair"]`.

    It is what `fit`, `fit_cached`, `fine_tune`, `probe_cuts`, `compare`, `explain`,
    `TransferClassifier.fit` and `MultiTaskModel.fit` (in a dict by task) take in the place of `x`,
    and what Keras's own `fit` takes on every backend. `x, y = data["hair"]` reads it into arrays.
    Labels are in memory; inputs are read, and kept, when they are needed.

    It is made by a source (`keras_mtl.datasets.load`, `from_folder`, ...), not by a user.

    Args:
        name: The name of the task.
        reader: Reads the inputs of rows.
        rows: The numbers of the rows, of shape `(samples,)`: which object each row is.
        known: The labels, of which none is missing.
        batch_size: Rows of a batch in Keras's own `fit`, 32 by default.

    Attributes:
        name: The name of the task.
        rows: The numbers of the rows. The same number in another task, or in another part of the
            same source, is the same object.
        labels: The labels, as for `TaskLabels`, an array with a row for each of `rows`.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> from keras_mtl.batches.row_reader import ArrayRows
        >>> from keras_mtl.datasets.task_labels import TaskLabels
        >>> reader = ArrayRows({"x": np.ones((40, 4), "float32")}, is_single=True)
        >>> labels = TaskLabels(np.arange(40) % 2, np.ones(40, bool), classes=("no", "yes"))
        >>> data = keras_mtl.datasets.MultiTaskDataset(reader, np.arange(40), {"smiles": labels})
        >>> data["smiles"].classes, data["smiles"].head(hidden=(8,)).units
        (('no', 'yes'), 2)
        >>> x, y = data["smiles"]
        >>> x.shape, y.shape
        ((40, 4), (40,))
    """

    def __init__(
        self,
        name: str,
        reader: RowReader,
        rows: np.ndarray,
        known: TaskLabels,
        batch_size: int = BATCH_SIZE,
    ) -> None:
        super().__init__(name, reader, rows, known.values, batch_size)
        self.known = known

    @property
    def kind(self) -> str:
        """The kind of the task: classification, binary, multilabel or regression."""
        return self.known.kind

    @property
    def classes(self) -> tuple[str, ...] | None:
        """The names of the classes in the order of their numbers; None if they have none."""
        return self.known.classes

    def head(self, **arguments: Any) -> Head:
        """Return a new `Head` that fits the labels and knows the names of the classes.

        Args:
            arguments: Further arguments of `Head`, such as `hidden=(64,)` or `dropout=0.2`.
        """
        return self.known.head(**arguments)

    def batched(self, batch_size: int) -> TaskDataset:
        """Return the same rows in batches of another size, for Keras's own `fit`.

        The verbs of `keras_mtl` take `batch_size` as an argument.
        """
        size = whole_number("batch_size", batch_size)
        return TaskDataset(self.name, self.reader, self.rows, self.known, size)

    def __repr__(self) -> str:
        classes = f" of {len(self.classes)} classes" if self.classes else ""
        inputs = ", ".join(
            f"{name} {spec.shape} {spec.dtype}" for name, spec in self.reader.specs.items()
        )
        return f"<TaskDataset `{self.name}`: {len(self)} rows, {self.kind}{classes}; {inputs}>"
