"""Balancers for a main task and its helpers."""

from __future__ import annotations

from typing import Any, Self

from keras_mtl.balancing.gradient_balancer import GradientBalancer
from keras_mtl.errors import InvalidBalancer
from keras_mtl.heads.task_names import check_task


class MainTaskBalancer(GradientBalancer):
    """A rule in which one task counts, and the others are to help it.

    Args:
        main: The name of the main task.
    """

    def __init__(self, main: str) -> None:
        if not isinstance(main, str) or not main:
            raise ValueError(f"`main` is the name of the main task. Received: {main!r}.")
        self.main = main

    @property
    def position(self) -> int:
        """The position of the main task."""
        if not self.tasks:
            raise self._nameless()
        return self.tasks.index(self.main)

    def check_tasks(self, tasks: tuple[str, ...]) -> None:
        """Refuse tasks without the main task."""
        check_task(self.main, tasks, where=f"`{self}`")

    def for_number_of_tasks(self, number: int) -> Self:
        """Return itself if its tasks are known: which one is the main task goes by its name."""
        if not self.tasks:
            raise self._nameless()
        return super().for_number_of_tasks(number)

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor."""
        return {"main": self.main}

    def _nameless(self) -> InvalidBalancer:
        return InvalidBalancer(
            f"`{self}` must know the names of the tasks, in the order of the gradients: "
            f'`balancer.for_tasks(["{self.main}", ...])`.'
        )
