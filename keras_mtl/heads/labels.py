"""Labels are checked against the head that learns them, before training starts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_mtl.common.label_arrays import label_array
from keras_mtl.common.number_arrays import check_finite
from keras_mtl.common.shapes import Shape
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.class_names import NamedLabels, labels_by_name, text_labels
from keras_mtl.heads.head import Head
from keras_mtl.heads.kinds.task_kind import TaskKind


@dataclass(frozen=True)
class LabelRule:
    """What labels must be to fit a head; unlike the head it can be handed to other processes.

    Attributes:
        kind: The kind of the task.
        units: Number of outputs of the head.
        places: Dimensions between samples and units, for an output at every place.
        classes: The names by which labels may be given, if the classes have names.
        names_only: Whether labels by number are not looked at: nothing is known of the loss.
    """

    kind: TaskKind
    units: int
    places: Shape
    classes: tuple[str, ...] | None = None
    names_only: bool = False

    @classmethod
    def of(cls, head: Head, *, names_only: bool = False) -> LabelRule:
        """Return the rule of a head."""
        return cls(head.task_kind, head.units, _places(head), head.classes, names_only)

    def check(self, labels: Any, *, argument: str = "y") -> Any:
        """Return the labels as `check_labels` does."""
        if self.names_only and not self.are_names(labels):
            return labels
        subject = f"`{argument}`"
        if np.ma.is_masked(labels):
            raise InvalidLabels(
                f"{subject} is a masked array in which {np.ma.count_masked(labels)} values are "
                "masked. Leave out their samples."
            )
        array = self._numbers(without_tensor(labels), subject)
        if not len(array):
            raise InvalidLabels(f"{subject} is empty; expected a label for each sample.")
        return self.fitting(array, subject)

    def are_names(self, labels: Any) -> bool:
        """Return whether labels are given by the names of the classes."""
        return self.classes is not None and text_labels(without_tensor(labels)) is not None

    def by_name(self, labels: Any, subject: str) -> NamedLabels | None:
        """Return labels that are given by name; None if they are numbers, or there are no names.

        Raises:
            InvalidLabels: A name is unknown.
        """
        if self.classes is None:
            return None
        return labels_by_name(labels, self.kind, self.classes, subject)

    def _numbers(self, labels: Any, subject: str) -> np.ndarray:
        named = self.by_name(labels, subject)
        if named is None:
            return label_array(labels, subject)
        if named.missing.any():
            row = int(np.argwhere(named.missing)[0][0])
            raise InvalidLabels(
                f"{subject} has no label in row {row}: it is None, NaN or empty. Leave out the "
                "samples without a label."
            )
        return named.values

    def fitting(self, array: np.ndarray, subject: str) -> np.ndarray:
        """Return the labels as `fitting_labels` does."""
        check_finite(array, subject, InvalidLabels)
        return self.kind.check_labels(array, self.units, self.places, subject)


def check_labels(head: Head, labels: Any, *, argument: str = "y") -> np.ndarray:
    """Return the labels as an array that `fit` takes, if they fit the head.

    Every sample needs its label here; `batches.missing_labels` reads labels with gaps.

    Args:
        head: The head that is to learn the labels.
        labels: An array, a tensor, a pandas object or a list.
        argument: What messages call the labels.

    Returns:
        An array of the same shape and values. Class indices become integers: floats are accepted
        if all of them are whole.

    Raises:
        InvalidLabels: They have the wrong dtype, shape or values, or there are none.
    """
    return LabelRule.of(head).check(labels, argument=argument)


def fitting_labels(head: Head, array: np.ndarray, subject: str) -> np.ndarray:
    """Return labels that fit the head; class indices as integers.

    Args:
        head: The head that is to learn the labels.
        array: Real numbers, one row for each sample.
        subject: What messages begin with, such as "`y`".

    Raises:
        InvalidLabels: They are not finite, or have the wrong shape or values.
    """
    return LabelRule.of(head).fitting(array, subject)


def labels_like(spec: Any, classes: Sequence[str] | None) -> np.ndarray:
    """Return labels of the shape and dtype of a `tf.TensorSpec`, of which no values are known.

    Zeros are labels of every kind, and so is a name where the classes have names.
    """
    shape = [size or 1 for size in spec.shape]
    if spec.dtype.name == "string":
        return np.full(shape, classes[0] if classes else "", object if classes else "U1")
    return np.zeros(shape, spec.dtype.as_numpy_dtype)


def without_tensor(values: Any) -> Any:
    """Return a tensor of the backend as a NumPy array; anything else as it is."""
    return keras.ops.convert_to_numpy(values) if keras.ops.is_tensor(values) else values


def _places(head: Head) -> Shape:
    """Return the dimensions between samples and units, for an output at every place."""
    return tuple(head.output.shape[1:-1]) if head.pooling == "none" else ()
