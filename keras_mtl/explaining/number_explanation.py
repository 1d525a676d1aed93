"""How far a model of measured numbers is off."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import numpy as np
from numpy.typing import NDArray

from keras_mtl.common.arguments import whole_number
from keras_mtl.common.records import Records
from keras_mtl.explaining.class_scores import bracketed
from keras_mtl.explaining.explanation import Explanation
from keras_mtl.explaining.intervals import RESAMPLES, bootstrap
from keras_mtl.explaining.kept_rows import KeptRows
from keras_mtl.explaining.mistakes import Deviation, Deviations
from keras_mtl.explaining.sheet_of_rows import WorstRow
from keras_mtl.pictures.drawing import Picture
from keras_mtl.pictures.predicted_against_true import PredictedAgainstTrue

Floats = NDArray[np.float64]

SHOWN = 5
"""Errors that are printed."""


@dataclass(frozen=True)
class NumberScore:
    """How far the predictions of one number are off; NaN where it cannot be told.

    Attributes:
        target: Which of several numbers; `"y"` if there is one.
        r2: Coefficient of determination, NaN if all numbers are equal.
        r2_low: Lower end of its confidence interval.
        r2_high: Upper end.
        mae: Mean absolute error.
        mae_low: Lower end of its confidence interval.
        mae_high: Upper end.
        rmse: Root of the mean squared error.
        bias: Mean of predicted minus true.
    """

    target: str
    r2: float
    r2_low: float
    r2_high: float
    mae: float
    mae_low: float
    mae_high: float
    rmse: float
    bias: float


class NumberScores(Records[NumberScore]):
    """The scores of all numbers.

    Intervals are percentiles over resampled rows (Efron, "Bootstrap methods: another look at the
    jackknife", 1979).
    """

    index_column = "target"

    def __init__(self, records: Sequence[NumberScore], confidence: float) -> None:
        super().__init__(records)
        self.confidence = confidence

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ["target", "R²", "mean absolute error", "root mean squared error", "bias"]

    @property
    def footer(self) -> str:
        """What the brackets are."""
        resamples = f"percentile bootstrap, {RESAMPLES:,} resamples"
        return f"in brackets: {self.confidence:.0%} confidence intervals ({resamples})"

    def cells(self, one: NumberScore) -> Sequence[object]:
        """Return what the columns show of a number."""
        mae = f"{one.mae:.4g} [{one.mae_low:.4g}, {one.mae_high:.4g}]"
        r2 = None if np.isnan(one.r2) else bracketed(one.r2, one.r2_low, one.r2_high)
        return [one.target, r2, mae, f"{one.rmse:.4g}", f"{one.bias:+.4g}"]


class NumberExplanation(Explanation):
    """How far a model of measured numbers is off on some labelled rows.

    Attributes:
        targets: What the numbers are called.
        true: The numbers, of shape `(rows, targets)`.
        predicted: The predictions, of the same shape.
        residuals: Predicted minus true.
        scores: R², errors and bias of each number (`NumberScores`).
        confidence: Confidence level of all intervals.
        unlabelled: Number of rows that were left out because they have no label.
    """

    scores: NumberScores

    def __init__(
        self,
        model_name: str,
        rows: NDArray[np.int64],
        true: Floats,
        predicted: Floats,
        *,
        targets: Sequence[str],
        confidence: float,
        unlabelled: int = 0,
        kept: KeptRows | None = None,
    ) -> None:
        super().__init__(model_name, confidence, unlabelled, kept)
        self.targets = tuple(targets)
        self.true = true
        self.predicted = predicted
        self.residuals = predicted - true
        self._rows = rows
        scores = [
            _score(name, values, guesses, confidence)
            for name, values, guesses in zip(self.targets, true.T, predicted.T, strict=True)
        ]
        self.scores = NumberScores(scores, confidence)

    def mistakes(self, n: int = 10) -> Deviations:
        """Return the largest errors, the largest one first.

        With several numbers, errors are compared in standard deviations of the number.

        Args:
            n: How many, at most.

        Returns:
            A sequence of `Deviation`, which prints as a table.

        Raises:
            ValueError: `n` is no positive whole number.
        """
        return Deviations([self._deviation(*place) for place in self._worst(whole_number("n", n))])

    def _picture(self) -> Picture:
        return PredictedAgainstTrue(self.targets, self.true, self.predicted)

    def _worst_rows(self, n: int) -> list[WorstRow]:
        known = {} if self._kept is None else self._kept.inputs
        every = [one for one in self._worst(self.true.size) if int(self._rows[one[0]]) in known]
        worst = every[:n] or self._worst(n)
        found = [(self._deviation(*place), place[1]) for place in worst]
        return [
            WorstRow(one.row, column, f"{one.target} {one.true:.4g}", f"{one.predicted:.4g}")
            for one, column in found
        ]

    @property
    def title(self) -> str:
        """Of how many rows the scores are."""
        return f"{self.model_name}: errors on {len(self.true)} rows{self._left_out}"

    def __repr__(self) -> str:
        return "\n\n".join([self.title, repr(self.scores), repr(self.mistakes(SHOWN))])

    def _repr_html_(self) -> str:
        """Return the same tables as notebooks show them."""
        tables = (self.scores._repr_html_(), self.mistakes(SHOWN)._repr_html_())
        return "".join(f"<div>{part}</div>" for part in (escape(self.title), *tables))

    def _worst(self, n: int) -> list[tuple[int, int]]:
        """Return row and column of the largest errors."""
        varies = np.ptp(self.true, axis=0) > 0
        sizes = np.abs(self.residuals) / np.where(varies, self.true.std(axis=0), 1.0)
        order = np.argsort(-sizes, axis=None, kind="stable")[:n]
        rows, columns = np.unravel_index(order, sizes.shape)
        return list(zip(rows.tolist(), columns.tolist(), strict=True))

    def _deviation(self, row: int, column: int) -> Deviation:
        numbers = (array[row, column] for array in (self.true, self.predicted, self.residuals))
        return Deviation(int(self._rows[row]), self.targets[column], *map(float, numbers))


def _score(target: str, true: Floats, predicted: Floats, confidence: float) -> NumberScore:
    errors = predicted - true
    centred = true - true.mean()  # For precision: the variance is a difference of means.
    rows = np.stack([np.abs(errors), errors**2, centred, centred**2], axis=1)
    (mae, r2), *_ = _statistics(rows.mean(axis=0)[None]).tolist()
    mae_interval, r2_interval = bootstrap(_statistics, rows, confidence)
    rmse, bias = float((errors**2).mean() ** 0.5), float(errors.mean())
    return NumberScore(target, r2, *r2_interval, mae, *mae_interval, rmse, bias)


def _statistics(means: Floats) -> Floats:
    """Return the mean absolute error and R² from means over rows."""
    absolute, squared, value, square = means.T
    variance = square - value**2
    # With one value, rounding may leave a variance beside 0.
    varies = variance > 1e-12 * np.maximum(square, 1e-300)
    with np.errstate(divide="ignore", invalid="ignore"):
        r2 = np.where(varies, 1 - squared / variance, np.nan)
    return np.stack([absolute, r2], axis=1)
