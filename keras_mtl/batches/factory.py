"""Which kind of source the data of a task are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from numbers import Integral
from typing import Any, NamedTuple

import keras

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.base import TaskData
from keras_mtl.batches.batch_inputs import Inputs
from keras_mtl.batches.generators import GeneratorData
from keras_mtl.batches.pydatasets import PyDatasetData
from keras_mtl.batches.reading import OneTask, Reader, SeveralTasks
from keras_mtl.batches.streams import LoaderData, TfDatasetData
from keras_mtl.errors import InvalidTaskData
from keras_mtl.heads.head import Head

BATCH_SIZE = 32
"""That of Keras."""


def task_data(
    name: str,
    data: Any,
    *,
    head: Head | None = None,
    inputs: Inputs | None = None,
    batch_size: int | None = None,
    shuffle: bool = True,
    seed: int = 0,
    sample_weight: Any = None,
    mask: Any = None,
) -> TaskData:
    """The data of one task.

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
    order = Order(_checked_size(batch_size), shuffle, seed)
    return _source(reader, data, order, sample_weight, mask)


def joint_data(
    data: Any,
    heads: Mapping[str, Head | None],
    *,
    inputs: Inputs | None = None,
    batch_size: int | None = None,
    shuffle: bool = True,
    seed: int = 0,
    sample_weight: Any = None,
    masks: Mapping[str, Any] | None = None,
) -> TaskData:
    """One data set with the labels of several tasks.

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
    order = Order(_checked_size(batch_size), shuffle, seed)
    return _source(reader, data, order, sample_weight, masks)


class Order(NamedTuple):
    """How rows become batches."""

    batch_size: int
    shuffle: bool
    seed: int


def _source(reader: Reader, data: Any, order: Order, sample_weight: Any, mask: Any) -> TaskData:
    name = reader.name
    if isinstance(data, tuple):
        whole = reader.read(_with_weights(data, sample_weight, name), mask)
        for task in whole.unlabelled(name):
            raise InvalidTaskData(f"No row has a label for `{task}`: all of them are missing.")
        return ArrayData(name, whole, **order._asdict())
    _refuse_for_batches(sample_weight, "sample_weight", name)
    _refuse_for_batches(mask, "mask", name)
    if isinstance(data, keras.utils.PyDataset):
        return PyDatasetData(name, data, reader, shuffle=order.shuffle, seed=order.seed)
    if is_tf_dataset(data):
        return TfDatasetData(name, data, reader)
    if isinstance(data, Iterator):
        return GeneratorData(name, data, reader)
    if isinstance(data, Iterable) and not _holds_numbers(data):
        return LoaderData(name, data, reader)
    raise InvalidTaskData(
        f"The data of `{name}` must be a tuple `(x, y)` or `(x, y, sample_weight)`, a "
        "`tf.data.Dataset`, a `PyDataset`, a generator or a `DataLoader`. Received: "
        f"`{type(data).__name__}`."
    )


def is_tf_dataset(data: Any) -> bool:
    """Whether it is a `tf.data.Dataset`, found without TensorFlow, which may not be installed."""
    return any(
        kind.__name__ == "DatasetV2" and kind.__module__.startswith("tensorflow.")
        for kind in type(data).__mro__
    )


def _with_weights(data: tuple[Any, ...], sample_weight: Any, name: str) -> tuple[Any, ...]:
    if sample_weight is None:
        return data
    if len(data) == 3 and data[2] is not None:
        raise InvalidTaskData(f"The sample weights of `{name}` are given twice.")
    return (*data[:2], sample_weight)


def _checked_size(batch_size: int | None) -> int:
    if batch_size is None:
        return BATCH_SIZE
    if isinstance(batch_size, bool) or not isinstance(batch_size, Integral) or int(batch_size) < 1:
        raise ValueError(f"`batch_size` is a positive whole number. Received: {batch_size!r}.")
    return int(batch_size)


def _refuse_for_batches(value: Any, argument: str, name: str) -> None:
    if value is not None:
        instead = {
            "sample_weight": "let its batches be `(x, y, sample_weight)`",
            "mask": "let missing labels be NaN, or -1 in integer classes",
        }[argument]
        raise InvalidTaskData(
            f"`{argument}` is for arrays; the data of `{name}` come in batches: {instead}."
        )


def _holds_numbers(data: Any) -> bool:
    """Arrays, frames, dicts and lists can be iterated too, but not over batches."""
    return hasattr(data, "shape") or isinstance(data, str | bytes | Mapping | list)
