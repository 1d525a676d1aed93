"""What runs are judged by."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.metrics import get_scorer, get_scorer_names

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.estimators.labels.label_form import LabelForm

AUTO = "auto"


class Judgement(NamedTuple):
    """How good predictions are.

    Attributes:
        score: The score, where greater is better.
        gains: The part of each row in the score; None where it is not a mean over rows.
    """

    score: float
    gains: NDArray[np.float32] | None


class Metric(ABC):
    """A way to judge predicted labels, where greater is better.

    Attributes:
        name: What it is called.
    """

    name: str

    @abstractmethod
    def judge(self, form: LabelForm, values: np.ndarray, predicted: np.ndarray) -> Judgement:
        """Judge predicted labels.

        Args:
            form: The form of the labels.
            values: The true labels as numbers.
            predicted: Predicted labels in the form in which they were given.
        """


class MeanGain(Metric):
    """The accuracy or R², which are means over rows."""

    def __init__(self, name: str) -> None:
        self.name = name

    def judge(self, form: LabelForm, values: np.ndarray, predicted: np.ndarray) -> Judgement:
        """Return the mean of the gains."""
        gains = form.gains_of_labels(values, predicted, values.std(axis=0)).astype(np.float32)
        return Judgement(float(gains.mean(dtype=np.float64)), gains)


class ScorerMetric(Metric):
    """A scorer of scikit-learn that needs predicted labels only."""

    def __init__(self, name: str) -> None:
        self.name = name

    def judge(self, form: LabelForm, values: np.ndarray, predicted: np.ndarray) -> Judgement:
        """Return what the scorer returns."""
        truth = form.decode(form.targets(values))
        rows = np.zeros((len(truth), 1))
        return Judgement(float(get_scorer(self.name)(_Predictions(predicted), rows, truth)), None)


def find_metric(metric: Any, form: LabelForm, values: np.ndarray) -> Metric:
    """Return a metric by its name.

    Args:
        metric: `"auto"`, or the name of a scorer of scikit-learn.
        form: The form of the labels.
        values: Labels to try it on.

    Raises:
        ValueError: There is none of this name, or it does not fit these labels.
    """
    are_classes = form.unit(values) is None
    default = "accuracy" if are_classes else "r2"
    if isinstance(metric, str) and metric in (AUTO, default):
        return MeanGain(default)
    names = get_scorer_names()
    if not isinstance(metric, str) or metric not in names:
        example = "f1_macro" if are_classes else "neg_mean_absolute_error"
        near = did_you_mean(f"neg_{metric}", names) or did_you_mean(metric, names)
        raise ValueError(
            '`metric` is "auto" or the name of a scorer of scikit-learn that needs predicted '
            f'labels only, such as "{example}", as `sklearn.metrics.get_scorer_names()` lists '
            f"them. Received: {metric!r}.{near}"
        )
    chosen = ScorerMetric(metric)
    try:
        chosen.judge(form, values, form.decode(form.targets(values)))
    except Exception as error:  # Each scorer has errors of its own.
        raise ValueError(
            f"`metric={metric!r}` cannot judge predicted labels of this kind: {error} For these "
            f'labels the default is "{default}".'
        ) from error
    return chosen


class _Predictions(BaseEstimator):
    """What a scorer takes for an estimator, with predictions that are there."""

    def __init__(self, predicted: Any = None) -> None:
        self.predicted = predicted

    def predict(self, X: Any) -> Any:
        """Return the predictions."""
        return self.predicted
