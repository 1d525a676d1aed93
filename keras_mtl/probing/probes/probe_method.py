"""The contract of a probe."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np

from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.probe_targets import Floats, ProbeTargets


class ProbeScore(NamedTuple):
    """How well the features of a depth suit a task.

    Attributes:
        score: Higher is better.
        spread: Standard error of the score, if the probe leaves samples out.
        fit: What decides between depths whose scores are within the noise, if there is such a
            number.
        gains: How good the predictions are for each sample left out; the score is their mean.
    """

    score: float
    spread: float | None = None
    fit: float | None = None
    gains: Floats | None = None

    @classmethod
    def of_gains(cls, gains: Floats, fit: float | None = None) -> ProbeScore:
        """Return the mean of the gains of the samples, and its standard error."""
        error = float(gains.std(ddof=1) / np.sqrt(len(gains)))
        return cls(float(gains.mean()), error, fit, gains)


class ProbeMethod(ABC):
    """A way to score features. A subclass in a file of this folder is found by its name.

    Attributes:
        name: What `probe_cuts(probe=...)` takes.
        needs_classes: Whether it scores classes only.
        unit: What the score is called; None for the metric of the task.
    """

    name: str
    needs_classes = False
    unit: str | None = None

    @abstractmethod
    def score(
        self, features: Floats, targets: ProbeTargets, *, folds: int, seed: int
    ) -> ProbeScore:
        """Score the features of one depth.

        Args:
            features: Finite floats of shape `(samples, width)`.
            targets: The labels.
            folds: Number of folds of a probe that is cross-validated.
            seed: Seed of the folds.
        """

    def check(self, targets: ProbeTargets, folds: int) -> None:
        """Refuse labels that this probe cannot score.

        Raises:
            InvalidLabels: It needs classes, and these are none.
            ValueError: `folds` is no number of folds.
        """
        if self.needs_classes and not targets.are_classes:
            raise InvalidLabels(
                f"`probe={self.name!r}` scores classes; `y` is taken for {targets.meaning}. Use "
                '`probe="ridge"`, or pass `kind="classification"` if `y` holds classes.'
            )
