"""Data sets as `{task: (x, y)}`.

Example:
    >>> import keras_mtl
    >>> x, y = keras_mtl.datasets.digits(labels={"digit": 50})["digit"]
    >>> len(y)
    50
"""

from keras_mtl.datasets.budgets import nested_budget
from keras_mtl.datasets.describe import describe
from keras_mtl.datasets.digits import digits
from keras_mtl.datasets.frame_to_inputs import frame_to_inputs
from keras_mtl.datasets.from_arrays import from_arrays
from keras_mtl.datasets.from_folder import from_folder
from keras_mtl.datasets.from_frame import from_frame
from keras_mtl.datasets.load import load
from keras_mtl.datasets.multi_task_dataset import MultiTaskDataset
from keras_mtl.datasets.tabular_inputs import tabular_inputs
from keras_mtl.datasets.task_dataset import TaskDataset

__all__ = [
    "MultiTaskDataset",
    "TaskDataset",
    "describe",
    "digits",
    "frame_to_inputs",
    "from_arrays",
    "from_folder",
    "from_frame",
    "load",
    "nested_budget",
    "tabular_inputs",
]
