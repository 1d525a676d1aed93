"""Precision, recall and F1 of each class, with confidence intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keras_mtl.common.records import Records
from keras_mtl.explaining.confusion import Confusion
from keras_mtl.explaining.intervals import Interval, wilson

MOST_PRINTED = 30
"""Classes that are printed; with more, the worst ones are."""


@dataclass(frozen=True)
class ClassScore:
    """The scores of one class; None where nothing is to be counted.

    Attributes:
        name: Name of the class.
        precision: Share of the rows predicted as this class that are of it.
        precision_low: Lower end of its confidence interval.
        precision_high: Upper end.
        recall: Share of the rows of this class that are predicted as it.
        recall_low: Lower end of its confidence interval.
        recall_high: Upper end.
        f1: Harmonic mean of precision and recall.
        f1_low: Lower end of its confidence interval.
        f1_high: Upper end.
        support: Number of rows of this class.
        predicted: Number of rows predicted as this class.
    """

    name: str
    precision: float | None
    precision_low: float | None
    precision_high: float | None
    recall: float | None
    recall_low: float | None
    recall_high: float | None
    f1: float | None
    f1_low: float | None
    f1_high: float | None
    support: int
    predicted: int


class ClassScores(Records[ClassScore]):
    """The scores of all classes, in the order of their numbers.

    Precision and recall are proportions, whose intervals are Wilson's (1927). With J the share of
    right rows among all rows that are of a class or predicted as it, F1 is 2 J / (1 + J), so its
    interval is that of J, mapped in the same way.
    """

    index_column = "name"

    def __init__(self, records: Sequence[ClassScore], confidence: float) -> None:
        super().__init__(records)
        self.confidence = confidence

    @classmethod
    def from_counts(cls, confusion: Confusion, confidence: float) -> ClassScores:
        """Return the scores that follow from counts."""
        right = confusion.counts.diagonal().tolist()
        support = confusion.counts.sum(axis=1).tolist()
        predicted = confusion.counts.sum(axis=0).tolist()
        counted = zip(confusion.classes, right, support, predicted, strict=True)
        return cls([_score(*counts, confidence) for counts in counted], confidence)

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ["class", "precision", "recall", "F1", "rows", "predicted"]

    @property
    def footer(self) -> str:
        """What the brackets are."""
        return f"in brackets: {self.confidence:.0%} confidence intervals (Wilson)"

    def cells(self, score: ClassScore) -> Sequence[object]:
        """Return what the columns show of a class."""
        return [
            score.name,
            bracketed(score.precision, score.precision_low, score.precision_high),
            bracketed(score.recall, score.recall_low, score.recall_high),
            bracketed(score.f1, score.f1_low, score.f1_high),
            score.support,
            score.predicted,
        ]

    def worst(self, n: int = MOST_PRINTED) -> ClassScores:
        """Return the classes with the lowest F1, the lowest one first."""
        known = [score for score in self if score.f1 is not None]
        return self.of(sorted(known, key=lambda score: score.f1 or 0.0)[:n])


def bracketed(value: float | None, low: float | None, high: float | None) -> str | None:
    """Return a number with its interval; None for none, which prints as a dash."""
    if value is None:
        return None
    return f"{value:.3f} [{low:.3f}, {high:.3f}]"


def _score(name: str, right: int, support: int, predicted: int, confidence: float) -> ClassScore:
    union = support + predicted - right
    precision = _share(right, predicted, confidence)
    recall = _share(right, support, confidence)
    f1, low, high = (
        None if j is None else 2 * j / (1 + j) for j in _share(right, union, confidence)
    )
    return ClassScore(name, *precision, *recall, f1, low, high, support, predicted)


def _share(
    part: int, whole: int, confidence: float
) -> tuple[float | None, float | None, float | None]:
    """Return a share and the ends of its interval; None where there is nothing to count."""
    if whole == 0:
        return None, None, None
    interval: Interval = wilson(part, whole, confidence)
    return part / whole, *interval
