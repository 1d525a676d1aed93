"""Arrays by name, in a dict or an `.npz` file, as the data of several tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import numpy as np

from keras_mtl.batches.row_reader import ArrayRows
from keras_mtl.common.arguments import random_seed
from keras_mtl.datasets.array_files import NamedArrays
from keras_mtl.datasets.column_targets import Column, ReadTargets, read_targets
from keras_mtl.datasets.label_columns import label_column
from keras_mtl.datasets.leakage import check_no_target
from keras_mtl.datasets.multi_task_dataset import TRAIN, MultiTaskDataset, in_parts
from keras_mtl.datasets.named_targets import check_by_task, named_targets, names_of
from keras_mtl.datasets.one_of_columns import warn_of_unclear
from keras_mtl.datasets.row_groups import RowGroups, check_groups_apart, checked_groups_name
from keras_mtl.datasets.task_labels import REGRESSION
from keras_mtl.errors import InvalidTaskData

PLACE = "{}"
"""What stands for the name of an array in the pattern of a part."""


def from_arrays(
    source: Any,
    inputs: Any = "x",
    tasks: Any = "y",
    *,
    labels: Mapping[str, int] | None = None,
    split: Mapping[str, float] | Mapping[str, str] | None = None,
    groups: str | None = None,
    seed: int = 0,
    kinds: Mapping[str, str] | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
    unclear: str | None = None,
) -> MultiTaskDataset | dict[str, MultiTaskDataset]:
    """Read arrays by name as the data of several tasks that share their inputs.

    Args:
        source: A dict of arrays with a row for each object, or the path of an `.npz` file.
        inputs: The name of the array with the inputs, `"x"` by default; a list of names, or a dict
            `{input: name}`, for a model with several inputs.
        tasks: For each task the name of the array with its labels, `{"digit": "digit"}`, or of
            several arrays; a list of names for tasks that are called so. `"y"` by default. Texts,
            booleans and whole numbers are classes, other numbers are measured; columns of 0 and 1
            with one 1 in each row are a class, other such columns are labels of their own. Missing
            labels are NaN, None, "" and what a masked array masks, and -1 beside other classes.
        labels: How many rows are labelled, by task, such as `{"digit": 100}`: drawn stratified and
            nested, as by `nested_budget`.
        split: The share of the rows of each part, such as `{"train": 0.8, "test": 0.2}`. Or what
            the arrays of each part are called, such as `{"train": "train_{}", "test": "test_{}"}`,
            where `{}` is a name in `inputs` and `tasks`.
        groups: The array that says which rows belong together, such as the number of a person: all
            rows of a group are in one part. None, the default, if each row stands alone. Parts by
            the names of their arrays are refused if they have a group in common.
        seed: Seed of both draws, 0 by default.
        kinds: The kinds of some tasks, where the labels look like another one:
            `{"age": "regression"}`, `"binary"`, `"multilabel"` or `"classification"`.
        classes: For some tasks the names of the classes in the order of their numbers.
        unclear: As for `from_frame`, where a task has several arrays.

    Returns:
        The data, a mapping by task that `MultiTaskModel.fit` takes as it is, `data["digit"]` what
        `fit`, `compare` and the other verbs take; with `split` a dict of such by part. Inputs keep
        their dtype.

    Raises:
        DataNotFound: There is no such file.
        InvalidTaskData: The file is damaged or holds pickled objects, an array is not there, has
            another number of rows, or is an input and a target at once, or a task has no label.
        InvalidLabels: Labels do not fit the kind of a task.
        TypeError, ValueError: An argument is not what it must be.

    Example:
        >>> import keras_mtl, numpy as np
        >>> arrays = {
        ...     "train_image": np.zeros((60, 8, 8)), "test_image": np.zeros((30, 8, 8)),
        ...     "train_digit": np.arange(60) % 10, "test_digit": np.arange(30) % 10,
        ...     "train_writer": np.arange(60) % 3, "test_writer": np.arange(30) % 3}
        >>> data = keras_mtl.datasets.from_arrays(
        ...     arrays, "image", ["digit", "writer"], labels={"digit": 20},
        ...     split={"train": "train_{}", "test": "test_{}"})
        >>> len(data["train"]["digit"]), len(data["train"]["writer"]), len(data["test"]["digit"])
        (20, 60, 30)
    """
    seed = random_seed("seed", seed)
    targets = named_targets(tasks)
    kinds = check_by_task("kinds", kinds, targets)
    classes = check_by_task("classes", classes, targets)
    chosen = _chosen(inputs)
    check_no_target(list(chosen.values()), targets)
    grouping = checked_groups_name(groups, targets)
    grouped = [] if grouping is None else [grouping]
    arrays = NamedArrays(source)
    patterns = _patterns(split)
    read = {
        name: [arrays.read(pattern.replace(PLACE, name)) for pattern in patterns.values()]
        for name in dict.fromkeys([*chosen.values(), *names_of(targets), *grouped])
    }
    sizes = _part_sizes(read, patterns)
    measured = [
        one for task, names in targets.items() if kinds.get(task) == REGRESSION for one in names
    ]
    columns = {
        name: Column(*label_column(_joined(read[name]), measured=name in measured), name)
        for name in names_of(targets)
    }
    together = None
    if grouping is not None:
        values = label_column(_joined(read[grouping]), measured=True)
        together = RowGroups.checked(grouping, *values)
    known = read_targets(columns, targets, kinds, classes, unclear)
    warn_of_unclear(known.notes, unclear)
    reader = ArrayRows(
        {one: _joined(read[name]) for one, name in chosen.items()},
        is_single=isinstance(inputs, str),
    )
    if "" in sizes:
        shares = cast(Mapping[str, float] | None, split)
        return in_parts(_part(reader, known, together, 0, sizes[""], TRAIN), shares, labels, seed)
    return _parts_as_given(reader, known, together, sizes, labels, seed)


def _chosen(inputs: Any) -> dict[str, str]:
    """Return the name of the array of each input."""
    if isinstance(inputs, str):
        inputs = [inputs]
    if isinstance(inputs, list | tuple) and all(isinstance(name, str) for name in inputs):
        inputs = {name: name for name in inputs}
    is_dict = isinstance(inputs, Mapping) and len(inputs) > 0
    if not is_dict or not all(isinstance(one, str) for pair in inputs.items() for one in pair):
        raise TypeError(
            "`inputs` is the name of an array, a list of names, or a dict `{input: name}`. "
            f"Received: {inputs!r}."
        )
    return dict(inputs)


def _patterns(split: Any) -> dict[str, str]:
    """Return what the arrays of each part are called; as they are if parts have no patterns."""
    if not isinstance(split, Mapping) or not any(isinstance(one, str) for one in split.values()):
        return {"": PLACE}
    for part, pattern in split.items():
        if not isinstance(pattern, str) or PLACE not in pattern or not isinstance(part, str):
            raise ValueError(
                "`split` gives each part its share, or each part what its arrays are called, with "
                f'`{{}}` for the name, such as `{{"train": "train_{{}}", "test": "test_{{}}"}}`. '
                f"Received: {pattern!r} for {part!r}."
            )
    return dict(split)


def _part_sizes(
    read: Mapping[str, Sequence[np.ndarray]], patterns: Mapping[str, str]
) -> dict[str, int]:
    """Return the number of rows of each part, which all arrays of the part have.

    Raises:
        InvalidTaskData: The arrays of a part differ in length, or are empty.
    """
    sizes = {}
    for index, (part, pattern) in enumerate(patterns.items()):
        lengths = {pattern.replace(PLACE, name): len(given[index]) for name, given in read.items()}
        if len(set(lengths.values())) > 1:
            raise InvalidTaskData(
                f"All arrays have a row for each object. Received these numbers of rows: {lengths}."
            )
        sizes[part] = next(iter(lengths.values()))
        if not sizes[part]:
            raise InvalidTaskData(f"The arrays {list(lengths)} are empty.")
    return sizes


def _joined(parts: Sequence[np.ndarray]) -> np.ndarray:
    if len(parts) == 1:
        return parts[0]
    masked = any(isinstance(one, np.ma.MaskedArray) for one in parts)
    joined: np.ndarray = np.ma.concatenate(parts) if masked else np.concatenate(parts)
    return joined


def _part(
    reader: ArrayRows,
    known: ReadTargets,
    together: RowGroups | None,
    start: int,
    size: int,
    part: str,
) -> MultiTaskDataset:
    """Return the rows from `start` on that are not left out."""
    rows = np.arange(start, start + size)
    rows = rows[~known.dropped[rows]]
    labels = {task: one.at(rows) for task, one in known.labels.items()}
    groups = None if together is None else together.at(rows)
    return MultiTaskDataset(reader, rows, labels, part=part, notes=known.notes, groups=groups)


def _parts_as_given(
    reader: ArrayRows,
    known: ReadTargets,
    together: RowGroups | None,
    sizes: Mapping[str, int],
    labels: Mapping[str, int] | None,
    seed: int,
) -> dict[str, MultiTaskDataset]:
    """Return the parts that the names of the arrays tell; the first one has the budgets."""
    parts, start = {}, 0
    for part, size in sizes.items():
        parts[part] = _part(reader, known, together, start, size, part)
        start += size
    check_groups_apart({part: data.groups for part, data in parts.items()})
    first = next(iter(parts))
    budgeted = in_parts(parts[first], None, labels, seed)
    return {**parts, first: cast(MultiTaskDataset, budgeted)}
