"""Which task trains at which step of one run: a schedule, with all that it depends on."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keras_mtl.errors import InvalidSchedule
from keras_mtl.schedules.base import JOINT, Schedule
from keras_mtl.schedules.functions import FunctionSchedule
from keras_mtl.training.steps.forward import JOINT_DATA
from keras_mtl.training.task_data import Data

CHUNK = 100_000
"""Steps that are looked at together where all of a run are."""


class Plan(NamedTuple):
    """The steps of a run.

    Attributes:
        schedule: Picks the tasks.
        data: What they train on.
        seed: Seed of the run.
        steps_per_epoch: Steps of an epoch.
    """

    schedule: Schedule
    data: Data
    seed: int
    steps_per_epoch: int

    def epoch(self, number: int) -> np.ndarray:
        """The positions of the tasks, or `JOINT`, for each step of an epoch."""
        start = number * self.steps_per_epoch
        return self._picked(start, start + self.steps_per_epoch)

    def kinds(self, epochs: int) -> list[int]:
        """The tasks that train at some step of the run, `JOINT` among them.

        Raises:
            InvalidSchedule: A function never picks a task; other schedules know what they pick.
        """
        end = epochs * self.steps_per_epoch
        chunks = [np.unique(self._chunk(low, end)) for low in range(0, end, CHUNK)]
        kinds: list[int] = np.unique(np.concatenate(chunks)).tolist()
        named = [self.data.tasks[kind] for kind in kinds if kind != JOINT]
        idle = [task for task in self.data.tasks if task not in named]
        if idle and JOINT not in kinds and isinstance(self.schedule, FunctionSchedule):
            raise InvalidSchedule(
                f"The schedule {self.schedule} picks `{idle[0]}` at none of the {end} steps of "
                "the run. Let it pick each task, or train a model without that one, see "
                "`remove_task`."
            )
        return kinds

    def used_before(self, epoch: int) -> dict[str, int]:
        """By the names of the data how many of their batches the epochs before use."""
        used = dict.fromkeys(self.data.sets, 0)
        end = epoch * self.steps_per_epoch
        for low in range(0, end, CHUNK):
            picked = self._chunk(low, end)
            for name in used:
                used[name] += int(self._uses(name, picked).sum())
        return used

    def _uses(self, name: str, picked: np.ndarray) -> np.ndarray:
        if name == JOINT_DATA:
            return np.ones(len(picked), bool)
        return (picked == self.data.tasks.index(name)) | (picked == JOINT)

    def _chunk(self, low: int, end: int) -> np.ndarray:
        return self._picked(low, min(low + CHUNK, end))

    def _picked(self, first: int, end: int) -> np.ndarray:
        """The tasks of some steps of the run."""
        steps = np.arange(first, end)
        return np.asarray(self.schedule.tasks(steps, batches=self.data.batches, seed=self.seed))
