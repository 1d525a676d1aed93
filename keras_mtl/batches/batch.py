"""The rows that one step trains on."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np

EACH_ITS_OWN = (
    "For tasks with rows of their own give `MultiTaskModel.fit` a dict of data sets, such as "
    '`{"sex": (x1, y1), "hair": data_set}`, and not one data set of them all.'
)
"""Advice for data sets that are zipped: the batches of several tasks in one."""

UNBATCHED = "The data come sample by sample: add `.batch(32)` to a `tf.data.Dataset`."
"""Advice for a stream that gives single samples in the place of batches."""


class OwnRows(NamedTuple):
    """The inputs of those rows of a batch that one of several processes computes with.

    Attributes:
        values: The inputs, in the structure of the inputs of the model.
    """

    values: Any


class Batch(NamedTuple):
    """One batch, or all rows of a data set.

    Attributes:
        x: Inputs in the structure of the model's own: NumPy arrays, or TensorFlow's tensors from a
            `tf.data.Dataset` under the TensorFlow backend. `OwnRows` where several processes share
            the rows, each of which has the labels of all.
        y: Labels, a NumPy array. Of joint data a dict of them by the tasks' names, and so are the
            next two.
        sample_weight: None, or weights of shape `(batch,)`.
        mask: None where every row has its label, else booleans of shape `(batch,)`: True where
            the row has one. The labels of the others are 0 and mean nothing.
    """

    x: Any
    y: Any
    sample_weight: Any = None
    mask: Any = None

    def rows(self, indices: np.ndarray | slice) -> Batch:
        """Return the batch of the rows with these indices."""
        return keras.tree.map_structure(
            lambda values: None if values is None else values[indices], self
        )

    def unlabelled(self, name: str) -> list[str]:
        """Return the tasks without any label; a single task is called `name`."""
        masks = self.mask if isinstance(self.mask, dict) else {name: self.mask}
        return [task for task, mask in masks.items() if mask is not None and not mask.any()]

    @property
    def num_rows(self) -> int:
        """The number of samples."""
        return len(keras.tree.flatten(self.y)[0])


def hint_for_dicts(batch: Any) -> str:
    """Return advice for batches that are dicts, or "" for others."""
    if not isinstance(batch, dict):
        return ""
    if batch and all(isinstance(value, tuple) for value in batch.values()):
        return f" {EACH_ITS_OWN}"
    return (
        " A data set of tensorflow-datasets gives dicts unless it is loaded with "
        "`as_supervised=True`. Of any data set of dicts, pick the parts: "
        '`.map(lambda row: (row["image"], row["label"]))`.'
    )
