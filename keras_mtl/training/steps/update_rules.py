"""From the losses of a step to the gradients that its update applies."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import keras


class StepLosses(NamedTuple):
    """A number for each loss of a step: the losses themselves, or weights for them.

    Attributes:
        by_task: The loss of each task that the step trains, times its weight of `compile`.
        rest: What belongs to no task: the regularisation of weights and activities.
    """

    by_task: Mapping[str, Any]
    rest: Any

    @property
    def total(self) -> Any:
        """Their sum."""
        return sum(self.by_task.values()) + self.rest


class StepVariables(NamedTuple):
    """The variables that a step trains.

    Attributes:
        shared: Those of all tasks: the trunk.
        by_task: Those of one task: its head.
    """

    shared: list[keras.Variable]
    by_task: Mapping[str, list[keras.Variable]]

    @property
    def all(self) -> list[keras.Variable]:
        """The shared variables, then those of each task."""
        return [*self.shared, *(v for own in self.by_task.values() for v in own)]


Backward = Callable[[StepLosses], list[Any]]
"""A backward pass: from weights for the losses to the gradients of their weighted sum.

There is a gradient for each of `StepVariables.all`; None, or zeros, where no loss of a positive
weight depends on the variable.
"""


class UpdateRule(Protocol):
    """How the losses of several tasks become one update.

    Attributes:
        several_passes: Whether `gradients` calls `backward` more than once, for which the values
            of the forward pass must be kept in memory.
    """

    several_passes: bool

    def gradients(
        self, losses: StepLosses, backward: Backward, variables: StepVariables
    ) -> list[Any]:
        """Return a gradient for each of `variables.all`, or None for a variable to leave alone.

        It is traced into the compiled step: it may compute with tensors only.
        """


class WeightedSum:
    """The gradients of the sum of all losses, from one backward pass."""

    several_passes = False

    def gradients(
        self, losses: StepLosses, backward: Backward, variables: StepVariables
    ) -> list[Any]:
        """Return the gradients of the sum."""
        del variables
        return backward(StepLosses(dict.fromkeys(losses.by_task, 1.0), 1.0))
