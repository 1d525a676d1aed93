"""The record of one run of a comparison."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class Run:
    """One strategy, trained once with some labels and judged on the test rows.

    Attributes:
        strategy: Name of the strategy.
        labels: Number of labels that it was trained with.
        seed: Seed of the drawing of the labels and of the training.
        cut: The layer after which the trained network was cut; None for a strategy that keeps none.
        score: The score on the test rows, where greater is better; NaN if the run failed.
        seconds: How long the training took.
        parameters: Number of parameters that were trained.
        error: Why the run failed; empty if it did not.
        history: Metrics of the training by epoch, as of `keras.callbacks.History`.
        gains: The part of each test row in the score, which is their mean, float32 of shape
            `(test rows,)`; None where the score is not the mean over rows.
    """

    strategy: str
    labels: int
    seed: int
    cut: str | None
    score: float
    seconds: float
    parameters: int
    error: str = ""
    history: Mapping[str, Sequence[float]] = field(default_factory=dict, repr=False)
    gains: NDArray[np.float32] | None = field(default=None, repr=False, compare=False)
