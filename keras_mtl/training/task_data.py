"""What `fit` and `evaluate` are given as data, for each task or for several at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import keras

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.base import TaskData
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.factory import joint_data, task_data
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.errors import InvalidTaskData
from keras_mtl.heads.head import Head
from keras_mtl.heads.task_names import check_task
from keras_mtl.training import task_compiling as compiling
from keras_mtl.training.steps.forward import JOINT_DATA


class Data(NamedTuple):
    """The data sets by name: one for each task, or a joint one.

    Attributes:
        sets: By the names of the tasks, or under `JOINT_DATA`.
        tasks: The tasks that have labels.
        joint: Whether the labels of the tasks are for the same rows.
    """

    sets: dict[str, TaskData]
    tasks: tuple[str, ...]
    joint: bool

    @property
    def batches(self) -> dict[str, int | None]:
        """The number of batches of each task."""
        return {
            task: self.sets[JOINT_DATA if self.joint else task].num_batches for task in self.tasks
        }


def read_data(
    model: Any,
    x: Any,
    y: Any,
    *,
    batch_size: int | Mapping[str, int] | None = None,
    shuffle: bool = False,
    seed: int = 0,
    sample_weight: Any = None,
    masks: Mapping[str, Any] | None = None,
    every_task: bool = True,
) -> Data:
    """The data as `fit` takes them.

    Args:
        model: The multi-task model.
        x: Data by task, or joint data.
        y: Labels by task, where `x` are the inputs of all.
        batch_size: Rows of a batch of arrays.
        shuffle: Whether arrays are shuffled.
        seed: Seed of the run.
        sample_weight: Weights of the rows by task.
        masks: Which rows have a label, by task.
        every_task: Whether a task may not be without data.

    Raises:
        TaskNotFound: There are data for a task that does not exist.
        InvalidTaskData: A task has no data, or data that cannot be used.
    """
    inputs = ModelInputs(model.input)
    heads = {task: known_head(model, task) for task in model.tasks}
    common: dict[str, Any] = {"inputs": inputs, "shuffle": shuffle, "seed": seed}
    if y is not None:
        x = (x, y)
    if not isinstance(x, Mapping):
        if isinstance(batch_size, Mapping):
            raise ValueError("`batch_size` is one number where all tasks share their rows.")
        if isinstance(x, tuple) and len(x) > 1 and isinstance(x[1], Mapping):
            heads = _labelled(heads, x[1], every_task)
        data = joint_data(
            x, heads, sample_weight=sample_weight, masks=masks, batch_size=batch_size, **common
        )
        return Data({JOINT_DATA: data}, tuple(heads), joint=True)
    for name in x:
        check_task(name, model.tasks, where="The data")
    missing = [task for task in model.tasks if task not in x]
    if missing and (every_task or not x):
        raise InvalidTaskData(f"The tasks {missing} have no data; there are data for {list(x)}.")
    of_task = {
        "batch_size": _each("batch_size", batch_size, model.tasks),
        "sample_weight": _each("sample_weight", sample_weight, model.tasks),
        "mask": _each("masks", masks, model.tasks),
    }
    sets = {
        task: task_data(
            task,
            x[task],
            head=heads[task],
            **common,
            **_of_task(task, of_task),
        )
        for task in model.tasks
        if task in x
    }
    return Data(sets, tuple(sets), joint=False)


def hold_out(
    data: Data, share: float, batch_size: int | Mapping[str, int] | None = None
) -> tuple[Data, Data]:
    """The data without the last rows of each set, and these rows.

    Args:
        data: Arrays.
        share: The part of the rows that the last ones are.
        batch_size: Rows of a batch of the last ones, as many as before by default.

    Raises:
        InvalidTaskData: Some are not arrays, or have too few rows.
    """
    sizes = _each("batch_size", batch_size, tuple(data.sets))
    kept: dict[str, TaskData] = {}
    held: dict[str, TaskData] = {}
    for name, one in data.sets.items():
        if not isinstance(one, ArrayData):
            raise InvalidTaskData(
                f"`validation_split` takes the last rows of arrays, which the data of `{one.name}` "
                "are not. Give `validation_data`."
            )
        kept[name], held[name] = one.split(share, sizes.get(name))
    return data._replace(sets=kept), data._replace(sets=held)


def apart(data: Data) -> Data:
    """Joint arrays as data of each task, so that each task gets every row in a pass."""
    joint = data.sets.get(JOINT_DATA)
    if not isinstance(joint, ArrayData):
        return data
    sets: dict[str, TaskData] = {}
    for task in data.tasks:
        whole = joint.whole
        weights, masks = whole.sample_weight or {}, whole.mask or {}
        own = Batch(whole.x, whole.y[task], weights.get(task), masks.get(task))
        sets[task] = ArrayData(
            task, own, batch_size=joint.batch_size, shuffle=joint.shuffle, seed=joint.seed
        )
    return Data(sets, data.tasks, joint=False)


def known_head(model: Any, task: str) -> Head | None:
    """A head that says what the labels of the task must be, if its loss tells."""
    head, loss = model.heads[task], loss_of(model, task)
    if isinstance(head, Head) and head.has_loss(loss):
        return head
    units = model.output[task].shape[-1]
    if not units or len(model.output[task].shape) != 2 or getattr(loss, "ignore_class", None):
        return None
    if is_loss(loss, keras.losses.SparseCategoricalCrossentropy) and units > 1:
        return Head(units, "classification", name=task)
    if is_loss(loss, keras.losses.BinaryCrossentropy):
        return Head(units, "binary" if units == 1 else "multilabel", name=task)
    return None


def loss_of(model: Any, task: str) -> Any:
    """The loss that the model is compiled with for a task; an object or a function."""
    return keras.losses.get(compiling.without_optimizer(model)["loss"][task])


def is_loss(loss: Any, kind: type[keras.losses.Loss]) -> bool:
    """Whether a loss, or the function of one, is of a kind."""
    return isinstance(loss, kind) or loss is kind().fn


def _labelled(
    heads: dict[str, Head | None], labels: Mapping[str, Any], every_task: bool
) -> dict[str, Head | None]:
    """The heads of the tasks that have labels, if not all need them."""
    if every_task or any(name not in heads for name in labels):
        return heads
    return {task: head for task, head in heads.items() if task in labels}


def _of_task(task: str, given: Mapping[str, Mapping[str, Any]]) -> dict[str, Any]:
    return {argument: values.get(task) for argument, values in given.items()}


def _each(argument: str, values: Any, tasks: tuple[str, ...]) -> dict[str, Any]:
    """One value for each task: those of a dict, or one for all."""
    if isinstance(values, Mapping):
        for name in values:
            check_task(name, tasks, where=f"`{argument}`")
        return dict(values)
    if argument != "batch_size" and values is not None:
        raise ValueError(f"`{argument}` is a dict by task. Received: `{type(values).__name__}`.")
    return dict.fromkeys(tasks, values)
