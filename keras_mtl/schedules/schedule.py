"""The base class of schedules: pure functions of the step, the seed and the sizes of the data."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Collection, Mapping
from math import ceil
from typing import Any, Literal, get_args

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.common.arguments import is_whole_number, one_of
from keras_mtl.common.hashing import Hash
from keras_mtl.errors import InvalidSchedule
from keras_mtl.heads.task_names import check_task

JOINT = -1
"""The position that stands for all tasks at once."""
CHUNK = 100_000
"""Steps that are counted at once: an array of all steps of a long run might not fit in memory."""

_FINITE = "Leave out `.repeat()`: data that end are read again from their start."

Epoch = Literal["all", "longest", "shortest"]
Batches = Mapping[str, int | None]
"""The number of batches in a pass over the data of each task; None where it is not known."""


class Schedule(ABC):
    """Which task trains at each step.

    Use one of the schedules of this module, or a function of the step; make a subclass for a rule
    that is fast for many steps at once. A schedule has no state: what it picks for a step depends
    on the step, the seed and the number of batches of each task only, so that a run that was
    interrupted goes on as if it had not been.

    Example:
        >>> import keras_mtl, numpy as np
        >>> class Reversed(keras_mtl.schedules.Schedule):
        ...     def tasks(self, steps, *, batches, seed):
        ...         return len(batches) - 1 - np.asarray(steps) % len(batches)
        ...     def round(self, batches):
        ...         return dict.fromkeys(batches, 1)
        ...     def get_config(self):
        ...         return {}
        >>> Reversed().tasks(range(4), batches={"sex": 10, "hair": 4}, seed=0)
        array([1, 0, 1, 0])
    """

    @abstractmethod
    def tasks(self, steps: ArrayLike, *, batches: Batches, seed: int) -> np.ndarray:
        """Return the task that trains at each of some steps.

        Args:
            steps: Steps of the run, counted from 0, of shape `(n,)`.
            batches: For each task, in the order of the heads, the number of its batches.
            seed: Seed of the run.

        Returns:
            Positions in `batches`, integers of shape `(n,)`; -1 stands for all tasks at once.
        """

    @abstractmethod
    def round(self, batches: Batches) -> Mapping[str, float]:
        """Return how many steps each task has in a round, the smallest part that repeats itself.

        Where steps are drawn at random, a round is one step and these are probabilities.
        """

    @abstractmethod
    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as JSON holds them."""

    @property
    def needs_lengths(self) -> bool:
        """Whether the number of batches of each task must be known."""
        return False

    def round_length(self, batches: Batches) -> float:
        """Return the number of steps in a round."""
        return sum(self.round(batches).values())

    def picks(self, batches: Batches) -> Collection[str]:
        """Return the names of the tasks that the schedule picks at some step."""
        return list(batches)

    def period(self, batches: Batches) -> int | None:
        """Return after how many steps the schedule repeats itself; None if it never does."""
        del batches
        return None

    def counts(self, end: int, *, batches: Batches, seed: int) -> dict[int, int]:
        """Return how many of the first steps each task trains at.

        Args:
            end: The number of steps.
            batches: For each task the number of its batches.
            seed: Seed of the run.

        Returns:
            The number of steps for each value that `tasks` returns for at least one of them.
        """
        check_batches(batches)
        period = self.period(batches) or max(end, 1)
        whole, rest = divmod(end, period)
        counts: Counter[int] = Counter()
        for times, length in ((whole, period), (1, rest)):
            for low in range(0, length if times else 0, CHUNK):
                steps = np.arange(low, min(low + CHUNK, length))
                picked = np.asarray(self.tasks(steps, batches=batches, seed=seed))
                for task, number in zip(*np.unique(picked, return_counts=True), strict=True):
                    counts[int(task)] += times * int(number)
        return dict(counts)

    def steps_per_epoch(self, batches: Batches, epoch: Epoch = "all") -> int:
        """Return the number of steps in an epoch.

        Args:
            batches: For each task the number of its batches.
            epoch: How many whole rounds an epoch has: as many as it takes until each task
                (`"all"`), the one with the most batches (`"longest"`) or the one with the fewest
                (`"shortest"`) has had all of its batches. Where steps are drawn at random, it
                has had them on average.

        Raises:
            InvalidSchedule: The number of batches of a task is not known.
            ValueError: `epoch` is something else.
        """
        check_batches(batches)
        sizes = self._known(batches, epoch)
        rounds = {task: sizes[task] / steps for task, steps in self.round(batches).items()}
        # Rounded first, because floats are inexact: 0.1 * 30 is a little more than 3.
        needed = max(ceil(round(rounds[task], 6)) for task in _counted(sizes, rounds, epoch))
        return ceil(round(needed * self.round_length(batches), 6))

    def check(self, batches: Batches) -> None:
        """Refuse tasks that this schedule cannot be used for.

        Raises:
            TaskNotFound: The schedule names a task that does not exist.
            InvalidSchedule: It never picks a task, or needs a number of batches that is not known.
        """
        check_batches(batches)
        picked = self.picks(batches)
        for name in picked:
            check_task(name, batches, where=f"The schedule {self}")
        idle = [name for name in batches if name not in picked]
        if idle:
            raise InvalidSchedule(
                f"The schedule {self} never picks {_listed(idle)}. Add it to the schedule, or "
                "train a model without it, see `remove_task`."
            )
        self.check_lengths(batches)

    def check_lengths(self, batches: Batches) -> None:
        """Refuse data of unknown length where the schedule depends on it."""
        unknown = _unknown(batches)
        if self.needs_lengths and unknown:
            raise InvalidSchedule(
                f"The schedule {self} needs the number of batches of each task; it is not known "
                f"for {_listed(unknown)}. {_FINITE} Of a data set that cannot tell its length, "
                "say it: `.apply(tf.data.experimental.assert_cardinality(n))`. Or use "
                "`keras_mtl.schedules.RoundRobin()`."
            )

    def fingerprint(self, batches: Batches, seed: int, *, steps: int = 1024) -> str:
        """Return a hash of the schedule for these sizes and this seed.

        Args:
            batches: For each task the number of its batches.
            seed: Seed of the run.
            steps: How many of the first steps are hashed, which tells functions apart.
        """
        described = [type(self).__qualname__, self.get_config(), list(batches.items()), seed]
        picked = self.tasks(np.arange(steps), batches=batches, seed=seed)
        return Hash(json.dumps([described, np.asarray(picked).tolist()])).hexdigest()

    def __eq__(self, other: object) -> bool:
        return type(self) is type(other) and self.get_config() == other.get_config()

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{key}={value!r}" for key, value in self.get_config().items())
        return f"{type(self).__name__}({arguments})"

    def _known(self, batches: Batches, epoch: Epoch) -> dict[str, int]:
        one_of("epoch", epoch, get_args(Epoch))
        unknown = _unknown(batches)
        if unknown:
            raise InvalidSchedule(
                f"The length of an epoch is not known: {_listed(unknown)} does not say how many "
                f"batches there are. {_FINITE} Give `steps_per_epoch` for others."
            )
        return {task: size for task, size in batches.items() if size is not None}


def as_steps(steps: ArrayLike) -> np.ndarray:
    """Return the steps as integers.

    Raises:
        ValueError: Some are not whole, or negative.
    """
    given = np.asarray(steps)
    if given.size and (given.dtype.kind not in "iu" or given.min() < 0):
        raise ValueError(f"`steps` are whole numbers, at least 0. Received: {steps!r}.")
    return given.astype(np.int64)


def check_batches(batches: object) -> None:
    """Refuse what is no number of batches of each task.

    Raises:
        InvalidSchedule: There is no task, or one without a batch.
    """
    if not isinstance(batches, Mapping) or not batches:
        raise InvalidSchedule(
            'A schedule needs the number of batches of each task, such as `{"sex": 95, "hair": 5}`.'
            f" Received: {batches!r}."
        )
    for task, size in batches.items():
        if size is not None and not is_whole_number(size, least=1):
            raise InvalidSchedule(
                f"The number of batches of `{task}` is a positive whole number, or None where it is"
                f" not known. Received: {size!r}."
            )


def _counted(sizes: dict[str, int], picked: Collection[str], epoch: Epoch) -> list[str]:
    """Return the tasks that decide how long an epoch is."""
    own = {task: sizes[task] for task in picked}
    if epoch == "all":
        return list(own)
    size = max(own.values()) if epoch == "longest" else min(own.values())
    return [task for task in own if own[task] == size]


def _unknown(batches: Batches) -> list[str]:
    return [task for task, size in batches.items() if size is None]


def _listed(names: list[str]) -> str:
    return ", ".join(f"`{name}`" for name in names)
