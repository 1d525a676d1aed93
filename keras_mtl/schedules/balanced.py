"""Every batch of the largest task once an epoch, smaller tasks more often than their size says."""

from __future__ import annotations

from collections.abc import Mapping
from math import ceil
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.common.arguments import is_number
from keras_mtl.schedules.schedule import Batches, Schedule, as_steps, check_batches
from keras_mtl.schedules.spreading import spread_evenly


class Balanced(Schedule):
    """Steps of each task in proportion to n**alpha for n batches, evenly spread over an epoch.

    The default. An epoch is one pass over the largest data set, of m batches; a task with n
    batches has `m * (n / m) ** alpha` steps, rounded up, so that smaller data sets start again
    within it. With 625 batches and 4 batches that is 625 and 177 steps. Tasks of equal size train
    in turn. All epochs have the same pattern, whatever the seed, and `epoch="longest"` and
    `"shortest"` mean the same as `"all"`. Needs the number of batches of each task.

    Args:
        alpha: Exponent of the number of batches, from 0 (each task as often as any other, as with
            `RoundRobin`) to 1 (each batch once an epoch, as with `Interleaved`); 0.25 by default.

    Raises:
        ValueError: `alpha` is no number from 0 to 1.

    Source:
        Sampling by size to a power, as in Arivazhagan et al., "Massively multilingual neural
        machine translation in the wild", 2019, there with alpha=0.2, at random.

    Example:
        >>> import keras_mtl
        >>> schedule = keras_mtl.schedules.Balanced(alpha=0.5)
        >>> schedule.tasks(range(8), batches={"sex": 8, "hair": 2}, seed=0).tolist()
        [0, 1, 0, 0, 1, 0, 0, 1]
        >>> schedule.steps_per_epoch({"sex": 8, "hair": 2})  # 8 and 4
        12
    """

    def __init__(self, alpha: float = 0.25) -> None:
        if not is_number(alpha) or not 0 <= alpha <= 1:
            raise ValueError(f"`alpha` is a number from 0 to 1. Received: {alpha!r}.")
        self.alpha = float(alpha)

    @property
    def needs_lengths(self) -> bool:
        """Whether the lengths must be known: they decide the order."""
        return True

    def tasks(self, steps: ArrayLike, *, batches: Batches, seed: int) -> np.ndarray:
        """Return the task that trains at each of some steps."""
        check_batches(batches)
        pattern = spread_evenly(tuple(self.round(batches).values()))
        return pattern[as_steps(steps) % len(pattern)]

    def round(self, batches: Batches) -> Mapping[str, int]:
        """Return the number of steps of each task in an epoch."""
        largest = max(size or 0 for size in batches.values())
        return {
            # Rounded first, because floats are inexact: 4 * 0.25**0.5 may be a little more than 2.
            task: ceil(round(largest * ((size or 0) / largest) ** self.alpha, 6))
            for task, size in batches.items()
        }

    def period(self, batches: Batches) -> int:
        """Return the number of steps of an epoch."""
        return sum(self.round(batches).values())

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"alpha": self.alpha}
