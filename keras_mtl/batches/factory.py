"""The data of tasks, whatever kind of data the user gave."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.indexed_rows import IndexedRows
from keras_mtl.batches.indexed_source import IndexedSource
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.orders import BATCH_SIZE, Order
from keras_mtl.batches.reading import OneTask, Reader, SeveralTasks
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.common.arguments import whole_number
from keras_mtl.errors import InvalidTaskData
from keras_mtl.heads.head import Head


def task_data(
    name: str,
    data: Any,
    *,
    head: Head | None = None,
    inputs: ModelInputs | None = None,
    batch_size: int | None = None,
    shuffle: bool = True,
    seed: int = 0,
    sample_weight: Any = None,
    mask: Any = None,
) -> TaskData:
    """Return the data of one task.

    Args:
        name: The name of the task.
        data: `(x, y)` or `(x, y, sample_weight)` of arrays, tensors or pandas objects; or batches
            of these: a `tf.data.Dataset`, a `PyDataset`, a generator, a `DataLoader`.
        head: The head of the task, if it is one that knows its kind: labels are checked for it.
        inputs: The inputs of the model.
        batch_size: Rows of a batch, 32 by default; for arrays only.
        shuffle: Whether arrays, and the batches of a `PyDataset`, are shuffled for each pass.
        seed: Seed of the run.
        sample_weight: Weights of shape `(samples,)`, for arrays only.
        mask: Booleans of shape `(samples,)`, True where the row has its label; for arrays only.

    Raises:
        InvalidTaskData: There are no rows or no labels, lengths differ, or the kind of data is not
            known.
        InvalidFeatures: The inputs are not those of the model.
        InvalidLabels: The labels do not fit the head.
    """
    reader = OneTask(name, head, inputs)
    order = Order(_checked_size(batch_size, data), shuffle, seed)
    return _task_data(reader, data, order, sample_weight, mask)


def joint_data(
    data: Any,
    heads: Mapping[str, Head | None],
    *,
    inputs: ModelInputs | None = None,
    batch_size: int | None = None,
    shuffle: bool = True,
    seed: int = 0,
    sample_weight: Any = None,
    masks: Mapping[str, Any] | None = None,
) -> TaskData:
    """Return the data of several tasks whose labels are for the same rows.

    Args:
        data: As for `task_data`, with a dict of labels by the tasks' names as `y`. Weights are for
            all tasks, or a dict.
        heads: The head of each task; None for one that does not know its kind.
        inputs: The inputs of the model.
        batch_size: Rows of a batch, 32 by default; for arrays only.
        shuffle: Whether arrays, and the batches of a `PyDataset`, are shuffled for each pass.
        seed: Seed of the run.
        sample_weight: Weights of shape `(samples,)`, or a dict of them by tasks; for arrays only.
        masks: For some tasks booleans of shape `(samples,)`, True where the row has its label; for
            arrays only.

    Raises:
        InvalidTaskData: There are no rows, a task has no labels, lengths differ, or the kind of
            data is not known.
        TaskNotFound: There are labels, weights or a mask for a task that does not exist.
        InvalidFeatures: The inputs are not those of the model.
        InvalidLabels: The labels do not fit a head.
    """
    reader = SeveralTasks(heads, inputs)
    order = Order(_checked_size(batch_size, data), shuffle, seed)
    return _task_data(reader, data, order, sample_weight, masks)


def _task_data(reader: Reader, data: Any, order: Order, sample_weight: Any, mask: Any) -> TaskData:
    name = reader.name
    # Before `recognise`: only a tuple is `(x, y)`; a list of arrays may be several inputs.
    if isinstance(data, tuple):
        x, y, weights = reader.unpack(data)
        if weights is not None and sample_weight is not None:
            raise InvalidTaskData(f"The sample weights of `{name}` are given twice.")
        arrays = ArraySource(x, y, sample_weight if weights is None else weights)
        return arrays.task_data(reader, order, mask)
    source = recognise(data)
    if isinstance(source, ArraySource):
        raise InvalidTaskData(
            f"The data of `{name}` must be a tuple `(x, y)` or `(x, y, sample_weight)`, a "
            "`tf.data.Dataset`, a `PyDataset`, a generator or a `DataLoader`. Received: "
            f"`{source.kind}`."
        )
    if isinstance(source, IndexedSource):
        return source.task_data(reader, order, mask, sample_weight)
    _refuse_for_batches(sample_weight, "sample_weight", name)
    _refuse_for_batches(mask, "mask", name)
    return source.task_data(reader, order)


def _checked_size(batch_size: int | None, data: Any) -> int:
    if batch_size is None:
        return data.batch_size if isinstance(data, IndexedRows) else BATCH_SIZE
    return whole_number("batch_size", batch_size)


def _refuse_for_batches(value: Any, argument: str, name: str) -> None:
    if value is not None:
        instead = {
            "sample_weight": "let its batches be `(x, y, sample_weight)`",
            "mask": "let missing labels be NaN, or -1 in integer classes",
        }[argument]
        raise InvalidTaskData(
            f"`{argument}` is for arrays; the data of `{name}` come in batches: {instead}."
        )
