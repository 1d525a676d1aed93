"""Tasks drawn at random, by the size of their data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.common.arguments import number
from keras_mtl.schedules.schedule import Batches, Schedule, as_steps, check_batches
from keras_mtl.schedules.spreading import block_for, spread_numbers


class Proportional(Schedule):
    """Draw tasks at random, with probabilities proportional to n**alpha for n batches.

    Use it where data sets differ much in size: `alpha=1` draws each batch as often as any other,
    `alpha=0` each task as often as any other, `alpha=0.5` lies between. The draws are spread: of
    every 64 steps (of more if a task is rarer than that) each task has its share, rounded up or
    down, and at least one.

    Args:
        alpha: Exponent of the number of batches, from 0 up; 1 by default. 0 needs no known lengths.

    Raises:
        ValueError: `alpha` is negative or not a finite number.

    Source:
        Sampling by size to a power, as in Stickland and Murray, "BERT and PALs", 2019.

    Example:
        >>> import keras_mtl, numpy as np
        >>> schedule = keras_mtl.schedules.Proportional(alpha=0.5)
        >>> picked = schedule.tasks(np.arange(640), batches={"sex": 90, "hair": 10}, seed=0)
        >>> np.bincount(picked).tolist()  # 3 to 1, the roots of 9 to 1
        [480, 160]
    """

    def __init__(self, alpha: float = 1.0) -> None:
        self.alpha = number("alpha", alpha)

    @property
    def needs_lengths(self) -> bool:
        """Whether the probabilities depend on the lengths."""
        return self.alpha > 0

    def tasks(self, steps: ArrayLike, *, batches: Batches, seed: int) -> np.ndarray:
        """Return the task that trains at each of some steps."""
        check_batches(batches)
        chances = shares(batches, np.array([self.alpha]))[0]
        drawn = spread_numbers(as_steps(steps), seed=seed, block=block_for(chances.min()))
        return np.searchsorted(_bounds(chances), drawn, side="right").astype(np.int32)

    def round(self, batches: Batches) -> Mapping[str, float]:
        """Return the probability of each task at a step."""
        chances = shares(batches, np.array([self.alpha]))[0]
        return dict(zip(batches, chances.tolist(), strict=True))

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"alpha": self.alpha}


def shares(batches: Batches, alphas: np.ndarray) -> np.ndarray:
    """Return probabilities `(exponents, tasks)` for exponents of shape `(exponents,)`."""
    # Relative to the largest, so that no power overflows. A length that is not known counts as 1:
    # only the exponent 0 is allowed then.
    sizes = np.log([float(size or 1) for size in batches.values()])
    weights = np.exp(alphas[:, None] * (sizes - sizes.max()))
    return weights / weights.sum(axis=1, keepdims=True)


def _bounds(chances: np.ndarray) -> np.ndarray:
    """Return the places in [0, 1) where the share of one task ends and the next begins."""
    return chances.cumsum()[:-1]
