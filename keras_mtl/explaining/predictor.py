"""The contract of what gives outputs for inputs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.explaining.kept_rows import Row
from keras_mtl.explaining.output_meaning import OutputMeaning


class Answered(NamedTuple):
    """Some rows, and what a predictor gives for them.

    Attributes:
        inputs: An array for each input.
        outputs: What the predictor gives, a row for each row.
        labels: The labels as given; None if `y` holds the labels of all rows.
    """

    inputs: list[np.ndarray]
    outputs: np.ndarray
    labels: Any


class Predictor(ABC):
    """A model, or another object that predicts.

    Attributes:
        name: What messages call it.
    """

    name: str

    @property
    @abstractmethod
    def meaning(self) -> OutputMeaning:
        """What is known of the outputs."""

    @abstractmethod
    def answers(self, x: Any, y: Any) -> Iterator[Answered]:
        """Yield the rows of the data with the outputs for them, in order.

        Args:
            x: The inputs of all rows, or batches with labels.
            y: The labels of all rows; None if `x` gives batches.

        Raises:
            InvalidFeatures: They do not fit the predictor.
            InvalidLabels: There are no labels.
        """

    @abstractmethod
    def heat(self, rows: Sequence[Row], outputs: Sequence[int]) -> list[np.ndarray] | None:
        """Return where the predictor looked at; None if nothing tells.

        Args:
            rows: The inputs of some rows.
            outputs: The class, or number, of each row that is asked for.
        """
