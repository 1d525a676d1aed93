"""A function of the step as a schedule."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from keras_mtl.errors import InvalidSchedule
from keras_mtl.heads.task_names import check_task
from keras_mtl.schedules.schedule import Batches, Schedule, as_steps, check_batches


def as_schedule(schedule: Any) -> Schedule:
    """Return a schedule as it is, or a function of the step as a schedule.

    Raises:
        TypeError: It is neither.
    """
    if isinstance(schedule, Schedule):
        return schedule
    if isinstance(schedule, type) and issubclass(schedule, Schedule):
        raise TypeError(
            f"A schedule is an object: pass `{schedule.__name__}(...)`, not the class itself."
        )
    if callable(schedule):
        return FunctionSchedule(schedule)
    raise TypeError(
        "A schedule is one of `keras_mtl.schedules`, such as `RoundRobin()`, or a function of the "
        f"step that returns the name of a task. Received: {schedule!r}."
    )


class FunctionSchedule(Schedule):
    """A function that gives the name of the task for each step.

    Args:
        function: `f(step)` or `f(step, batches, seed)`; it must give the same name whenever it is
            called with the same arguments.
    """

    def __init__(self, function: Callable[..., str]) -> None:
        self.function = function
        self._takes_all = _takes_three(function)

    def tasks(self, steps: ArrayLike, *, batches: Batches, seed: int) -> np.ndarray:
        """Return the task that trains at each of some steps."""
        check_batches(batches)
        places = {task: index for index, task in enumerate(batches)}
        numbers = as_steps(steps).tolist()
        names = [self._name(step, batches, seed) for step in numbers]
        for step, name in zip(numbers, names, strict=True):
            if not isinstance(name, str) or name not in places:
                check_task(name, batches, where=f"At step {step} the schedule {self}")
        return np.array([places[name] for name in names], dtype=np.int32)

    def round(self, batches: Batches) -> Mapping[str, float]:
        """Raise an error: a function does not say how its tasks share an epoch."""
        raise InvalidSchedule(
            f"The schedule {self} is a function, which does not say how long an epoch is. Give "
            "`steps_per_epoch`."
        )

    def get_config(self) -> dict[str, Any]:
        """Return the name of the function; `fingerprint` depends on what it returns."""
        return {"function": getattr(self.function, "__qualname__", type(self.function).__name__)}

    def _name(self, step: int, batches: Batches, seed: int) -> str:
        return self.function(step, dict(batches), seed) if self._takes_all else self.function(step)


def _takes_three(function: Callable[..., str]) -> bool:
    """Return whether a function takes the numbers of batches and the seed too."""
    signature = inspect.signature(function)
    for arguments in (1, 3):
        try:
            signature.bind(*[None] * arguments)
        except TypeError:
            continue
        return arguments == 3
    raise TypeError(
        "A function used as a schedule takes `(step)` or `(step, batches, seed)`. Received one "
        f"that takes {signature}."
    )
