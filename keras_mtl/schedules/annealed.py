"""Tasks drawn at random: by the size of their data first, more and more evenly later."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.common.arguments import number, whole_number
from keras_mtl.schedules.proportional import Proportional, shares
from keras_mtl.schedules.schedule import Batches, Schedule, as_steps, check_batches
from keras_mtl.schedules.spreading import block_for, spread_numbers


class Annealed(Schedule):
    """Draw tasks like `Proportional`, with an exponent that moves from `start` to `end`.

    Use it so that large data sets shape the trunk first, and small tasks are not forgotten at the
    end. The exponent moves in a straight line over the first `steps` steps and then stays. An
    epoch is as long as with `Proportional(start)` during the whole run.

    Args:
        steps: Steps until `end` is reached, usually those of the whole run.
        end: The last exponent, 0.2 by default.
        start: The first exponent, 1 by default.

    Raises:
        ValueError: `steps` is no positive whole number, or an exponent is negative.

    Source:
        Stickland and Murray, "BERT and PALs", 2019: from 1 to 0.2.

    Example:
        >>> import keras_mtl, numpy as np
        >>> schedule, batches = keras_mtl.schedules.Annealed(1000, end=0), {"sex": 95, "hair": 5}
        >>> np.bincount(schedule.tasks(np.arange(64), batches=batches, seed=0)).tolist()
        [61, 3]
        >>> np.bincount(schedule.tasks(np.arange(1024, 1088), batches=batches, seed=0)).tolist()
        [32, 32]
    """

    def __init__(self, steps: int, end: float = 0.2, start: float = 1.0) -> None:
        self.steps = whole_number("steps", steps)
        self.end = number("end", end)
        self.start = number("start", start)

    @property
    def needs_lengths(self) -> bool:
        """Whether the probabilities depend on the lengths at any step."""
        return max(self.start, self.end) > 0

    def tasks(self, steps: ArrayLike, *, batches: Batches, seed: int) -> np.ndarray:
        """Return the task that trains at each of some steps."""
        check_batches(batches)
        wanted = as_steps(steps)
        # The rarest task is rarest under the largest exponent, and within a block the probabilities
        # do not change: so each task has a step in every block.
        block = block_for(shares(batches, np.array([max(self.start, self.end)])).min())
        drawn = spread_numbers(wanted, seed=seed, block=block)
        bounds = shares(batches, self.alphas(wanted // block * block)).cumsum(axis=1)[:, :-1]
        return (drawn[:, None] >= bounds).sum(axis=1).astype(np.int32)

    def alphas(self, steps: np.ndarray) -> np.ndarray:
        """Return the exponent at each of some steps."""
        return self.start + (self.end - self.start) * np.minimum(steps / self.steps, 1)

    def round(self, batches: Batches) -> Mapping[str, float]:
        """Return the probability of each task at the first step."""
        return Proportional(self.start).round(batches)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"steps": self.steps, "end": self.end, "start": self.start}
