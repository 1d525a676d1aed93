"""Standardised features, and linear models on them as linear models on the features."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from keras_mtl.scores.spectrum import Floats

NOISE = 16
"""Rounding errors of the features up to which a deviation counts as zero."""


class Standardisation(NamedTuple):
    """The mean and the standard deviation of each feature.

    Attributes:
        means: Of shape `(width,)`.
        deviations: Of shape `(width,)`; infinite where a feature is constant, so that the
            standardised feature is zero.
    """

    means: Floats
    deviations: Floats

    @classmethod
    def of(cls, features: np.ndarray) -> Standardisation:
        """Return the standardisation of features of shape `(samples, width)`.

        No epsilon is added to the deviations: the features of deep untrained networks are tiny,
        and an epsilon would erase them. A feature whose values differ by no more than their
        rounding errors is constant.
        """
        first = features[:1].astype(np.float64)
        # Shifted first, so that a constant column becomes exactly zero: its mean may be rounded.
        # Scaled then, so that no square of a tiny number underflows to zero.
        largest = np.max([np.abs(rows - first).max(axis=0) for rows in _blocks(features)], axis=0)
        scales = np.where(largest > 0, largest, 1.0)
        means = _mean(features, lambda rows: (rows - first) / scales)
        squares = _mean(features, lambda rows: ((rows - first) / scales - means) ** 2)
        deviations = np.sqrt(squares) * scales
        noise = NOISE * np.finfo(features.dtype).eps * np.abs(first[0])
        constant = deviations <= noise
        return cls(first[0] + scales * means, np.where(constant, np.inf, deviations))

    @classmethod
    def none(cls, width: int) -> Standardisation:
        """Return the standardisation that leaves everything as it is."""
        return cls(np.zeros(width), np.ones(width))

    def apply(self, features: np.ndarray) -> Floats:
        """Return features of mean 0 and standard deviation 1; constant ones become 0."""
        return (features - self.means) / self.deviations

    def fold(self, kernel: Floats, bias: Floats) -> tuple[Floats, Floats]:
        """Return the linear model on the features that equals one on standardised features."""
        folded = kernel / self.deviations[:, None]
        return folded, bias - self.means @ folded


def _mean(features: np.ndarray, function: Callable[[np.ndarray], Floats]) -> Floats:
    """Return the mean of a function of the rows."""
    sums = [function(rows).sum(axis=0) for rows in _blocks(features)]
    return np.sum(sums, axis=0) / len(features)


def _blocks(features: np.ndarray, rows: int = 4096) -> list[np.ndarray]:
    """Return views of a few rows each: a copy of all in double precision may not fit."""
    return [features[start : start + rows] for start in range(0, len(features), rows)]
