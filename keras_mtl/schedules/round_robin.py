"""The tasks in turn, the same number of steps for each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.common.arguments import whole_number
from keras_mtl.schedules.schedule import Batches, Schedule, as_steps, check_batches


class RoundRobin(Schedule):
    """The tasks in turn, each for the same number of steps.

    Use it where each task is to count as much as any other, however much data it has: the smaller
    data sets start again more often. An epoch (`epoch="all"`) has as many steps as there are tasks
    times the batches of the longest one, rounded up to whole blocks.

    Args:
        block: Steps of one task before the next one's turn, 1 by default.

    Raises:
        ValueError: `block` is no positive whole number.

    Example:
        >>> import keras_mtl
        >>> schedule = keras_mtl.schedules.RoundRobin(block=2)
        >>> schedule.tasks(range(8), batches={"sex": 10, "hair": 4}, seed=0).tolist()
        [0, 0, 1, 1, 0, 0, 1, 1]
        >>> schedule.steps_per_epoch({"sex": 10, "hair": 4})
        20
    """

    def __init__(self, block: int = 1) -> None:
        self.block = whole_number("block", block)

    def tasks(self, steps: ArrayLike, *, batches: Batches, seed: int) -> np.ndarray:
        """Return the task that trains at each of some steps."""
        check_batches(batches)
        return (as_steps(steps) // self.block % len(batches)).astype(np.int32)

    def round(self, batches: Batches) -> Mapping[str, float]:
        """Return a block of each task."""
        return dict.fromkeys(batches, self.block)

    def period(self, batches: Batches) -> int:
        """Return the number of steps in a round."""
        return self.block * len(batches)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"block": self.block}
