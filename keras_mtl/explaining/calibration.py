"""Whether the probability of a prediction says how often it is right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from keras_mtl.common.records import Records
from keras_mtl.explaining.class_scores import bracketed
from keras_mtl.explaining.intervals import wilson

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class ReliabilityBin:
    """The rows whose predicted class has a probability in a range.

    Attributes:
        low: Lower end of the range, which is not part of it (0 is).
        high: Upper end of the range.
        rows: Number of rows.
        confidence: Their mean probability of the predicted class.
        accuracy: The share of them that is predicted right.
        accuracy_low: Lower end of the confidence interval of the accuracy.
        accuracy_high: Upper end.
    """

    low: float
    high: float
    rows: int
    confidence: float
    accuracy: float
    accuracy_low: float
    accuracy_high: float


class Calibration(Records[ReliabilityBin]):
    """Reliability bins, those with rows, and what sums them up.

    Attributes:
        expected_error: Expected calibration error: the mean over the rows of the distance between
            accuracy and mean probability in the bin of a row.
        error_by_chance: What the expected calibration error of calibrated probabilities would be
            on average, as the rows of a bin are few: a smaller error is no sign of a fault.
        brier: Brier score: the mean squared distance of the probabilities from 0 and 1, summed
            over the classes; half of that for two classes, as in scikit-learn.
        overconfidence: Mean probability of the predicted class minus the accuracy.

    Source:
        Guo et al., "On calibration of modern neural networks", 2017. Brier, "Verification of
        forecasts expressed in terms of probability", 1950.
    """

    def __init__(
        self,
        records: Sequence[ReliabilityBin],
        *,
        expected_error: float,
        error_by_chance: float,
        brier: float,
        overconfidence: float,
    ) -> None:
        super().__init__(records)
        self.expected_error = expected_error
        self.error_by_chance = error_by_chance
        self.brier = brier
        self.overconfidence = overconfidence

    @classmethod
    def from_rows(
        cls,
        probabilities: Floats,
        right: NDArray[np.bool_],
        brier: float,
        *,
        bins: int,
        confidence: float,
    ) -> Calibration:
        """Put rows into bins of equal width.

        Args:
            probabilities: The probability of the predicted class of each row.
            right: Whether each prediction is right.
            brier: The Brier score.
            bins: Number of bins.
            confidence: Confidence level of the intervals.
        """
        edges = np.linspace(0, 1, bins + 1)
        places = np.searchsorted(edges[1:-1], probabilities)
        records, error, by_chance = [], 0.0, 0.0
        for place in np.unique(places).tolist():
            inside = places == place
            rows, hits = int(inside.sum()), int(right[inside].sum())
            mean = float(probabilities[inside].mean())
            interval = wilson(hits, rows, confidence)
            ends = float(edges[place]), float(edges[place + 1])
            records.append(ReliabilityBin(*ends, rows, mean, hits / rows, *interval))
            error += abs(hits - rows * mean)
            by_chance += _deviation_by_chance(probabilities[inside])
        total = len(right)
        return cls(
            records,
            expected_error=error / total,
            error_by_chance=by_chance / total,
            brier=brier,
            overconfidence=float(probabilities.mean() - right.mean()),
        )

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ["probability", "rows", "mean probability", "accuracy"]

    @property
    def footer(self) -> str:
        """The sums, in a line."""
        return (
            f"expected calibration error {self.expected_error:.3f} (about "
            f"{self.error_by_chance:.3f} by chance alone), Brier score {self.brier:.3f}"
        )

    def cells(self, one: ReliabilityBin) -> Sequence[object]:
        """Return what the columns show of a bin."""
        accuracy = bracketed(one.accuracy, one.accuracy_low, one.accuracy_high)
        return [f"{one.low:.2f} to {one.high:.2f}", one.rows, f"{one.confidence:.3f}", accuracy]


def brier_score(probabilities: Floats, true: NDArray[np.int64]) -> float:
    """Return the Brier score.

    Args:
        probabilities: Of shape `(rows, classes)`.
        true: The index of the class of each row.
    """
    classes = probabilities.shape[1]
    of_true = np.take_along_axis(probabilities, true[:, None], axis=1)[:, 0]
    # The sum over the classes of (p - y)**2, without an array of all y.
    errors = (probabilities**2).sum(axis=1) - 2 * of_true + 1
    return float(errors.mean()) / (2 if classes == 2 else 1)


def _deviation_by_chance(probabilities: Floats) -> float:
    """Return the mean distance of the number of right rows from its mean, if calibrated.

    The number is a sum of independent yes-or-no draws, so that of many rows is nearly normal.
    """
    variance = float((probabilities * (1 - probabilities)).sum())
    return (2 * variance / np.pi) ** 0.5
