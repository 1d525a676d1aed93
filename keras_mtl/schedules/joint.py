"""All tasks at each step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.schedules.schedule import JOINT, Batches, Schedule, as_steps, check_batches


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
        """Return -1 for each of some steps."""
        check_batches(batches)
        return np.full(as_steps(steps).shape, JOINT, dtype=np.int32)

    def round(self, batches: Batches) -> Mapping[str, float]:
        """Return one step for each task."""
        return dict.fromkeys(batches, 1)

    def round_length(self, batches: Batches) -> float:
        """Return 1: one step trains all tasks."""
        return 1

    def period(self, batches: Batches) -> int:
        """Return 1: all steps are alike."""
        return 1

    def get_config(self) -> dict[str, Any]:
        """Return no arguments."""
        return {}
