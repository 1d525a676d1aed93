"""Readers: check what a user gives as one batch, or as all rows, and put it into one form."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import keras

from keras_mtl.batches.batch import EACH_ITS_OWN, Batch, hint_for_dicts
from keras_mtl.batches.missing_labels import check_label_spec, read_labels
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.sample_weights import check_weight_spec, read_weights
from keras_mtl.batches.values import as_array, by_column, is_frame
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import InvalidTaskData
from keras_mtl.heads.head import Head
from keras_mtl.heads.task_names import check_task


class Reader(ABC):
    """Reads `(x, y)` or `(x, y, sample_weight)`.

    Args:
        name: What messages call the data.
        inputs: The inputs of the model; None leaves them in the structure in which they come.
    """

    def __init__(self, name: str, inputs: ModelInputs | None = None) -> None:
        self.name = name
        self.inputs = inputs

    def read(self, values: Any, mask: Any = None) -> Batch:
        """Read one batch, or all rows.

        Args:
            values: `(x, y)` or `(x, y, sample_weight)`.
            mask: True where the row has its label; joint data take a dict by tasks.

        Raises:
            InvalidTaskData: There are no labels, no rows, or different numbers of rows.
            InvalidFeatures: The inputs are not those of the model.
            InvalidLabels: The labels do not fit the head.
        """
        x, y, sample_weight = self.unpack(values)
        batch = Batch(self.read_inputs(x), *self.targets(y, sample_weight, mask))
        self.check_lengths(batch)
        return batch

    def check_specs(self, specs: Any) -> None:
        """Refuse a stream whose known shapes and dtypes do not fit the model.

        Args:
            specs: The `element_spec` of a `tf.data.Dataset`, None for what it leaves out.
        """
        x, y, sample_weight = self.unpack(specs)
        if self.inputs is not None:
            self.inputs.check_specs(x, f"`x` of `{self.name}`")
        self.check_label_specs(y)
        self.check_weight_specs(sample_weight, y)

    @abstractmethod
    def targets(self, y: Any, sample_weight: Any, mask: Any) -> tuple[Any, Any, Any]:
        """Return the labels, weights and masks."""

    @abstractmethod
    def check_label_specs(self, specs: Any) -> None:
        """Refuse labels whose known shapes or dtypes do not fit the heads."""

    @abstractmethod
    def check_weight_specs(self, specs: Any, labels: Any) -> None:
        """Refuse weights whose known shape or dtype is not a number for each row or part.

        Args:
            specs: The weights in the `element_spec`.
            labels: The labels in it.
        """

    def unpack(self, values: Any) -> tuple[Any, Any, Any]:
        """Return the inputs, labels and weights.

        Raises:
            InvalidTaskData: There are no labels.
        """
        if not isinstance(values, tuple | list) or not 2 <= len(values) <= 3:
            received = (
                f"{len(values)} values" if isinstance(values, tuple | list) else _kind(values)
            )
            raise InvalidTaskData(
                f"The data of `{self.name}` must give `(x, y)` or `(x, y, sample_weight)`. "
                f"Received: {received}.{hint_for_dicts(values)}"
            )
        x, y, *weights = values
        if y is None:
            raise InvalidTaskData(f"The data of `{self.name}` have no labels: `y` is None.")
        return x, y, weights[0] if weights else None

    def read_inputs(self, x: Any) -> Any:
        """Return inputs as arrays in the structure of the model's inputs.

        Raises:
            InvalidFeatures: The inputs are not those of the model.
        """
        if self.inputs is not None:
            return self.inputs.read(x, f"`x` of `{self.name}`")
        return keras.tree.map_structure(lambda value: as_array(value, f"`x` of `{self.name}`"), x)

    def check_lengths(self, batch: Batch) -> None:
        """Refuse a batch whose parts have different numbers of rows, or none.

        Raises:
            InvalidTaskData: They differ.
        """
        lengths = {
            name: {len(values) for values in keras.tree.flatten(part) if values is not None}
            for name, part in batch._asdict().items()
        }
        if len(set().union(*lengths.values())) > 1:
            counted = {name: sorted(sizes) for name, sizes in lengths.items() if sizes}
            raise InvalidTaskData(
                f"The data of `{self.name}` must have the same number of rows in all parts. "
                f"Received: {counted}."
            )
        if batch.num_rows == 0:
            raise InvalidTaskData(f"The data of `{self.name}` are empty: there is no row.")


class OneTask(Reader):
    """Reads data whose labels are those of one task.

    Args:
        name: The name of the task.
        head: Its head, if it is one that knows its kind.
        inputs: The inputs of the model.
    """

    def __init__(
        self, name: str, head: Head | None = None, inputs: ModelInputs | None = None
    ) -> None:
        super().__init__(name, inputs)
        self.head = head

    def targets(self, y: Any, sample_weight: Any, mask: Any) -> tuple[Any, Any, Any]:
        """Return the labels, weights and mask."""
        labels, present = read_labels(y, self.name, self.head, mask)
        return labels, read_weights(sample_weight, self.name, labels.shape), present

    def check_label_specs(self, specs: Any) -> None:
        """Refuse labels whose known shape or dtype does not fit the head."""
        check_label_spec(specs, self.name, self.head)

    def check_weight_specs(self, specs: Any, labels: Any) -> None:
        """Refuse weights whose known shape or dtype is not a number for each row or part."""
        check_weight_spec(specs, self.name, labels)


class SeveralTasks(Reader):
    """Reads joint data: the labels, weights and masks are dicts by the tasks' names.

    Args:
        heads: The head of each task; None for one that does not know its kind.
        inputs: The inputs of the model.
    """

    def __init__(
        self,
        heads: Mapping[str, Head | None],
        inputs: ModelInputs | None = None,
    ) -> None:
        super().__init__(", ".join(heads), inputs)
        self.heads = dict(heads)

    def unpack(self, values: Any) -> tuple[Any, Any, Any]:
        """Return the inputs, a dict of labels, and weights.

        Raises:
            InvalidTaskData: There are no labels, or not those of the tasks.
        """
        x, y, sample_weight = super().unpack(values)
        return x, self._by_task(y), sample_weight

    def targets(self, y: Any, sample_weight: Any, mask: Any) -> tuple[Any, Any, Any]:
        """Return the labels, weights and masks of each task."""
        weights = self._for_each(sample_weight, "sample weights")
        masks = self._for_each(mask, "masks")
        read = {
            task: OneTask(task, head).targets(y[task], weights[task], masks[task])
            for task, head in self.heads.items()
        }
        y, sample_weight, mask = (
            {task: parts[index] for task, parts in read.items()} for index in range(3)
        )
        return y, sample_weight, mask

    def check_label_specs(self, specs: Any) -> None:
        """Refuse labels whose known shapes or dtypes do not fit the heads."""
        for task, head in self.heads.items():
            check_label_spec(specs[task], task, head)

    def check_weight_specs(self, specs: Any, labels: Any) -> None:
        """Refuse weights whose known shape or dtype is not a number for each row or part."""
        for task, spec in self._for_each(specs, "sample weights").items():
            check_weight_spec(spec, task, labels[task])

    def _by_task(self, y: Any) -> Mapping[str, Any]:
        if is_frame(y):
            y = by_column(y)
        if not isinstance(y, Mapping):
            zipped = f" {EACH_ITS_OWN}" if isinstance(y, tuple) else ""
            raise InvalidTaskData(
                f"The labels of `{self.name}` must be a dict by the tasks' names, "
                f"{list(self.heads)}. Received: {_kind(y)}.{zipped}"
            )
        for task in y:
            check_task(task, self.heads, where="The dict of labels")
        lacking = [task for task in self.heads if task not in y]
        if lacking:
            raise InvalidTaskData(
                f"The labels of `{self.name}` lack the task {lacking[0]!r}; they have {list(y)}."
                f"{did_you_mean(lacking[0], y)}"
            )
        return y

    def _for_each(self, values: Any, what: str) -> Mapping[str, Any]:
        """Return a value for each task: one for all, or that of a dict, None where it is absent."""
        if not isinstance(values, Mapping):
            return dict.fromkeys(self.heads, values)
        for task in values:
            check_task(task, self.heads, where=f"The dict of {what}")
        return {task: values.get(task) for task in self.heads}


def _kind(value: Any) -> str:
    return f"`{type(value).__name__}`"
