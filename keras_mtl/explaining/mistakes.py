"""Single rows on which a model is wrong."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from keras_mtl.common.records import Records


@dataclass(frozen=True)
class Mistake:
    """A row whose class is not the one that is predicted.

    Attributes:
        row: Its number in the data, from 0.
        true: Its class.
        predicted: The class that is predicted.
        probability: The probability of the predicted class; None if the predictor gives none.
        probability_of_true: The probability of its class; None likewise.
    """

    row: int
    true: str
    predicted: str
    probability: float | None
    probability_of_true: float | None


class Mistakes(Records[Mistake]):
    """Mistakes, the most confident ones first."""

    @property
    def title(self) -> str:
        """A line above the table."""
        return "mistakes"

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ["row", "true", "predicted", "probability", "of the true class"]

    def cells(self, mistake: Mistake) -> Sequence[object]:
        """Return what the columns show of a mistake."""
        numbers = (mistake.probability, mistake.probability_of_true)
        shown = [None if one is None else f"{one:.3f}" for one in numbers]
        return [str(mistake.row), mistake.true, mistake.predicted, *shown]


@dataclass(frozen=True)
class Deviation:
    """A row whose number is far from the one that is predicted.

    Attributes:
        row: Its number in the data, from 0.
        target: Which of several numbers; `"y"` if there is one.
        true: The number.
        predicted: The number that is predicted.
        error: Predicted minus true.
    """

    row: int
    target: str
    true: float
    predicted: float
    error: float


class Deviations(Records[Deviation]):
    """Errors, the largest ones first."""

    @property
    def title(self) -> str:
        """A line above the table."""
        return "largest errors"

    @property
    def header(self) -> Sequence[str]:
        """Titles of the columns."""
        return ["row", "target", "true", "predicted", "error"]

    def cells(self, one: Deviation) -> Sequence[object]:
        """Return what the columns show of an error."""
        numbers = (f"{value:.4g}" for value in (one.true, one.predicted, one.error))
        return [str(one.row), one.target, *numbers]
