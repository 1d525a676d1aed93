"""Every batch of every task once an epoch, evenly spread."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.schedules.schedule import Batches, Schedule, as_steps, check_batches


class Interleaved(Schedule):
    """Every batch of every task exactly once an epoch, each task's steps evenly spread over it.

    The default: an epoch is one pass over all the data, as when one task is trained. The i-th of
    a task's n batches stands at (i + 1/2) / n of the epoch; of tasks at the same place the one
    that was named first comes first. All epochs have the same pattern, whatever the seed. As all
    passes end together, `epoch="longest"` and `"shortest"` mean the same as `"all"`. Needs the
    number of batches of each task.

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
        pattern = _pattern(tuple(size or 0 for size in batches.values()))
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


@lru_cache(maxsize=8)
def _pattern(sizes: tuple[int, ...]) -> np.ndarray:
    """Return the tasks of one epoch."""
    places = np.concatenate([(np.arange(size) + 0.5) / size for size in sizes])
    owners = np.repeat(np.arange(len(sizes), dtype=np.int32), sizes)
    pattern = owners[np.argsort(places, kind="stable")]
    pattern.flags.writeable = False  # All schedules of these sizes share the cached array.
    return pattern
