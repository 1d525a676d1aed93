"""Labels as targets that probes predict from the features of a depth, and how well they do."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FACTORS = 2.0 ** np.arange(6)
"""Factors from the predictions of least squares to log-odds, of which the best is taken."""


class ProbeTargets(ABC):
    """Labels that features are scored by.

    Args:
        values: What a scikit-learn estimator is fitted to: class codes `0 .. classes - 1` of shape
            `(samples,)`, or floats `(samples, targets)`.

    Attributes:
        metric: What a score on samples left out is called.
        meaning: What the labels are, for messages.
        are_classes: Whether the values are class codes.
        shallow_first: Whether of depths within the noise the shallowest is the best, as `fit` says
            no more than the metric does.
    """

    metric: str
    meaning: str
    are_classes = False
    shallow_first = False

    def __init__(self, values: np.ndarray) -> None:
        self.values = values

    @property
    def columns(self) -> Floats:
        """Targets for least squares, of shape `(samples, targets)`."""
        return self.values

    @property
    def units(self) -> Floats:
        """What the columns are divided by before least squares, so that they count alike."""
        return np.ones(self.columns.shape[1])

    @property
    def smallest_class(self) -> int:
        """Number of samples of the rarest class; of all samples where there are no classes."""
        return len(self.values)

    def as_columns(self, predictions: np.ndarray) -> Floats:
        """Return the predictions of an estimator in the shape of `columns`."""
        return predictions.reshape(self.columns.shape)

    @property
    @abstractmethod
    def chance(self) -> float:
        """The metric of the best predictions that do not look at the features."""

    @abstractmethod
    def gains(self, predictions: Floats) -> Floats:
        """Return how good the predictions, in the shape of `columns`, are for each sample.

        The mean over the samples is the metric, averaged over the targets.
        """

    @abstractmethod
    def fit(self, predictions: Floats) -> float:
        """Return the fraction of label entropy or variance that the predictions explain."""


class ClassTargets(ProbeTargets):
    """Class codes `0 .. classes - 1`; one-hot for least squares."""

    metric = "accuracy"
    meaning = "classes"
    are_classes = True

    @property
    def columns(self) -> Floats:
        """One-hot classes."""
        return self.as_columns(self.values)

    @property
    def smallest_class(self) -> int:
        """Number of samples of the rarest class."""
        return int(np.bincount(self.values).min())

    @property
    def chance(self) -> float:
        """The share of the most frequent class."""
        return float(self.columns.mean(axis=0).max())

    def as_columns(self, predictions: np.ndarray) -> Floats:
        """Return predicted codes as one-hot rows."""
        return np.eye(self.values.max() + 1)[predictions]

    def gains(self, predictions: Floats) -> Floats:
        """Return 1 for each right class."""
        return (predictions.argmax(axis=1) == self.values).astype(float)

    def fit(self, predictions: Floats) -> float:
        """Return the fraction of the entropy of the classes that is explained.

        It tells depths apart where the accuracy, in steps of one sample, cannot. Predictions
        become log-odds by the one factor that suits them best.
        """
        mean = self.columns.mean(axis=0)
        entropy = -(mean * np.log(mean)).sum()
        likelihood = max(
            _log_likelihood(np.log(mean) + factor * (predictions - mean), self.values)
            for factor in FACTORS
        )
        return float(1 + likelihood / entropy)


class YesOrNoTargets(ProbeTargets):
    """A column of 0 and 1 for each label."""

    metric = "accuracy"
    meaning = "yes-or-no labels"

    @property
    def chance(self) -> float:
        """The share of labels that are right if each one gets its more frequent value."""
        share = self.values.mean(axis=0)
        return float(np.maximum(share, 1 - share).mean())

    def gains(self, predictions: Floats) -> Floats:
        """Return the share of the labels that are right."""
        return ((predictions > 0.5) == self.values).mean(axis=1)

    def fit(self, predictions: Floats) -> float:
        """Return the fraction of the variance, summed over the labels, that is explained."""
        errors = ((self.values - predictions) ** 2).sum()
        return float(1 - errors / ((self.values - self.values.mean(axis=0)) ** 2).sum())


class NumberTargets(ProbeTargets):
    """A column of numbers for each target; targets of any unit count alike."""

    metric = "R²"
    meaning = "numbers"
    shallow_first = True

    @property
    def units(self) -> Floats:
        """The standard deviations of the targets."""
        shifted = self.values - self.values[0]
        largest = np.abs(shifted).max(axis=0)  # No square of a tiny number underflows to zero.
        return largest * (shifted / largest).std(axis=0)

    @property
    def chance(self) -> float:
        """0, the coefficient of determination of the mean."""
        return 0.0

    def gains(self, predictions: Floats) -> Floats:
        """Return what the mean over the samples makes the coefficient of determination."""
        return 1 - (((self.values - predictions) / self.units) ** 2).mean(axis=1)

    def fit(self, predictions: Floats) -> float:
        """Return the coefficient of determination."""
        return float(self.gains(predictions).mean())


def _log_likelihood(log_odds: Floats, codes: np.ndarray) -> float:
    """Return the log-likelihood of the classes, averaged over the samples."""
    shifted = log_odds - log_odds.max(axis=1, keepdims=True)
    chosen = np.take_along_axis(shifted, codes[:, None], axis=1)[:, 0]
    return float((chosen - np.log(np.exp(shifted).sum(axis=1))).mean())
