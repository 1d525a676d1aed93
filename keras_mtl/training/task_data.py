"""The data of `fit` and `evaluate`, for each task or for several at once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.factory import joint_data, task_data
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.batches.values import by_column, is_frame
from keras_mtl.errors import InvalidTaskData
from keras_mtl.heads.head import Head
from keras_mtl.heads.task_names import check_task
from keras_mtl.training.known_heads import known_head
from keras_mtl.training.state import TrainingState

JOINT_DATA = "joint"
"""The name of the data set whose rows have labels for several tasks."""


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


class RowOptions(NamedTuple):
    """How rows become batches, as `fit` takes it: one value, or a dict by task.

    Attributes:
        batch_size: Rows of a batch of arrays.
        sample_weight: Weights of the rows of arrays.
        masks: Which rows of arrays have a label.
        shuffle: Whether arrays are shuffled.
        seed: Seed of the run.
    """

    batch_size: int | Mapping[str, int] | None = None
    sample_weight: Any = None
    masks: Mapping[str, Any] | None = None
    shuffle: bool = False
    seed: int = 0


def read_data(
    state: TrainingState,
    x: Any,
    y: Any,
    options: RowOptions,
    *,
    every_task: bool = True,
) -> Data:
    """Read the data as `fit` takes them.

    Args:
        state: What training keeps of the model.
        x: Data by task, or joint data.
        y: Labels by task, where `x` are the inputs of all.
        options: How rows become batches.
        every_task: Whether each task must have data.

    Raises:
        TaskNotFound: There are data for a task that does not exist.
        InvalidTaskData: A task has no data, or data that cannot be used.
    """
    if y is not None:
        x = (x, y)
    if isinstance(x, Mapping):
        return _read_by_task(state, x, options, every_task)
    return _read_joint(state, x, options, every_task)


def hold_out(
    data: Data, share: float, batch_size: int | Mapping[str, int] | None = None
) -> tuple[Data, Data]:
    """Split the data: return them without the last rows of each set, and these rows.

    Args:
        data: Arrays.
        share: The fraction of the rows that the last rows are.
        batch_size: Rows of a batch of the last rows, as many as before by default.

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
    """Return joint arrays as data of each task, so that each task gets every row in a pass."""
    joint = data.sets.get(JOINT_DATA)
    if not isinstance(joint, ArrayData):
        return data
    sets: dict[str, TaskData] = {}
    for task in data.tasks:
        whole = joint.whole
        weights, masks = whole.sample_weight or {}, whole.mask or {}
        own = Batch(whole.x, whole.y[task], weights.get(task), masks.get(task))
        sets[task] = joint.of(task, own, joint.batch_size, shuffle=joint.shuffle)
    return Data(sets, data.tasks, joint=False)


def _read_joint(state: TrainingState, x: Any, options: RowOptions, every_task: bool) -> Data:
    """Read one data set with the labels of several tasks."""
    if isinstance(options.batch_size, Mapping):
        raise ValueError("`batch_size` is one number where all tasks share their rows.")
    heads = _known_heads(state)
    if isinstance(x, tuple) and len(x) > 1:
        labels = by_column(x[1]) if is_frame(x[1]) else x[1]
        if isinstance(labels, Mapping):
            heads = _labelled(heads, labels, every_task)
    data = joint_data(x, heads, inputs=ModelInputs(state.graphs.inputs), **options._asdict())
    return Data({JOINT_DATA: data}, tuple(heads), joint=True)


def _read_by_task(
    state: TrainingState, x: Mapping[str, Any], options: RowOptions, every_task: bool
) -> Data:
    """Read a data set for each task."""
    tasks = state.tasks
    for name, one in x.items():
        if name not in tasks and isinstance(one, Mapping):
            raise InvalidTaskData(
                f"The data are parts, {list(x)}, each with data by task. Give one of them, "
                f"`data[{name!r}]`, and another one as `validation_data`."
            )
        check_task(name, tasks, where="The data")
    missing = [task for task in tasks if task not in x]
    if missing and (every_task or not x):
        raise InvalidTaskData(f"The tasks {missing} have no data; there are data for {list(x)}.")
    sizes = _each("batch_size", options.batch_size, tasks)
    weights = _each("sample_weight", options.sample_weight, tasks)
    masks = _each("masks", options.masks, tasks)
    inputs, heads = ModelInputs(state.graphs.inputs), _known_heads(state)
    sets = {
        task: task_data(
            task,
            x[task],
            head=heads[task],
            inputs=inputs,
            batch_size=sizes.get(task),
            shuffle=options.shuffle,
            seed=options.seed,
            sample_weight=weights.get(task),
            mask=masks.get(task),
        )
        for task in tasks
        if task in x
    }
    return Data(sets, tuple(sets), joint=False)


def _known_heads(state: TrainingState) -> dict[str, Head | None]:
    return {task: known_head(state, task) for task in state.tasks}


def _labelled(
    heads: dict[str, Head | None], labels: Mapping[str, Any], every_task: bool
) -> dict[str, Head | None]:
    """Return the heads of the tasks that have labels, if not all need them."""
    if every_task or any(name not in heads for name in labels):
        return heads
    return {task: head for task, head in heads.items() if task in labels}


def _each(argument: str, values: Any, tasks: tuple[str, ...]) -> dict[str, Any]:
    """Return one value for each task: those of a dict, or one for all."""
    if isinstance(values, Mapping):
        for name in values:
            check_task(name, tasks, where=f"`{argument}`")
        return dict(values)
    if argument != "batch_size" and values is not None:
        raise ValueError(f"`{argument}` is a dict by task. Received: `{type(values).__name__}`.")
    return dict.fromkeys(tasks, values)
