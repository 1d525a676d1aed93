"""Data frames, CSV files and Parquet files as the data of several tasks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from keras_mtl.common.arguments import one_of, random_seed
from keras_mtl.datasets.column_targets import frame_targets
from keras_mtl.datasets.frame_inputs import FrameRows, RawColumn, columns_of
from keras_mtl.datasets.frame_reading import check_columns, read_frame
from keras_mtl.datasets.input_columns import (
    chosen_inputs,
    encoded_columns,
    kept_rows,
    warn_of_numbers_in_text,
)
from keras_mtl.datasets.leakage import check_no_target, warn_of_copies
from keras_mtl.datasets.multi_task_dataset import MultiTaskDataset, in_parts
from keras_mtl.datasets.named_targets import check_by_task, named_targets, names_of
from keras_mtl.datasets.one_of_columns import warn_of_unclear
from keras_mtl.datasets.row_groups import checked_groups_name, frame_groups

MISSING = ("error", "drop", "fill")


def from_frame(
    frame: Any,
    inputs: Any = None,
    tasks: Any = None,
    *,
    labels: Mapping[str, int] | None = None,
    split: Mapping[str, float] | None = None,
    groups: str | None = None,
    seed: int = 0,
    kinds: Mapping[str, str] | None = None,
    classes: Mapping[str, Sequence[str]] | None = None,
    missing: str = "error",
    encode: bool | Sequence[str] = False,
    unclear: str | None = None,
) -> MultiTaskDataset | dict[str, MultiTaskDataset]:
    """Read a table as the data of several tasks: inputs and labels are its columns.

    Columns of numbers keep their dtype, columns of texts and categories become `str` objects, lists
    of one length (as Parquet files have them) become vectors. Each column is an input under its
    name. `tabular_inputs` makes the input layers of a model for them.

    Args:
        frame: A `pandas.DataFrame`, a dict of columns, or the path of a CSV file (`.csv`, `.tsv`)
            or of a Parquet file (`.parquet`, which needs pyarrow).
        inputs: The names of the columns that are inputs; all but those of `tasks` and `groups` by
            default. One name for a model with one input. A dict `{input: column}` gives inputs
            other names; a list of columns of numbers, `{input: [column, column]}`, makes one vector
            of them.
        tasks: For each task the column with its labels, `{"income": "income"}`, or a list of
            columns. Texts, categories, booleans and whole numbers are classes, other numbers are
            measured. Several columns of 0 and 1 (or -1 and 1) are one class, called as the column
            that is 1; of several columns of other numbers all are predicted.
        labels: How many rows are labelled, by task, such as `{"income": 100}`: drawn stratified and
            nested, as by `nested_budget`.
        split: The share of the rows of each part, such as `{"train": 0.8, "test": 0.2}`. No row is
            in two parts, whatever the task.
        groups: The column that says which rows belong together, such as the number of
            a person: all rows of a group are in one part. None, the default, if each row stands
            alone.
        seed: Seed of both draws, 0 by default.
        kinds: The kinds of some tasks, where the columns tell another one:
            `{"age": "regression"}`, `"binary"`, `"multilabel"` or `"classification"`.
        classes: For some tasks the names of the classes in the order of their numbers. By default
            those that occur, texts in the order of the alphabet; of a categorical column its
            categories; of whole numbers from 0 on none. Give them where two tables must have the
            same numbers.
        missing: What becomes of rows with a gap in an input: `"error"` (the default) refuses them;
            `"drop"` leaves them out; `"fill"` puts the median of the rows to train on into numbers
            and `"missing"` into texts. Gaps in the labels are always allowed: such a row has no
            label for that task.
        encode: True: texts become whole numbers (int32) from 1 on, in the order of the alphabet,
            and 0 stands for texts that are not among the rows to train on. A list of columns does
            the same with these, numbers as well as texts. False by default. JAX and torch
            need it, as they know no texts.
        unclear: What becomes of rows to which several columns give no class, or several:
            `"missing"`, no label of that task; `"drop"`, no row for any task; `"error"`. By default
            `"missing"`, with a warning.

    Returns:
        The data, a mapping by task that `MultiTaskModel.fit` takes as it is, `data["income"]` what
        `fit`, `compare` and the other verbs take; with `split` a dict of such by part. What was
        left out is said below the table that it prints as. `data["income"].rows` are the numbers of
        the rows in the table, as `frame.iloc` takes them.

    Raises:
        MissingExtra: pandas, or pyarrow for a Parquet file, is not installed.
        DataNotFound: There is no such file.
        InvalidTaskData: The file is no table, a column is not there or cannot be used, a target is
            among the inputs, an input has gaps, or a task has no label at all.
        InvalidLabels: Labels do not fit the kind of a task.
        TypeError, ValueError: An argument is not what it must be.

    Example:
        >>> import keras_mtl, pandas
        >>> frame = pandas.DataFrame({
        ...     "age": [39, 50, 38, 53], "job": ["clerk", "manager", "cleaner", "cleaner"],
        ...     "sex": ["m", "m", "f", "f"], "income": ["low", "high", None, "low"]})
        >>> data = keras_mtl.datasets.from_frame(frame, ["age", "job"], ["sex", "income"])
        >>> data["sex"].classes, len(data["sex"]), len(data["income"])
        (('f', 'm'), 4, 3)
        >>> x, y = data["income"]
        >>> x["job"].tolist(), y.tolist()
        (['clerk', 'manager', 'cleaner'], [1, 0, 1])
    """
    one_of("missing", missing, MISSING)
    seed = random_seed("seed", seed)
    targets = named_targets(tasks)
    kinds = check_by_task("kinds", kinds, targets)
    classes = check_by_task("classes", classes, targets)
    table = read_frame(frame, "frame")
    what = "the table"
    check_columns(names_of(targets), table, "tasks", what)
    together = frame_groups(table, checked_groups_name(groups, targets), what)
    chosen = chosen_inputs(inputs, [one for one in table.columns if one != groups], targets)
    names = [column for given in chosen.values() for column in columns_of(given)]
    check_no_target(names, targets)
    check_columns(names, table, "inputs", what)
    read = frame_targets(table, targets, kinds, classes, unclear)
    warn_of_unclear(read.notes, unclear)
    raw = {name: RawColumn.of(table, name) for name in names}
    warn_of_numbers_in_text(raw)
    encoded = encoded_columns(encode, raw, chosen)
    kept, notes = kept_rows(raw, read.dropped, missing)
    raw = {name: column.at(kept) for name, column in raw.items()}
    known = {task: one.at(kept) for task, one in read.labels.items()}
    warn_of_copies(raw, known)

    def reader_for(train: np.ndarray) -> FrameRows:
        """Return the reader of all rows; what is learnt from inputs is learnt from some of them."""
        return FrameRows.fitted(
            chosen,
            raw,
            kept,
            train,
            fill=missing == "fill",
            encoded=encoded,
            is_single=isinstance(inputs, str),
        )

    data = MultiTaskDataset(
        reader_for(kept),
        kept,
        known,
        notes=(*read.notes, *notes),
        groups=None if together is None else together.at(kept),
    )
    divided = in_parts(data, split, labels, seed)
    if isinstance(divided, dict) and (encoded or missing == "fill"):
        reader = reader_for(next(iter(divided.values())).rows)
        for part in divided.values():
            part.reader = reader
    return divided
