"""Classes of any kind as the labels of a classifier."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.utils import column_or_1d
from sklearn.utils.multiclass import type_of_target

from keras_mtl.errors import InvalidLabels
from keras_mtl.estimators.labels.label_form import Floats, LabelForm, label_column
from keras_mtl.heads.head import Head
from keras_mtl.heads.pooling import Pooling
from keras_mtl.linear.losses import SoftmaxLoss

TINY = 1e-7
"""The smallest probability in a cross-entropy, as in Keras."""
SHOWN = 5
"""Classes that a message lists."""


class ClassForm(LabelForm):
    """One class for each sample: texts, numbers or booleans. Their values are their positions.

    Args:
        classes: The different labels, sorted.
    """

    loss = SoftmaxLoss()

    def __init__(self, classes: np.ndarray) -> None:
        self.classes = classes

    @classmethod
    def read(cls, y: Any, samples: int) -> tuple[ClassForm, np.ndarray]:
        """Return the classes in `y`, and the position of each label among them."""
        labels = _one_column(label_column(y, samples))
        _check_known(labels)
        classes, values = _sorted_classes(labels)
        _check_kind(labels)
        return cls(classes), values

    def is_enough(self, values: np.ndarray) -> bool:
        """Return whether there are two classes."""
        return len(np.unique(values)) > 1

    def can_rank(self, values: np.ndarray) -> bool:
        """Return whether some class has two samples."""
        return len(np.unique(values)) < len(values)

    def _too_few(self, values: np.ndarray) -> str:
        only = self.classes.tolist()[values[0]]
        return (
            f"`y` holds one class only, {only!r}, in {len(values)} sample(s) "
            "whose weight is not zero; a classifier needs samples of two classes at least."
        )

    def strata(self, values: np.ndarray) -> np.ndarray:
        """Return the classes."""
        return values

    def head(self, pooling: Pooling) -> Head:
        """Return a head with a probability for each class, by name where the classes are texts."""
        names = self.classes.tolist()
        if all(isinstance(name, str) and name for name in names):
            return Head(classes=names, pooling=pooling, name="head")
        return Head(len(names), pooling=pooling, name="head")

    def targets(self, values: np.ndarray) -> Floats:
        """Return the classes one-hot."""
        return np.eye(len(self.classes))[values]

    def metrics(self, values: np.ndarray, outputs: Floats, weights: Floats) -> dict[str, float]:
        """Return the cross-entropy and the accuracy."""
        likelihoods = np.log(outputs[np.arange(len(values)), values].clip(min=TINY))
        right = outputs.argmax(axis=1) == values
        return {
            "accuracy": float(np.average(right, weights=weights)),
            "loss": float(-np.average(likelihoods, weights=weights)),
        }

    def activate(self, linear: Floats) -> Floats:
        """Return probabilities."""
        exponentials = np.exp(linear - linear.max(axis=1, keepdims=True))
        return exponentials / exponentials.sum(axis=1, keepdims=True)

    def gains(self, values: np.ndarray, outputs: Floats, scale: np.ndarray) -> Floats:
        """Return 1 for each right class."""
        return (outputs.argmax(axis=1) == values).astype(np.float64)

    def values_of(self, y: Any, samples: int) -> np.ndarray:
        """Return the position of each label among the classes; a label of no class is refused."""
        known, values = ClassForm.read(y, samples)
        positions = {name: position for position, name in enumerate(self.classes.tolist())}
        unknown = [name for name in known.classes.tolist() if name not in positions]
        if unknown:
            raise InvalidLabels(
                f"Nothing teaches the classes {unknown[:SHOWN]}: they are not among those that are "
                f"learnt, {list(positions)[:SHOWN]}{' ...' if len(positions) > SHOWN else ''}. "
                "Leave out their samples, or add some to train on."
            )
        return np.array([positions[name] for name in known.classes.tolist()])[values]

    def gains_of_labels(
        self, values: np.ndarray, predicted: np.ndarray, scale: np.ndarray
    ) -> Floats:
        """Return 1 for each right class."""
        right = self.classes[values] == np.asarray(predicted).reshape(len(values))
        return right.astype(np.float64)

    def decode(self, outputs: Floats) -> np.ndarray:
        """Return the likeliest class of each sample."""
        return self.classes[outputs.argmax(axis=1)]


def _one_column(y: Any) -> np.ndarray:
    """Return labels as an array of one dimension; of objects of one type as an array of that."""
    shape = np.shape(y)
    if len(shape) > 2 or (len(shape) == 2 and shape[1] != 1):
        raise InvalidLabels(
            "`y` must have the shape (samples,), one class for each sample. Received the shape: "
            f"{shape}. For several yes-or-no labels of each sample use `keras_mtl.Head(n, "
            '"multilabel")` with `keras_mtl.transfer`.'
        )
    values = np.asarray(y)
    if len(shape) == 2:
        values = column_or_1d(values, warn=True)
    if values.dtype == object and len({type(value) for value in values}) == 1:
        alike = np.array(values.tolist())
        values = alike if alike.dtype.kind in "biuf" else values
    return values


def _check_known(labels: np.ndarray) -> None:
    """Refuse NaN, None and infinite numbers."""
    if labels.dtype.kind == "f":
        unknown = ~np.isfinite(labels)
    else:
        unknown = np.array([_is_missing(value) for value in labels.tolist()], bool)
    if unknown.any():
        row = int(unknown.argmax())
        raise InvalidLabels(
            f"`y` has no label in row {row}, but {labels.tolist()[row]!r}. Leave out samples "
            "without a label."
        )


def _is_missing(value: Any) -> bool:
    not_finite = isinstance(value, float) and not np.isfinite(value)
    return value is None or not_finite or type(value).__name__ in ("NAType", "NaTType")


def _check_kind(labels: np.ndarray) -> None:
    """Refuse measured numbers; whole numbers are classes, whatever their dtype."""
    if labels.dtype.kind in "cSV" or isinstance(labels[0], bytes):
        raise InvalidLabels(
            "`y` of a classifier holds classes: texts, whole numbers or booleans. Received: "
            f"{labels.dtype}. Texts as bytes are decoded by `np.char.decode(y)`."
        )
    kind = type_of_target(labels, input_name="y")
    if kind not in ("binary", "multiclass"):
        raise InvalidLabels(
            f"Unknown label type: {kind}. `y` of a classifier holds classes: texts, whole numbers "
            "or booleans. For measured numbers use `keras_mtl.TransferRegressor`. Received: "
            f"{labels.dtype}, such as {labels[:3].tolist()}."
        )


def _sorted_classes(labels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    try:
        return np.unique(labels, return_inverse=True)
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in labels})
        raise InvalidLabels(
            f"The classes in `y` cannot be sorted, as they are of several types: {kinds}."
        ) from error
