"""Small data of two tasks on the same rows."""

import numpy as np

from keras_mtl.batches.row_reader import ArrayRows
from keras_mtl.datasets.multi_task_dataset import MultiTaskDataset
from keras_mtl.datasets.task_labels import TaskLabels

HAIR = ("black", "blond", "grey")


def two_tasks(rows=90, *, labelled=0.7, seed=0, width=4):
    """Numbers in which sex is the sign of the first one, and hair the largest of three."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(rows, width)).astype("float32")
    sex = TaskLabels((x[:, 0] > 0).astype("int32"), np.ones(rows, bool), classes=("female", "male"))
    hair = TaskLabels(
        x[:, :3].argmax(1).astype("int32"), random.random(rows) < labelled, classes=HAIR
    )
    reader = ArrayRows({"x": x}, is_single=True)
    return MultiTaskDataset(reader, np.arange(rows), {"sex": sex, "hair": hair})
