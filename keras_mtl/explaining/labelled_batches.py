"""Batches of inputs with their labels, from arrays or from a stream."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.batch import hint_for_dicts
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.source import DataSource
from keras_mtl.errors import InvalidFeatures, InvalidLabels
from keras_mtl.heads.task_names import check_task


def recognised(x: Any, y: Any) -> DataSource:
    """Return the data, which have labels.

    Raises:
        InvalidFeatures: Batches have no end.
        InvalidLabels: Arrays come without labels.
        ValueError: `y` is given beside batches.
    """
    source = recognise(x, y)
    if isinstance(source, ArraySource) and y is None:
        hint = " Pass `explain(model, *data)`." if isinstance(x, tuple) and len(x) == 2 else ""
        raise InvalidLabels(
            f"`y` is missing: `explain` compares predictions with labels. Received: x of type "
            f"`{source.kind}` alone.{hint}"
        )
    if source.is_endless:
        raise InvalidFeatures(
            f"`x`, a `{source.kind}`, has no end, so it cannot be read through. Leave out what "
            "repeats it, such as `.repeat()`, or use `.take(batches)`."
        )
    return source


def labelled_batches(source: DataSource, task: str | None) -> Iterator[tuple[Any, Any]]:
    """Yield the inputs and the labels of each batch of a stream, as they come.

    Args:
        source: The stream.
        task: Which of several labels, if they are a dict.

    Raises:
        InvalidFeatures: There are no batches.
        InvalidLabels: A batch has no labels.
    """
    is_empty = True
    for batch in source.batches():
        x, y, _ = keras.utils.unpack_x_y_sample_weight(batch)
        if y is None:
            raise InvalidLabels(
                f"`x` must give batches `(inputs, labels)`. Received: a `{source.kind}` whose "
                f"batches have no labels.{hint_for_dicts(batch)}"
            )
        is_empty = False
        yield x, labels_of_task(y, task)
    if is_empty:
        raise InvalidFeatures(f"`x` gives no batches. Received: `{source.kind}`.")


def labels_of_task(y: Any, task: str | None) -> Any:
    """Return the labels of one task, where labels are a dict by task.

    Raises:
        TaskNotFound: There are none of this task.
        InvalidLabels: There are several tasks, and none is named.
    """
    if not isinstance(y, Mapping):
        return y
    if task is None and len(y) != 1:
        raise InvalidLabels(f"The labels are of the tasks {list(y)}; name one by `task`.")
    return y[check_task(next(iter(y)) if task is None else task, y, where="`task`")]


def check_count(rows: int, labels: Any, what: str = "The data") -> None:
    """Refuse another number of labels than of rows.

    Raises:
        InvalidLabels: They differ.
    """
    if not hasattr(labels, "__len__") or np.ndim(labels) == 0:
        raise InvalidLabels(f"`y` must have a label for each row. Received: {labels!r}.")
    if len(labels) != rows:
        raise InvalidLabels(
            f"{what} must have a label for each row. Received: {len(labels)} labels and {rows} "
            "rows."
        )
