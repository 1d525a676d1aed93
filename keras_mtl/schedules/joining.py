"""Several schedules, one after the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.common.arguments import whole_number
from keras_mtl.schedules.functions import as_schedule
from keras_mtl.schedules.schedule import Batches, Epoch, Schedule, as_steps, check_batches


def join(schedules: Sequence[Schedule | Callable[..., str]], boundaries: Sequence[int]) -> Schedule:
    """Join schedules one after the other, each of which counts its steps from 0.

    Use it for phases: one task alone first, then all of them. An epoch is as long as the longest
    epoch of the parts.

    Args:
        schedules: Schedules, or functions of the step.
        boundaries: The steps at which the second one begins, the third one, and so on.

    Returns:
        A schedule.

    Raises:
        ValueError: There is not one boundary less than schedules, or they do not increase.

    Example:
        >>> import keras_mtl
        >>> schedules = keras_mtl.schedules
        >>> phases = [schedules.Blocks({"sex": 1}), schedules.RoundRobin()]
        >>> schedule = schedules.join(phases, boundaries=[3])
        >>> schedule.tasks(range(7), batches={"sex": 10, "hair": 4}, seed=0).tolist()
        [0, 0, 0, 0, 1, 0, 1]
    """
    return JoinedSchedule(schedules, boundaries)


class JoinedSchedule(Schedule):
    """Several schedules, one after the other; `join` makes it."""

    def __init__(
        self, schedules: Sequence[Schedule | Callable[..., str]], boundaries: Sequence[int]
    ) -> None:
        for name, given in (("schedules", schedules), ("boundaries", boundaries)):
            if not isinstance(given, list | tuple | np.ndarray):
                raise ValueError(f"`{name}` is a list. Received: {given!r}.")
        self.schedules = [as_schedule(schedule) for schedule in schedules]
        self.boundaries = [whole_number("boundaries", step) for step in boundaries]
        if not self.schedules:
            raise ValueError("`join` needs at least one schedule.")
        if len(self.boundaries) != len(self.schedules) - 1:
            raise ValueError(
                f"{len(self.schedules)} schedules need {len(self.schedules) - 1} boundaries "
                f" between them. Received: {self.boundaries}."
            )
        if sorted(set(self.boundaries)) != self.boundaries:
            raise ValueError(f"`boundaries` must increase. Received: {self.boundaries}.")

    @property
    def needs_lengths(self) -> bool:
        """Whether one of the parts needs the lengths."""
        return any(schedule.needs_lengths for schedule in self.schedules)

    def tasks(self, steps: ArrayLike, *, batches: Batches, seed: int) -> np.ndarray:
        """Return the task that trains at each of some steps."""
        check_batches(batches)
        wanted = as_steps(steps)
        picked = np.empty(wanted.shape, dtype=np.int32)
        parts = np.searchsorted(self.boundaries, wanted, side="right")
        for part in np.unique(parts).tolist():
            start = self.boundaries[part - 1] if part else 0
            own = parts == part
            picked[own] = self.schedules[part].tasks(
                wanted[own] - start, batches=batches, seed=seed
            )
        return picked

    def counts(self, end: int, *, batches: Batches, seed: int) -> dict[int, int]:
        """Return how many of the first steps each task trains at."""
        check_batches(batches)
        counts: Counter[int] = Counter()
        bounds = [0, *(min(step, end) for step in self.boundaries), end]
        for schedule, (start, stop) in zip(self.schedules, pairwise(bounds), strict=True):
            counts.update(schedule.counts(stop - start, batches=batches, seed=seed))
        return dict(counts)

    def round(self, batches: Batches) -> Mapping[str, float]:
        """Return the round of the last part, which goes on for ever."""
        return self.schedules[-1].round(batches)

    def picks(self, batches: Batches) -> Collection[str]:
        """Return the tasks that one of the parts picks."""
        return {task: None for part in self.schedules for task in part.picks(batches)}

    def steps_per_epoch(self, batches: Batches, epoch: Epoch = "all") -> int:
        """Return the length of the longest epoch of the parts."""
        return max(part.steps_per_epoch(batches, epoch) for part in self.schedules)

    def check_lengths(self, batches: Batches) -> None:
        """Refuse data of unknown length where a part depends on it."""
        for part in self.schedules:
            part.check_lengths(batches)

    def get_config(self) -> dict[str, Any]:
        """Return the parts, each with its name, and the boundaries."""
        parts = [[type(part).__name__, part.get_config()] for part in self.schedules]
        return {"schedules": parts, "boundaries": self.boundaries}

    def __repr__(self) -> str:
        return f"join({self.schedules}, boundaries={self.boundaries})"
