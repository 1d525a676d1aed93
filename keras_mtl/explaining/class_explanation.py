"""What a model of classes gets right and wrong."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import Any

import numpy as np
from numpy.typing import NDArray

from keras_mtl.common.arguments import whole_number
from keras_mtl.explaining.calibration import Calibration, brier_score
from keras_mtl.explaining.class_scores import MOST_PRINTED, ClassScores
from keras_mtl.explaining.confusion import Confusion
from keras_mtl.explaining.explanation import Explanation
from keras_mtl.explaining.intervals import Interval, wilson
from keras_mtl.explaining.kept_rows import KeptRows
from keras_mtl.explaining.mistakes import Mistake, Mistakes
from keras_mtl.explaining.sheet_of_rows import WorstRow
from keras_mtl.pictures.confusion_matrix import ConfusionMatrix
from keras_mtl.pictures.drawing import Picture

SHOWN = 5
"""Mistakes that are printed."""


@dataclass(frozen=True)
class ClassRows:
    """The labelled rows of a task with classes.

    Attributes:
        rows: Their numbers in the data.
        true: The index of the class of each.
        predicted: The index of the class that is predicted for each.
        probabilities: Of shape `(rows, classes)`; None if the predictor gives none.
    """

    rows: NDArray[np.int64]
    true: NDArray[np.int64]
    predicted: NDArray[np.int64]
    probabilities: NDArray[np.float64] | None

    def of_class(self, classes: NDArray[np.int64]) -> NDArray[np.float64] | None:
        """Return the probability of one class for each row; None if there are none."""
        if self.probabilities is None:
            return None
        return np.take_along_axis(self.probabilities, classes[:, None], axis=1)[:, 0]


class ClassExplanation(Explanation):
    """What a classifier gets right and wrong on some labelled rows.

    Attributes:
        classes: Names of the classes, in the order of their numbers.
        accuracy: The share of rows whose class is predicted.
        accuracy_interval: Its confidence interval (Wilson, 1927).
        most_frequent: The share of the most frequent class: the accuracy of always naming it.
        scores: Precision, recall and F1 of each class (`ClassScores`).
        confusion: Counts of rows by their class and by the predicted one (`Confusion`).
        calibration: Whether probabilities say how often the model is right (`Calibration`); None
            for a predictor without probabilities.
        confidence: Confidence level of all intervals.
        unlabelled: Number of rows that were left out because they have no label.
    """

    scores: ClassScores

    def __init__(
        self,
        model_name: str,
        classes: tuple[str, ...],
        data: ClassRows,
        *,
        bins: int,
        confidence: float,
        unlabelled: int = 0,
        kept: KeptRows | None = None,
    ) -> None:
        super().__init__(model_name, confidence, unlabelled, kept)
        self.classes = classes
        self.confusion = Confusion.of(data.true, data.predicted, classes)
        self.scores = ClassScores.from_counts(self.confusion, confidence)
        right = data.true == data.predicted
        self.rows = len(right)
        self.accuracy = float(right.mean())
        self.accuracy_interval: Interval = wilson(int(right.sum()), self.rows, confidence)
        self.most_frequent = float(self.confusion.counts.sum(axis=1).max()) / self.rows
        sure, of_true = data.of_class(data.predicted), data.of_class(data.true)
        self.calibration: Calibration | None = None
        if sure is not None and data.probabilities is not None:
            brier = brier_score(data.probabilities, data.true)
            self.calibration = Calibration.from_rows(
                sure, right, brier, bins=bins, confidence=confidence
            )
        self._wrong = _worst_first(data, sure, of_true)

    def mistakes(self, n: int = 10) -> Mistakes:
        """Return the mistakes in which the model is most confident, the most confident one first.

        Args:
            n: Number of mistakes, at most.

        Returns:
            A sequence of `Mistake`, which prints as a table: the number of the row, its class, the
            predicted class, the probability of both.

        Raises:
            ValueError: `n` is no positive whole number.
        """
        first = self._wrong[: whole_number("n", n)]
        return Mistakes(
            [
                Mistake(row, self.classes[true], self.classes[predicted], sure, of_true)
                for row, true, predicted, sure, of_true in first
            ]
        )

    def _picture(self) -> Picture:
        return ConfusionMatrix(self.confusion, self.calibration)

    def _worst_rows(self, n: int) -> list[WorstRow]:
        return [
            WorstRow(
                row,
                predicted,
                self.classes[true],
                self.classes[predicted] + ("" if sure is None else f" ({sure:.2f})"),
            )
            for row, true, predicted, sure, _ in self._wrong[:n]
        ]

    @property
    def title(self) -> str:
        """The accuracy in a sentence."""
        low, high = self.accuracy_interval
        most = np.argmax(self.confusion.counts.sum(axis=1))
        return (
            f"{self.model_name}: accuracy {self.accuracy:.3f} [{low:.3f}, {high:.3f}] on "
            f"{self.rows} rows; always `{self.classes[most]}` would give {self.most_frequent:.3f}"
            f"{self._left_out}"
        )

    @property
    def calibration_line(self) -> str:
        """What the calibration shows, in a sentence; empty without probabilities."""
        if self.calibration is None:
            return ""
        mean = self.accuracy + self.calibration.overconfidence
        return f"calibration: mean probability {mean:.3f}; {self.calibration.footer}"

    def _tables(self) -> list[Any]:
        many = len(self.scores) > MOST_PRINTED
        tables = [self.scores.worst() if many else self.scores, self.confusion]
        return [*tables, self.mistakes(SHOWN)] if self._wrong else tables

    def __repr__(self) -> str:
        scores, confusion, *mistakes = map(repr, self._tables())
        parts = [self.title, scores, confusion, self.calibration_line, *mistakes]
        return "\n\n".join(filter(None, parts))

    def _repr_html_(self) -> str:
        """Return the same tables as notebooks show them."""
        scores, confusion, *mistakes = (table._repr_html_() for table in self._tables())
        title, line = escape(self.title), escape(self.calibration_line)
        parts = [title, scores, confusion, line, *mistakes]
        return "".join(f"<div>{part}</div>" for part in parts if part)


def _worst_first(
    data: ClassRows, sure: NDArray[np.float64] | None, of_true: NDArray[np.float64] | None
) -> list[tuple[int, int, int, float | None, float | None]]:
    """Return row, class, predicted class and the probabilities of both, of each mistake."""
    wrong = np.flatnonzero(data.true != data.predicted)
    if sure is not None:
        wrong = wrong[np.argsort(-sure[wrong], kind="stable")]
    columns = [column[wrong].tolist() for column in (data.rows, data.true, data.predicted)]
    numbers = [
        [None] * len(wrong) if values is None else values[wrong].tolist()
        for values in (sure, of_true)
    ]
    return list(zip(*columns, *numbers, strict=True))
