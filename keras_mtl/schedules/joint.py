"""All tasks at each step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.schedules.base import JOINT, Batches, Schedule, as_steps


class Joint(Schedule):
    """All tasks at each step: one update from a batch of each, or from one batch with all labels.

    Use it where one data set has the labels of several tasks, or where a step should serve all
    tasks at once. An epoch has as many steps as the longest task has batches (`epoch="all"` or
    `"longest"`), or as the shortest has (`"shortest"`).

    Example:
        >>> import keras_mtl
        >>> schedule = keras_mtl.schedules.Joint()
        >>> schedule.tasks(range(3), batches={"sex": 10, "hair": 4}, seed=0).tolist()
        [-1, -1, -1]
        >>> schedule.steps_per_epoch({"sex": 10, "hair": 4}, epoch="shortest")
        4
    """

    def tasks(self, steps: ArrayLike, *, batches: Batches, seed: int) -> np.ndarray:
        """-1 for each of some steps."""
        return np.full(as_steps(steps).shape, JOINT, dtype=np.int32)

    def round(self, batches: Batches) -> Mapping[str, float]:
        """One step, which is each task's."""
        return dict.fromkeys(batches, 1)

    def round_length(self, batches: Batches) -> float:
        """One step serves all tasks."""
        return 1

    def get_config(self) -> dict[str, Any]:
        """There are no arguments."""
        return {}
