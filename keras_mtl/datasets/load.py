"""Any data set of tensorflow-datasets as the data of tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from os import PathLike
from typing import Any

from keras_mtl.common.arguments import flag, one_of, random_seed
from keras_mtl.datasets.feature_inputs import checked_picture_size
from keras_mtl.datasets.one_of_columns import UNCLEAR


def load(
    name: str | PathLike[str],
    inputs: str | Sequence[str] | Mapping[str, str],
    tasks: str | Sequence[str] | Mapping[str, str | Sequence[str]],
    *,
    labels: Mapping[str, int] | None = None,
    size: tuple[int, int] | None = None,
    split: Any = "train",
    groups: str | None = None,
    data_dir: str | PathLike[str] | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
    kinds: Mapping[str, str] | None = None,
    unclear: str | None = None,
    cache: bool | str | PathLike[str] = True,
    download: bool = True,
    seed: int = 0,
) -> Any:
    """Load a data set of tensorflow-datasets with labels for several tasks.

    Use it to train on a data set that tensorflow-datasets has, or that you have prepared with it:
    `MultiTaskModel.fit` takes what it returns as it is, and `data["hair"]` goes to `fit`,
    `fit_cached`, `probe_cuts`, `compare` and the like, on every backend. Labels are read at once.
    Inputs are read when a task is first used, decoded and resized once, and kept; pictures stay
    whole numbers from 0 to 255, so the model does the scaling.

    Args:
        name: The name of the data set, such as `"celeb_a"`, `"cifar10:3.0.2"`, or with a
            configuration `"name/config"`; or the folder of a prepared version.
        inputs: The feature that is the input, such as `"image"`. For several inputs a list, of
            which the last part of each path is the name of the input, or a dict from names to
            features. Nested features are written `"group/feature"`.
        tasks: By task the feature that is its label: a class, a boolean, a whole number, a text, a
            number (regression), or a vector. A list of several booleans is one task whose classes
            they are, a group of booleans a multilabel task; of several numbers all are predicted. A
            feature, or a list of them, stands for tasks that are called as its last part.
        labels: How many rows are labelled, by task, such as `{"hair": 500}`; all by default. Drawn
            by `nested_budget`: stratified by class, and with the same seed a larger budget holds
            the smaller ones. Of several parts only the first one has budgets, and never one whose
            name begins with `test`, `val`, `dev` or `eval`.
        size: The height and width that pictures are resized to; None, the default, for the size
            that they have, if it is the same for all.
        split: Which rows: a split, or a part of one, as tensorflow-datasets writes it: `"train"`
            (the default), `"train[:80%]"`, `"train+test"`. A list of several gives a list; a dict
            of several, by names of your own, a dict. A dict of shares, `{"train": 0.8, "test":
            0.2}`, divides the split `train`, stratified by the labels of all tasks. No row is in
            two parts, whatever the task.
        groups: The feature that says which rows belong together, such as the number of a person:
            shares keep all rows of a group in one part. None, the default, if each row stands
            alone. Other parts are refused if they have a group in common.
        data_dir: The folder of the data sets, `~/tensorflow_datasets` by default.
        classes: For some tasks the names of the classes in the order of their numbers: those that
            the data set has in another order, or other ones; for a boolean the names for False and
            True.
        kinds: The kinds of some tasks, where the features tell another one:
            `{"age": "regression"}`, `"binary"`, `"multilabel"` or `"classification"`.
        unclear: What becomes of rows with none, or several, of the booleans of a task: `"missing"`,
            no label of that task; `"drop"`, no row for any task; `"error"`. By default
            `"missing"`, with a warning. What was left out is counted in `data.notes`.
        cache: Where inputs are kept: True, the default, in memory; a folder, in temporary files
            there, for what does not fit into memory; False to read each batch from the files
            again, which only `array_record` and `parquet` files can.
        download: Whether to fetch and prepare a data set that is not in `data_dir`.
        seed: Seed of the budgets and of shares, 0 by default.

    Returns:
        A `MultiTaskDataset`; a list or a dict of them for several parts.

    Raises:
        DatasetUnavailable: The data set is not there, and cannot be fetched: the message says what
            to download by hand, and where to put it. Or it was prepared in another version.
        FeatureNotFound: A feature is not there.
        SplitNotFound: A split is not there.
        InvalidFeatures: Pictures differ in size and no `size` is given, or an input is ragged.
        InvalidLabels: A feature cannot be a label, or labels do not fit the kind of a task; or a
            row has none, or several, of the booleans of a task and `unclear="error"`.
        InvalidTaskData: A task has no label at all, a file is damaged, or the inputs do not fit
            into memory.
        TypeError, ValueError: An argument is not what it must be, a budget is larger than the
            number of labels or smaller than the number of classes, or a row would be in two parts.

    Example:
        >>> import keras_mtl, tensorflow_datasets as tfds
        >>> with tfds.testing.mock_data(num_examples=40):  # random pictures, nothing is fetched
        ...     data = keras_mtl.datasets.load(
        ...         "celeb_a", inputs="image", tasks={"sex": "attributes/Male"}, size=(32, 32),
        ...         classes={"sex": ["female", "male"]}, labels={"sex": 10})
        >>> x, y = data["sex"]
        >>> x.shape, x.dtype.name, data["sex"].classes
        ((10, 32, 32, 3), 'uint8', ('female', 'male'))
    """
    seed = random_seed("seed", seed)
    size = checked_picture_size(size)
    one_of("unclear", unclear, (None, *UNCLEAR))
    flag("download", download)
    # tensorflow-datasets takes a second to import, which other sources need not wait for.
    from keras_mtl.datasets.tfds_datasets import loaded

    return loaded(
        name,
        inputs,
        tasks,
        labels=labels,
        size=size,
        split=split,
        groups=groups,
        data_dir=data_dir,
        classes=classes,
        kinds=kinds,
        unclear=unclear,
        cache=cache,
        download=download,
        seed=seed,
    )
