"""The labels of the task that depths are scored for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, get_args

import keras
import numpy as np

from keras_mtl.errors import InvalidLabels
from keras_mtl.scores.checks import as_array, check_labels, check_targets
from keras_mtl.scores.spectrum import Floats

Kind = Literal["auto", "classification", "multilabel", "regression"]

FACTORS = 2.0 ** np.arange(6)


@dataclass(frozen=True)
class TaskLabels:
    """Checked labels.

    Attributes:
        kind: `"classification"`, `"multilabel"` or `"regression"`.
        values: Codes `0 .. classes - 1` of shape `(samples,)`, or floats `(samples, targets)`: 0
            and 1 if multilabel.
    """

    kind: Literal["classification", "multilabel", "regression"]
    values: np.ndarray

    @property
    def metric(self) -> str:
        """What a score on rows left out means."""
        return "R²" if self.kind == "regression" else "accuracy"

    @property
    def columns(self) -> Floats:
        """Targets for least squares, of shape `(samples, targets)`: one-hot for classes."""
        if self.kind != "classification":
            return self.values
        return np.eye(self.values.max() + 1)[self.values]

    @property
    def smallest_class(self) -> int:
        """Size of the class with the fewest samples; elsewhere the number of samples."""
        if self.kind != "classification":
            return len(self.values)
        return int(np.bincount(self.values).min())

    def gains(self, predictions: Floats) -> Floats:
        """How good the predictions, in the shape of `columns`, are for each sample.

        The mean is the accuracy, averaged over labels if there are several, or the coefficient of
        determination averaged over targets.
        """
        if self.kind == "classification":
            return (predictions.argmax(axis=1) == self.values).astype(float)
        if self.kind == "multilabel":
            return ((predictions > 0.5) == self.values).mean(axis=1)
        squares = (self.values - predictions) ** 2
        return 1 - (squares / self.values.var(axis=0)).mean(axis=1)

    def fit(self, predictions: Floats) -> float:
        """The share of what there is to tell about the labels that the predictions tell.

        Of numbers it is the share of their variance, averaged over targets. Of classes it is the
        share of their entropy, which tells depths apart where the accuracy, in steps of one
        sample, cannot; predictions become log-odds by the one factor that suits them best.
        """
        if self.kind == "regression":
            return float(self.gains(predictions).mean())
        targets = self.columns
        mean = targets.mean(axis=0)
        if self.kind == "multilabel":
            return float(1 - ((targets - predictions) ** 2).sum() / ((targets - mean) ** 2).sum())
        entropy = -(mean * np.log(mean)).sum()
        told = max(
            _log_likelihood(np.log(mean) + factor * (predictions - mean), self.values)
            for factor in FACTORS
        )
        return float(1 + told / entropy)


def _log_likelihood(log_odds: Floats, codes: np.ndarray) -> float:
    """Of the classes, the mean over samples."""
    shifted = log_odds - log_odds.max(axis=1, keepdims=True)
    chosen = np.take_along_axis(shifted, codes[:, None], axis=1)[:, 0]
    return float((chosen - np.log(np.exp(shifted).sum(axis=1))).mean())


def check_task_labels(y: Any, samples: int, kind: Kind) -> TaskLabels:
    """The labels, if they are those of a task that can be scored.

    Raises:
        InvalidLabels: They do not fit `kind`, there is one class only, or their number differs.
        ValueError: `kind` is unknown.
    """
    if kind not in get_args(Kind):
        raise ValueError(f"`kind` is one of {get_args(Kind)}. Received: {kind!r}.")
    labels = keras.ops.convert_to_numpy(y) if keras.ops.is_tensor(y) else y
    labels = as_array("y", labels, InvalidLabels)
    several = kind == "auto" and labels.ndim == 2 and labels.shape[1] > 1
    floats = labels.dtype.kind == "f"
    if kind == "regression" or (kind == "auto" and floats and not (several and _one_hot(labels))):
        return TaskLabels("regression", check_targets(labels, samples))
    if kind == "multilabel":
        return TaskLabels("multilabel", _check_yes_or_no(labels, samples))
    if several:
        raise InvalidLabels(
            f"`y` holds whole numbers in the shape {labels.shape}. For one-hot labels pass "
            '`y.argmax(axis=1)`; for yes-or-no labels pass `kind="multilabel"`; for numbers pass '
            '`kind="regression"`.'
        )
    codes = check_labels(labels, samples, name="y")
    if codes.max() + 1 == samples:
        raise InvalidLabels(
            f"Each of the {samples} samples has a class of its own, so none can be predicted from "
            'the others. For measured numbers pass `kind="regression"`.'
        )
    return TaskLabels("classification", codes)


def _one_hot(labels: np.ndarray) -> bool:
    return bool(np.isin(labels, (0, 1)).all() and (labels.sum(axis=1) == 1).all())


def _check_yes_or_no(labels: np.ndarray, samples: int) -> Floats:
    columns = check_targets(labels, samples)
    if not np.isin(columns, (0, 1)).all():
        raise InvalidLabels(
            'With `kind="multilabel"` each column of `y` holds 0 and 1 only. Received: '
            f"{np.unique(columns)[:5].tolist()}{' ...' if len(np.unique(columns)) > 5 else ''}."
        )
    return columns
