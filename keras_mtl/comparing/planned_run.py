"""What one run of a comparison does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from keras_mtl.comparing.strategies.strategy import Strategy

Rows = NDArray[np.intp]


class RunKey(NamedTuple):
    """What tells a run from the others of a comparison.

    Attributes:
        strategy: Name of the strategy.
        labels: Number of labels.
        seed: Seed of the run.
    """

    strategy: str
    labels: int
    seed: int

    def __str__(self) -> str:
        return f"`{self.strategy}` with {self.labels} labels (seed {self.seed})"


@dataclass(frozen=True)
class Part:
    """One training of a run, and the rows that it is judged on.

    Attributes:
        rows: Rows to train on.
        judged: Rows of the same data to judge on; None for the test rows.
        cut: The last layer that is kept.
    """

    rows: Rows
    judged: Rows | None
    cut: str


@dataclass(frozen=True)
class PlannedRun:
    """A run to be done.

    Attributes:
        key: Which one it is.
        strategy: The strategy that is trained.
        parts: Its trainings: one, or one a fold of a cross-validation.
    """

    key: RunKey
    strategy: Strategy
    parts: Sequence[Part]
