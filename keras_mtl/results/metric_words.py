"""How scores, differences and lists of names read in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class MetricWords:
    """The wording of one metric: shares as percentages, all others as numbers.

    Attributes:
        metric: Name of the metric, as scikit-learn calls its scorer.
    """

    metric: str

    @property
    def name(self) -> str:
        """What a score is called in a sentence."""
        return {"r2": "R²"}.get(self.metric, self.metric)

    @property
    def highest(self) -> float | None:
        """The score of perfect predictions; None if it is not known."""
        if self.metric.startswith("neg_"):
            return 0.0
        perfect = ("accuracy", "r2", "f1", "precision", "recall", "roc_auc", "jaccard", "average")
        known = self.metric.startswith((*perfect, "balanced", "explained", "top_k", "matthews"))
        return 1.0 if known else None

    def number(self, value: float) -> str:
        """Return a score without the name of the metric, such as `91.2%`."""
        return f"{100 * value:.1f}%" if self.is_share else f"{value:.3f}"

    def scores(self, values: Sequence[float]) -> str:
        """Return scores with the name of the metric, such as `91.2% accuracy`."""
        numbers = listed([self.number(value) for value in values])
        return f"{numbers} {self.name}" if self.is_share else f"{self.name} {numbers}"

    def numbers(self, *values: float) -> list[str]:
        """Return differences without a unit."""
        texts = [f"{100 * one:.1f}" if self.is_share else f"{one:.3f}" for one in values]
        return [text if text.strip("-0.") else text.lstrip("-") for text in texts]

    def difference(self, *values: float) -> str:
        """Return differences with their unit, such as `3.1 and 2.0 points`."""
        return listed(self.numbers(*values)) + self.unit

    @property
    def unit(self) -> str:
        """What stands after a difference."""
        return " points" if self.is_share else ""

    @property
    def is_share(self) -> bool:
        """Whether scores are shares, which read as percentages."""
        return self.metric in ("accuracy", "balanced_accuracy")


def listed(names: Sequence[str], word: str = "and") -> str:
    """Return names as a list in a sentence, such as `a, b and c`."""
    *first, last = names
    return f"{', '.join(first)} {word} {last}" if first else last
