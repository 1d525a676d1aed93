"""Every batch of every task once an epoch, evenly spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.schedules.schedule import Batches, Schedule, as_steps, check_batches
from keras_mtl.schedules.spreading import spread_evenly


class Interleaved(Schedule):
    """Every batch of every task exactly once an epoch, each task's steps evenly spread over it.

    An epoch is one pass over all the data, as when one task is trained. Use it where data sets are
    of similar size; a task with few batches has as few steps. The i-th of a task's n batches stands
    at (i + 1/2) / n of the epoch; of tasks at the same place the one that was named first comes
    first. All epochs have the same pattern, whatever the seed. As all passes end together,
    `epoch="longest"` and `"shortest"` mean the same as `"all"`. Needs the number of batches of
    each task.

    Example:
        >>> import keras_mtl
        >>> schedule = keras_mtl.schedules.Interleaved()
        >>> schedule.tasks(range(8), batches={"sex": 6, "hair": 2}, seed=0).tolist()
        [0, 0, 1, 0, 0, 0, 1, 0]
        >>> schedule.steps_per_epoch({"sex": 6, "hair": 2})
        8
    """

    @property
    def needs_lengths(self) -> bool:
        """Whether the lengths must be known: they decide the order."""
        return True

    def tasks(self, steps: ArrayLike, *, batches: Batches, seed: int) -> np.ndarray:
        """Return the task that trains at each of some steps."""
        check_batches(batches)
        pattern = spread_evenly(tuple(size or 0 for size in batches.values()))
        return pattern[as_steps(steps) % len(pattern)]

    def round(self, batches: Batches) -> Mapping[str, float]:
        """Return the number of batches of each task."""
        return {task: size or 0 for task, size in batches.items()}

    def period(self, batches: Batches) -> int:
        """Return the number of steps of an epoch."""
        return sum(size or 0 for size in batches.values())

    def get_config(self) -> dict[str, Any]:
        """Return no arguments."""
        return {}
