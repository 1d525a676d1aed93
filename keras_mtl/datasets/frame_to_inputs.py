"""Rows of a later table as the inputs of a trained model."""

from __future__ import annotations

from typing import Any

from keras_mtl.batches.row_reader import structured
from keras_mtl.datasets.frame_inputs import FrameRows, RawColumn
from keras_mtl.datasets.frame_reading import check_columns, read_frame
from keras_mtl.datasets.multi_task_dataset import MultiTaskDataset
from keras_mtl.datasets.task_dataset import TaskDataset


def frame_to_inputs(data: MultiTaskDataset | TaskDataset, frame: Any) -> Any:
    """Return the inputs of further rows as a model takes them that was trained on some data.

    Use it to predict for rows without labels: gaps are filled, and texts become whole numbers, as
    in the rows that the model was trained on.

    Args:
        data: What `from_frame` gave, a part of it or one task.
        frame: A table with the columns of the inputs; others are ignored. A frame or a path, as
            for `from_frame`.

    Returns:
        A dict of arrays by the names of the inputs, or one array if the data have a single input.

    Raises:
        InvalidTaskData: A column is not there, cannot be used, or has a gap that nothing fills.
        DataNotFound: There is no such file.
        TypeError: `data` does not come from `from_frame`.

    Example:
        >>> import keras_mtl
        >>> table = {"job": ["clerk", "cleaner", "clerk"], "sex": ["m", "f", "f"]}
        >>> data = keras_mtl.datasets.from_frame(table, ["job"], "sex", encode=True)
        >>> keras_mtl.datasets.frame_to_inputs(data, {"job": ["clerk", "pilot"]})
        {'job': array([2, 0], dtype=int32)}
    """
    reader = data.reader if isinstance(data, MultiTaskDataset | TaskDataset) else None
    if not isinstance(reader, FrameRows):
        raise TypeError(
            "`data` is what `keras_mtl.datasets.from_frame` gave. "
            f"Received: `{type(data).__name__}`."
        )
    table = read_frame(frame, "frame")
    names = [column.name for one in reader.inputs for column in one.columns]
    check_columns(names, table, "data", "the table")
    raw = {name: RawColumn.of(table, name) for name in names}
    return structured(reader, {one.name: one.read(raw) for one in reader.inputs})
