"""The labels of the task that depths are scored for."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_mtl.common.arguments import one_of
from keras_mtl.common.label_arrays import are_whole, label_array
from keras_mtl.common.number_arrays import check_finite
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.class_names import labels_by_name
from keras_mtl.heads.head import Head
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.kinds.task_kind import TaskKind
from keras_mtl.heads.labels import without_tensor
from keras_mtl.heads.probe_targets import ProbeTargets

AUTO = "auto"


def check_kind(kind: str | Head) -> str | Head:
    """Return the name of a kind, `"auto"`, or a head.

    Raises:
        ValueError: It is something else.
    """
    if isinstance(kind, Head):
        return kind
    return one_of("kind", kind, (AUTO, *KINDS.names))


def probe_targets(y: Any, samples: int, kind: str | Head) -> ProbeTargets:
    """Return the labels as targets, if they are those of a task that can be scored.

    Args:
        y: An array, a tensor, a pandas object or a list, of numbers; of names if `kind` is a head
            whose classes have names.
        samples: Number of samples.
        kind: Name of a kind, or `"auto"`: whole numbers are classes, whatever their dtype; others
            are numbers. Or a head of the kind, whose classes may have names.

    Raises:
        InvalidLabels: They do not fit `kind`, there is one class only, or their number differs.
    """
    labels = _numbers(without_tensor(y), kind)
    check_finite(labels, "`y`", InvalidLabels)
    if isinstance(kind, Head):
        return kind.task_kind.probe_targets(labels, samples)
    task_kind = _recognised(labels) if kind == AUTO else KINDS.find(kind)
    return task_kind.probe_targets(labels, samples)


def _numbers(y: Any, kind: str | Head) -> np.ndarray:
    """Return the labels; names of classes by their numbers in a head that knows the names."""
    named = None
    if isinstance(kind, Head) and kind.classes is not None:
        named = labels_by_name(y, kind.task_kind, kind.classes, "`y`")
    if named is None:
        return label_array(y, "`y`")
    if named.missing.any():
        row = int(np.argwhere(named.missing)[0][0])
        raise InvalidLabels(f"`y` names no class in row {row}. Leave out samples without a label.")
    return named.values


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
