"""What balancers of losses and of gradients have in common: arguments, tasks, state."""

from __future__ import annotations

import copy
import inspect
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from typing import Any, Self

import numpy as np

from keras_mtl.errors import InvalidBalancer

Tensor = Any
"""A tensor of the backend in use; NumPy arrays are accepted too."""
State = Mapping[str, Tensor]
"""What a balancer keeps from one step to the next, by name; `{}` for most of them."""


class Balancer(ABC):
    """How the losses or gradients of several tasks become one update.

    A balancer is not changed by training. What it keeps from step to step is a state: arrays of
    fixed shapes and dtypes, which the training step hands in and takes back, so that it can be
    compiled, saved and restored with everything else.

    Attributes:
        tasks: The names of the tasks, in the order of the losses; empty before `for_tasks`.
    """

    tasks: tuple[str, ...] = ()

    def for_tasks(self, tasks: Iterable[str]) -> Self:
        """Return a copy for the tasks of a model.

        Args:
            tasks: Their names, in the order of the losses and gradients.

        Raises:
            InvalidBalancer: There are fewer than two tasks.
            TaskNotFound: The balancer names a task that is not among them.
        """
        names = tuple(tasks)
        if len(names) < 2:
            raise InvalidBalancer(
                f"A balancer combines at least two tasks. `{self}` was given "
                f"{len(names)}: {list(names)}. Train a single task without a balancer."
            )
        self.check_tasks(names)
        bound = copy.copy(self)
        bound.tasks = names
        return bound

    def for_number_of_tasks(self, number: int) -> Self:
        """Return a copy for so many tasks without names; itself if its tasks are known.

        Raises:
            InvalidBalancer: Its tasks are others in number, or it needs their names.
        """
        if self.tasks and len(self.tasks) != number:
            raise InvalidBalancer(
                f"`{self}` is for the {len(self.tasks)} tasks {list(self.tasks)}. Received the "
                f"gradients of {number}."
            )
        return self if self.tasks else self.for_tasks(f"task_{one}" for one in range(number))

    def check_tasks(self, tasks: tuple[str, ...]) -> None:
        """Refuse tasks that the balancer cannot be used for; override it to do so.

        Raises:
            TaskNotFound: The balancer names a task that is not among them.
        """
        del tasks

    def initial_state(self) -> dict[str, np.ndarray]:
        """Return the state before the first step, for `tasks`; empty by default.

        The shapes and dtypes stay the same in training. Use `"float32"` and `"int32"`, which
        every backend has.
        """
        return {}

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, as JSON holds them.

        Raises:
            NotImplementedError: The constructor of a subclass takes arguments, and the subclass
                does not override this method.
        """
        if inspect.signature(type(self)).parameters:
            raise NotImplementedError(
                f"`{type(self).__name__}` takes arguments, so it must override `get_config` to "
                "return them as a dictionary; otherwise it cannot be saved or compared."
            )
        return {}

    @classmethod
    def from_config(cls, config: Mapping[str, Any]) -> Self:
        """Return the balancer with these arguments."""
        return cls(**config)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Balancer) or type(self) is not type(other):
            return False
        return self.get_config() == other.get_config() and self.tasks == other.tasks

    def __hash__(self) -> int:
        return hash(repr(self))

    def __repr__(self) -> str:
        try:
            config = self.get_config()
        except NotImplementedError:  # An error message that names the balancer must not fail.
            return f"{type(self).__name__}(...)"
        arguments = ", ".join(f"{key}={value!r}" for key, value in config.items())
        return f"{type(self).__name__}({arguments})"

    @abstractmethod
    def combine(self, gradients: Any) -> np.ndarray:
        """Return the update for the gradients of the tasks, an array `(tasks, parameters)`."""
