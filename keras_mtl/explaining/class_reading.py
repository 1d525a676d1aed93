"""What outputs and labels of classes mean."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_mtl.common.label_arrays import class_indices, label_array
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import InvalidLabels
from keras_mtl.explaining.class_explanation import ClassExplanation, ClassRows
from keras_mtl.explaining.kept_rows import KeptRows
from keras_mtl.explaining.output_meaning import Function
from keras_mtl.explaining.task_reading import Labels, TaskReading, one_output_a_row
from keras_mtl.heads.class_names import labels_by_name, text_labels
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.labels import without_tensor

SUBJECT = "`y`"
TOLERANCE = 1e-3
"""How far from 1 probabilities may sum to, in half precision."""


class ClassReading(TaskReading):
    """One class for each row.

    Args:
        classes: The names of the classes; None if only their number is known.
        count: The number of classes.
        function: The function that gives the outputs; None to look at the outputs.
        is_binary: Whether there is one output: the probability of the second of two classes.
    """

    gives_probabilities = True

    def __init__(
        self,
        classes: tuple[str, ...] | None,
        count: int,
        function: Function | None,
        *,
        is_binary: bool,
    ) -> None:
        self.names = classes
        self.count = count
        self.function = function
        self.is_binary = is_binary

    def labels(self, y: Any) -> Labels:
        """Return the indices of classes that are given by number, by name, or one-hot."""
        y = without_tensor(y)
        if text_labels(y) is not None:
            return self._by_name(y)
        array = label_array(y, SUBJECT, gaps=True)
        if array.ndim == 2 and array.shape[1] == self.count > 1:
            return self._one_hot(array)
        if array.ndim > 2 or (array.ndim == 2 and array.shape[1] != 1):
            raise InvalidLabels(
                f"{SUBJECT} has the shape {array.shape}; the model has {self.count} classes: "
                f"expected ({len(array)},) for classes by number or name, or "
                f"({len(array)}, {self.count}) for one-hot labels."
            )
        return self._by_number(array.reshape(len(array)))

    def predictions(self, outputs: np.ndarray) -> NDArray[np.float64]:
        """Return probabilities of shape `(rows, classes)`."""
        outputs = one_output_a_row(outputs).astype(np.float64)
        if self.function is None:
            self.function = _function_seen(outputs)
        if self.is_binary:
            yes = outputs if self.function != "linear" else _sigmoid(outputs)
            return np.concatenate([1 - yes, yes], axis=1)
        if self.function == "linear":
            shifted = np.exp(outputs - outputs.max(axis=1, keepdims=True))
            return shifted / shifted.sum(axis=1, keepdims=True)
        # Rounding; and one sigmoid for each class, whose probabilities compete as one-against-rest.
        total = outputs.sum(axis=1, keepdims=True)
        even = np.full_like(outputs, 1 / outputs.shape[1])
        return np.divide(outputs, total, out=even, where=total > 0)

    def badness(self, labels: Labels, predictions: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the probability of the predicted class where it is wrong."""
        predicted = predictions.argmax(axis=1)
        wrong = labels.present & (predicted != labels.values)
        return np.where(wrong, predictions.max(axis=1), 0.0)

    def explanation(
        self,
        name: str,
        labels: Labels,
        predictions: NDArray[np.float64],
        *,
        bins: int,
        confidence: float,
        kept: KeptRows | None,
    ) -> ClassExplanation:
        """Return what a classifier gets right and wrong."""
        rows = np.flatnonzero(labels.present)
        given = predictions if len(rows) == len(predictions) else predictions[rows]
        true = labels.values[rows].astype(np.int64)
        probabilities = given if self.gives_probabilities else None
        data = ClassRows(rows, true, given.argmax(axis=1), probabilities)
        classes = self.names or tuple(map(str, range(self.count)))
        missing = len(predictions) - len(rows)
        options = {"bins": bins, "confidence": confidence, "unlabelled": missing, "kept": kept}
        return ClassExplanation(name, classes, data, **options)  # type: ignore[arg-type]

    def _by_name(self, y: Any) -> Labels:
        if self.names is None:
            raise InvalidLabels(
                f"{SUBJECT} holds names of classes, and the model knows no names. Pass them in "
                f"the order of its outputs: `classes=[...]`, {self.count} names."
            )
        named = labels_by_name(y, KINDS.find("classification"), self.names, SUBJECT)
        if named.values.size != len(named.values):
            raise InvalidLabels(
                f"{SUBJECT} has the shape {named.values.shape}; expected one name for each row."
            )
        return Labels(named.values.reshape(-1), ~named.missing.reshape(-1))

    def _one_hot(self, array: np.ndarray) -> Labels:
        missing = np.isnan(array).any(axis=1) if array.dtype.kind == "f" else np.zeros(0, bool)
        present = ~missing if missing.size else np.ones(len(array), bool)
        known = array[present]
        wrong = ~(np.isin(known, (0, 1)).all(axis=1) & (known.sum(axis=1) == 1))
        if wrong.any():
            row = int(np.flatnonzero(present)[wrong.argmax()])
            raise InvalidLabels(
                f"{SUBJECT} in the shape {array.shape} must be one-hot: a single 1 in each row. "
                f"Received in row {row}: {array[row].tolist()[:10]}. For probabilities pass "
                "`y.argmax(axis=1)`."
            )
        return Labels(np.where(present, np.nan_to_num(array).argmax(axis=1), 0), present)

    def _by_number(self, array: np.ndarray) -> Labels:
        missing = np.isnan(array) if array.dtype.kind == "f" else np.zeros(len(array), bool)
        if array.dtype.kind == "i" and not self.is_binary:
            missing = array == -1
        values = class_indices(np.where(missing, 0, array), SUBJECT)
        outside = (values < 0) | (values >= self.count)
        if outside.any():
            row = int(outside.argmax())
            raise InvalidLabels(
                f"{SUBJECT} holds the class {values[row]} in row {row}; the model has "
                f"{self.count} classes, 0 to {self.count - 1}. {int(outside.sum())} of "
                f"{len(values)} rows are of classes that it cannot predict: leave them out."
            )
        return Labels(values.astype(np.int64), ~missing)


class ValueReading(ClassReading):
    """One class for each row, as a scikit-learn classifier has them: any values.

    Args:
        values: The classes in the order of the probabilities.
        classes: Their names; None for their values as texts.
    """

    def __init__(self, values: np.ndarray, classes: tuple[str, ...] | None) -> None:
        self.values = values
        names = classes or tuple(map(str, values.tolist()))
        super().__init__(names, len(values), "softmax", is_binary=False)

    def labels(self, y: Any) -> Labels:
        """Return the indices of classes that are given by their values, or names."""
        y = without_tensor(y)
        text = text_labels(y)
        array = label_array(y, SUBJECT, gaps=True) if text is None else text
        if array.ndim > 2 or (array.ndim == 2 and array.shape[1] != 1):
            raise InvalidLabels(
                f"{SUBJECT} has the shape {array.shape}; expected ({len(array)},): one class for "
                "each row."
            )
        index = {value: place for place, value in enumerate(self.values.tolist())}
        if text is not None and self.names is not None:
            index = {**{name: place for place, name in enumerate(self.names)}, **index}
        given = array.reshape(-1).tolist()
        present = np.array([not _is_missing(value) for value in given], bool)
        for row, value in enumerate(given):
            if present[row] and value not in index:
                raise InvalidLabels(
                    f"{SUBJECT} holds the class {value!r} in row {row}; the predictor has the "
                    f"classes {list(index)[:10]}.{did_you_mean(value, map(str, index))}"
                )
        numbers = [index.get(value, 0) for value in given]
        return Labels(np.array(numbers, np.int64), present)


class LabelReading(ValueReading):
    """One class for each row, predicted as a label, without probabilities."""

    gives_probabilities = False

    def predictions(self, outputs: np.ndarray) -> NDArray[np.float64]:
        """Return 1 for the predicted class of each row, 0 for the others."""
        return np.eye(self.count)[self.labels(outputs).values]


def values_of(*labels: Any) -> np.ndarray:
    """Return the different values of labels, sorted; missing ones are left out."""
    found: set[Any] = set()
    for one in labels:
        one = without_tensor(one)
        text = text_labels(one)
        array = label_array(one, SUBJECT, gaps=True) if text is None else text
        found.update(value for value in array.reshape(-1).tolist() if not _is_missing(value))
    try:
        ordered = sorted(found)
    except TypeError as error:
        kinds = sorted({type(value).__name__ for value in found})
        raise InvalidLabels(
            f"Labels and predictions are of several types, {kinds}, so they cannot be compared."
        ) from error
    return np.array(ordered, dtype=object)


def _is_missing(value: Any) -> bool:
    return value is None or value == "" or value != value


def _function_seen(outputs: NDArray[np.float64]) -> Function:
    """Return what outputs look like: probabilities, or logits."""
    if outputs.shape[1] == 1:
        return "sigmoid" if bool(((outputs >= 0) & (outputs <= 1)).all()) else "linear"
    sums = np.abs(outputs.sum(axis=1) - 1)
    return "softmax" if bool((outputs >= 0).all() and (sums < TOLERANCE).all()) else "linear"


def _sigmoid(values: NDArray[np.float64]) -> NDArray[np.float64]:
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-values))
