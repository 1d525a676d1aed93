"""Inputs that give the labels away."""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence

import numpy as np

from keras_mtl.datasets.frame_inputs import RawColumn
from keras_mtl.datasets.named_targets import Targets
from keras_mtl.datasets.task_labels import REGRESSION, TaskLabels
from keras_mtl.errors import InvalidTaskData

FEWEST_ROWS = 20
"""Rows below which an input may well tell the labels by chance."""


def check_no_target(inputs: Sequence[str], targets: Targets) -> None:
    """Refuse columns or arrays that are inputs and targets at once.

    Raises:
        InvalidTaskData: One is: a model would read the answer off its inputs.
    """
    owners = {column: task for task, columns in targets.items() for column in columns}
    for name in inputs:
        if name in owners:
            raise InvalidTaskData(
                f"`inputs` names {name!r}, which has the labels of the task "
                f"{owners[name]!r} (leakage): the model would read the answer off its inputs. "
                "Leave it out of `inputs`."
            )


def warn_of_copies(columns: Mapping[str, RawColumn], labels: Mapping[str, TaskLabels]) -> None:
    """Warn of inputs that say the same as the labels of a task, in other words."""
    for task, known in labels.items():
        if known.values.ndim > 1 or known.present.sum() < FEWEST_ROWS:
            continue
        for name, raw in columns.items():
            if raw.values.ndim == 1 and _is_copy(raw, known):
                warnings.warn(
                    f"The input {name!r} tells the labels of the task {task!r} exactly: each of "
                    "its values goes with one label, and each label with one value (leakage). "
                    "Leave it out of `inputs`, unless it will be known where the model is used.",
                    stacklevel=3,
                )


def _is_copy(raw: RawColumn, known: TaskLabels) -> bool:
    """Return whether values and labels correspond one to one."""
    rows = known.present & ~raw.missing
    values, labels = raw.values[rows], known.values[rows]
    if len(values) < FEWEST_ROWS:
        return False
    if known.kind == REGRESSION:
        return values.dtype != object and bool(np.array_equal(values.astype(np.float32), labels))
    _, codes = np.unique(values, return_inverse=True)
    num_labels = len(np.unique(labels))
    if codes.max() + 1 != num_labels or num_labels < 2:
        return False
    pairs = np.unique(np.stack([codes, labels.astype(np.int64)]), axis=1)
    return bool(pairs.shape[1] == num_labels)
