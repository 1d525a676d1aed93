"""Which task trains at which step of one run: a schedule, and all that it depends on."""

from __future__ import annotations

import sys

import numpy as np

from keras_mtl.errors import InvalidSchedule
from keras_mtl.schedules.balanced import Balanced
from keras_mtl.schedules.functions import FunctionSchedule, as_schedule
from keras_mtl.schedules.interleaved import Interleaved
from keras_mtl.schedules.joint import Joint
from keras_mtl.schedules.round_robin import RoundRobin
from keras_mtl.schedules.schedule import JOINT, Epoch, Schedule
from keras_mtl.training.settings import NEWEST_DEFAULTS
from keras_mtl.training.task_data import JOINT_DATA, Data, apart

AHEAD = 10_000
"""Steps that a schedule is asked for at once: to ask for each block would cost more than a step."""
SEARCHED = 200_000
"""The most steps that a schedule is asked for before the first of them is taken."""
DEFAULTS: dict[int, Schedule] = {1: Interleaved(), NEWEST_DEFAULTS: Balanced()}
"""The schedule of data by task, by the version of the defaults that a run began with."""


class Plan:
    """The steps of a run.

    Args:
        schedule: Picks the tasks.
        data: The data that the tasks train on.
        seed: Seed of the run.
        steps_per_epoch: Steps of an epoch.

    Attributes:
        first_epoch: The epoch that begins with the first batch; 0, or a later one if the batches of
            the epochs before it are to be left out rather than skipped.
    """

    def __init__(self, schedule: Schedule, data: Data, seed: int, steps_per_epoch: int) -> None:
        self.schedule = schedule
        self.data = data
        self.seed = seed
        self.steps_per_epoch = steps_per_epoch
        self.first_epoch = 0
        self._counts: dict[int, dict[int, int]] = {}
        self._ahead = (0, np.empty(0, np.int32))

    def tasks(self, epoch: int, first: int, end: int) -> np.ndarray:
        """Return the positions of the tasks, or `JOINT`, for some steps of an epoch."""
        start = epoch * self.steps_per_epoch
        known_from, known = self._ahead
        if start + first < known_from or start + end > known_from + len(known):
            known_from = start + first
            stop = max(end, min(first + AHEAD, self.steps_per_epoch))
            steps = np.arange(known_from, start + stop)
            known = self._picked(steps)
            self._ahead = known_from, known
        return known[start + first - known_from : start + end - known_from]

    def kinds(self, epochs: int) -> list[int]:
        """Return the tasks that train at some step of the run, `JOINT` among them.

        Of a long run that does not repeat itself only the first steps are looked at: `tasks` may
        return others later.

        Raises:
            InvalidSchedule: A function never picks a task; other schedules know what they pick.
        """
        kinds = self._first_kinds(epochs)
        named = [self.data.tasks[kind] for kind in kinds if kind != JOINT]
        idle = [task for task in self.data.tasks if task not in named]
        # Other schedules say which tasks they pick, and `check` has compared these with the data.
        is_function = isinstance(self.schedule, FunctionSchedule)
        steps = epochs * self.steps_per_epoch
        if steps and idle and is_function and JOINT not in kinds and not self._is_long(epochs):
            raise InvalidSchedule(
                f"The schedule {self.schedule} picks `{idle[0]}` at none of the "
                f"{steps} steps of the run. Let it pick each task, or "
                "train a model without that one, see `remove_task`."
            )
        return kinds

    def used_by_end(self, epochs: int) -> dict[str, int]:
        """Return how many batches of each data set the run uses; of a long run a bound for it."""
        if self._is_long(epochs):
            return dict.fromkeys(self.data.sets, sys.maxsize)
        return {name: min(end, sys.maxsize) for name, end in self.used_before(epochs).items()}

    def used_before(self, epoch: int) -> dict[str, int]:
        """Return how many batches of each data set the epochs before this one use."""
        counts = self._counts_before(max(0, epoch - self.first_epoch))
        joint = counts.get(JOINT, 0)
        if self.data.joint:
            return {JOINT_DATA: sum(counts.values())}
        return {
            task: counts.get(position, 0) + joint for position, task in enumerate(self.data.tasks)
        }

    def _first_kinds(self, epochs: int) -> list[int]:
        """Return the kinds of steps in the run, or in its first steps if it is long."""
        if self.schedule.period(self.data.batches):
            return sorted(self._counts_before(epochs))
        found: set[int] = set()
        steps = epochs * self.steps_per_epoch
        for low in range(0, min(steps, SEARCHED), AHEAD):
            part = np.arange(low, min(low + AHEAD, steps))
            found.update(np.unique(self._picked(part)).tolist())
            if JOINT in found or len(found) == len(self.data.tasks):
                break
        return sorted(found)

    def _is_long(self, epochs: int) -> bool:
        """Return whether to count the steps of the run would take as long as many steps."""
        repeats = self.schedule.period(self.data.batches) is not None
        return not repeats and epochs * self.steps_per_epoch > SEARCHED

    def _picked(self, steps: np.ndarray) -> np.ndarray:
        return np.asarray(self.schedule.tasks(steps, batches=self.data.batches, seed=self.seed))

    def _counts_before(self, epoch: int) -> dict[int, int]:
        """Return how many steps of each kind the epochs before this one have."""
        if epoch not in self._counts:
            self._counts[epoch] = self.schedule.counts(
                epoch * self.steps_per_epoch, batches=self.data.batches, seed=self.seed
            )
        return self._counts[epoch]


def make_plan(
    given: object,
    data: Data,
    *,
    seed: int,
    steps_per_epoch: int | None,
    epoch: Epoch,
    defaults: int = NEWEST_DEFAULTS,
) -> Plan:
    """Plan a run.

    Args:
        given: The `schedule` of `fit`; None for the default.
        data: The data sets.
        seed: Seed of the run.
        steps_per_epoch: Steps of an epoch; None for as many as `epoch` says.
        epoch: How long an epoch is.
        defaults: The version of the defaults of `fit`.

    Raises:
        InvalidSchedule: The schedule never picks a task, or needs lengths that are not known.
        TaskNotFound: The schedule names a task that does not exist.
    """
    schedule = None if given is None else as_schedule(given)
    if schedule is None:
        schedule = _default(data, defaults)
    if data.joint and not isinstance(schedule, Joint):
        data = apart(data)
    schedule.check(data.batches)
    if steps_per_epoch is None:
        steps_per_epoch = schedule.steps_per_epoch(data.batches, epoch)
    return Plan(schedule, data, seed, steps_per_epoch)


def _default(data: Data, defaults: int) -> Schedule:
    if data.joint:
        return Joint()
    # A task that is alone trains at each step: data without an end have no length to wait for.
    alone = len(data.tasks) == 1 and None in data.batches.values()
    return RoundRobin() if alone else DEFAULTS[defaults]
