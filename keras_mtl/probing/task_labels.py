"""The labels of the task that depths are scored for."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_mtl.common.arguments import one_of
from keras_mtl.common.label_arrays import are_whole, label_array
from keras_mtl.common.number_arrays import check_finite
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.class_names import text_labels
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.kinds.task_kind import TaskKind
from keras_mtl.heads.labels import without_tensor
from keras_mtl.heads.probe_targets import ProbeTargets

AUTO = "auto"


def check_kind(kind: str) -> str:
    """Return the name of a kind, or `"auto"`.

    Raises:
        ValueError: It is neither.
    """
    return one_of("kind", kind, (AUTO, *KINDS.names))


def probe_targets(y: Any, samples: int, kind: str) -> ProbeTargets:
    """Return the labels as targets, if they are those of a task that can be scored.

    Args:
        y: An array, a tensor, a pandas object or a list, of numbers or names of classes.
        samples: Number of samples.
        kind: Name of a kind, or `"auto"`: whole numbers are classes, whatever their dtype; others
            are numbers.

    Raises:
        InvalidLabels: They do not fit `kind`, there is one class only, or their number differs.
    """
    labels = _numbers(without_tensor(y))
    check_finite(labels, "`y`", InvalidLabels)
    task_kind = _recognised(labels) if kind == AUTO else KINDS.find(kind)
    return task_kind.probe_targets(labels, samples)


def _numbers(y: Any) -> np.ndarray:
    """Return the labels; names of classes as numbers, whose order says nothing to a probe."""
    text = text_labels(y)
    if text is None:
        return label_array(y, "`y`")
    named = np.array([isinstance(value, str) and value != "" for value in text.flat])
    if not named.all():
        row = int(np.argmin(named)) // (text.size // len(text))
        raise InvalidLabels(
            f"`y` holds names of classes, but none in row {row}. Leave out the samples without a "
            "label."
        )
    return np.unique(text.astype(str), return_inverse=True)[1].reshape(text.shape)


def _recognised(labels: np.ndarray) -> TaskKind:
    """Return the kind of the labels, as `type_of_target` of scikit-learn tells it."""
    if not are_whole(labels):
        return KINDS.find("regression")
    if labels.ndim == 2 and labels.shape[1] > 1:
        raise InvalidLabels(
            f"`y` holds whole numbers in the shape {labels.shape}. For one-hot labels pass "
            '`y.argmax(axis=1)`; for yes-or-no labels pass `kind="multilabel"`; for numbers pass '
            '`kind="regression"`.'
        )
    return KINDS.find("classification")
