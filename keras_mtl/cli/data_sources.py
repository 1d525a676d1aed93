"""The data that `--data` names: read for a model, with errors that end in exit code 3."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_mtl.cli.failures import bad_data, data_errors, usage
from keras_mtl.cli.picture_inputs import color_mode, picture_size, takes_pictures
from keras_mtl.common.near_misses import did_you_mean

if TYPE_CHECKING:
    import keras

    from keras_mtl.datasets.multi_task_dataset import MultiTaskDataset
    from keras_mtl.datasets.task_dataset import TaskDataset

TFDS = "tfds:"
TABLES = (".csv", ".tsv", ".parquet")
EXPECTED = "a folder of pictures, an `.npz`, CSV or Parquet file, or `tfds:name`"


@dataclass(frozen=True)
class DataOptions:
    """What the options of a command say of its data.

    Attributes:
        source: A folder, a file, or `tfds:name`.
        task: The labels, `"name"` or `"name=column,column"`; None for the only ones.
        inputs: Names of columns or features with commas between; None for those of the model.
        classes: Names of the classes in the order of their numbers; None for those that occur.
        data_dir: Where tensorflow-datasets keeps its data.
    """

    source: str
    task: str | None = None
    inputs: str | None = None
    classes: tuple[str, ...] | None = None
    data_dir: Path | None = None

    @property
    def columns(self) -> dict[str, Any] | None:
        """The columns of the labels by task, as the sources take them; None if not given."""
        if self.task is None:
            return None
        name, given, columns = self.task.partition("=")
        names = columns.split(",") if given else [name]
        return {name: names if len(names) > 1 else names[0]}


def read_data(options: DataOptions, network: keras.Model) -> MultiTaskDataset:
    """Return the data for the inputs of a model.

    Raises:
        CommandFailed: They are not there, cannot be read, or do not fit.
    """
    if options.source.startswith(TFDS):
        with data_errors():
            data: MultiTaskDataset = _from_tensorflow_datasets(options, network)
            return data
    path = Path(options.source)
    if not path.exists():
        raise bad_data(f"`--data`: `{path}` does not exist.{near_path(path)}")
    read = _reader_of(path)
    with data_errors():
        data = read(path, options, network)
    return data


def read_task(
    options: DataOptions, network: keras.Model, labels: int | None = None, seed: int = 0
) -> TaskDataset:
    """Return the data of the one task that is asked for, with as many labels as are asked for."""
    data = read_data(options, network)
    task = _only_task(data)
    with data_errors():
        if labels is not None:
            data = data.budget({task: labels}, seed=seed)
        return data[task]


def read_parts(
    options: DataOptions,
    test: str | None,
    network: keras.Model,
    labels: int | None = None,
    seed: int = 0,
) -> tuple[TaskDataset, TaskDataset | None]:
    """Return the data of one task, and those to test on.

    Args:
        options: What to read.
        test: A fraction of the rows, other data, or None for no test.
        network: The model.
        labels: Number of labels to train with; None for all.
        seed: Seed of what is drawn.
    """
    share = _share(test)
    if share is None:
        training = read_task(options, network, labels, seed)
        if test is None:
            return training, None
        known = replace(options, source=test, classes=training.classes)
        return training, read_task(known, network)
    data = read_data(options, network)
    task = _only_task(data)
    with data_errors():
        parts = data.split({"train": 1 - share, "test": share}, seed=seed)
        if labels is not None:
            parts["train"] = parts["train"].budget({task: labels}, seed=seed)
        return parts["train"][task], parts["test"][task]


def _share(test: str | None) -> float | None:
    try:
        share = float(test or "no number")
    except ValueError:
        return None
    if not 0 < share < 1:
        raise usage(f"`--test` is a fraction between 0 and 1, or other data. Received: {test}.")
    return share


def _only_task(data: MultiTaskDataset) -> str:
    if len(data.tasks) > 1:
        raise usage(f"The data have several tasks, {list(data.tasks)}: choose one by `--task`.")
    return data.tasks[0]


def near_path(path: Path) -> str:
    """Return the question whether a file beside a path was meant; "" if none is like it."""
    names = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    return did_you_mean(path.name, names)


def _reader_of(path: Path) -> Any:
    if path.is_dir():
        return _from_folder
    if path.suffix == ".npz":
        return _from_arrays
    if path.suffix in TABLES:
        return _from_table
    raise bad_data(f"`--data` is {EXPECTED}. Received: `{path}`.")


def _from_folder(path: Path, options: DataOptions, network: keras.Model) -> Any:
    from keras_mtl.datasets.from_folder import TASK, from_folder

    tasks: Any = options.columns
    if tasks is not None and not any(one.suffix in TABLES for one in path.iterdir()):
        tasks = next(iter(tasks))  # Folders of classes: the task has a name, and no columns.
    shape = _picture_shape(network)
    if shape is None:
        raise bad_data(
            f"`{path}` is a folder, and the model takes no pictures, but the shapes "
            f"{[tensor.shape for tensor in network.inputs]}."
        )
    classes = _classes(options, TASK)
    size, colors = picture_size(shape), color_mode(shape)
    return from_folder(path, tasks, size=size, color_mode=colors, classes=classes)


def _picture_shape(network: keras.Model) -> Sequence[int | None] | None:
    shapes = [tensor.shape for tensor in network.inputs]
    return shapes[0] if takes_pictures(shapes) else None


def _from_arrays(path: Path, options: DataOptions, network: keras.Model) -> Any:
    from keras_mtl.datasets.from_arrays import from_arrays

    inputs = options.inputs.split(",") if options.inputs else _arrays_of_inputs(path, network)
    chosen = inputs[0] if len(inputs) == 1 else inputs
    return from_arrays(path, chosen, options.columns or "y", classes=_classes(options, "y"))


def _arrays_of_inputs(path: Path, network: keras.Model) -> list[str]:
    """Return the names of the arrays for the inputs of a model: theirs, or `x`."""
    from keras_mtl.datasets.array_files import NamedArrays

    names = [tensor.name for tensor in network.inputs]
    single = len(names) == 1 and names[0] not in NamedArrays(path).names
    return ["x"] if single else names


def _from_table(path: Path, options: DataOptions, network: keras.Model) -> Any:
    from keras_mtl.datasets.frame_reading import check_columns, read_frame
    from keras_mtl.datasets.from_frame import from_frame

    if options.columns is None:
        raise usage("`--task` names the column with the labels, such as `--task income`.")
    table = read_frame(path, "--data")
    check_columns(_targets(options), table, "--task", f"`{path}`")
    inputs = _columns_of_inputs(list(map(str, table)), options, network)
    return from_frame(table, inputs, options.columns, classes=_classes(options, ""))


def _from_tensorflow_datasets(options: DataOptions, network: keras.Model) -> Any:
    from keras_mtl.datasets.load import load

    name = options.source.removeprefix(TFDS)
    inputs = options.inputs.split(",") if options.inputs else ["image"]
    tasks, shape = options.columns or {"label": "label"}, _picture_shape(network)
    size = None if shape is None else picture_size(shape)
    classes = _classes(options, "label")
    return load(
        name,
        inputs if len(inputs) > 1 else inputs[0],
        tasks,
        size=size,
        classes=classes,
        data_dir=options.data_dir,
    )


def _classes(options: DataOptions, default: str) -> Mapping[str, tuple[str, ...]] | None:
    if options.classes is None:
        return None
    return {task: options.classes for task in options.columns or (default,)}


def _columns_of_inputs(columns: list[str], options: DataOptions, network: keras.Model) -> Any:
    """Return which columns go into which input of a model."""
    names = [tensor.name for tensor in network.inputs]
    chosen = options.inputs.split(",") if options.inputs else names
    if set(chosen) <= set(columns) and len(names) == len(chosen):
        return chosen
    if len(names) > 1:
        raise bad_data(
            f"The model has the inputs {names}, the table the columns {columns}: each input needs "
            "a column of its name."
        )
    targets = _targets(options)
    taken = chosen if options.inputs else [name for name in columns if name not in targets]
    width = network.inputs[0].shape[-1]
    if len(network.inputs[0].shape) == 2 and width not in (None, len(taken)):
        raise bad_data(
            f"The input `{names[0]}` of the model has the width {width}; the table has "
            f"{len(taken)} columns for it: {taken}. Choose others by `--inputs`."
        )
    return {names[0]: taken if len(taken) > 1 else taken[0]}


def _targets(options: DataOptions) -> list[str]:
    """Return the columns of the labels."""
    given = (options.columns or {}).values()
    return [name for one in given for name in (one if isinstance(one, list) else [one])]
