"""From the losses of a step to the gradients that its update applies."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import keras
from keras import ops


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

A task without a weight, and a `rest` whose weight is None, take no part, and cost nothing. There is
a gradient for each of `StepVariables.all`; None, or zeros, where no loss that takes part depends on
the variable. The gradients are multiplied with `StepPasses.loss_scale`.
"""


class StepPasses(NamedTuple):
    """The passes of one step: the losses of the forward pass, and the backward pass.

    Attributes:
        losses: The losses.
        backward: The backward pass.
        variables: The variables that the step trains.
        present: Whether any row has a label of a task, by task; tasks that are always there are
            left out.
        loss_scale: What the gradients are multiplied with under mixed precision.
        replicas: The number of replicas that take the step together.
        over_replicas: Returns the sums of tensors over the replicas.
    """

    losses: StepLosses
    backward: Backward
    variables: StepVariables
    present: Mapping[str, Any]
    loss_scale: Any = 1.0
    replicas: int = 1
    over_replicas: Callable[[list[Any]], Sequence[Any]] = list


class UpdateRule(ABC):
    """How the losses of several tasks become one update.

    Attributes:
        several_passes: Whether `gradients` calls `backward` more than once, for which the values
            of the forward pass must be kept in memory.
        key: Tells it from other rules, for the function compiled for a step.
        variables: What the rule remembers from step to step. A step that is refused leaves it.
        flags: Notes of the last step, refused or not, for `failed`.
    """

    several_passes = False
    key = ""
    variables: Sequence[keras.Variable] = ()
    flags: Sequence[keras.Variable] = ()

    @abstractmethod
    def gradients(self, passes: StepPasses) -> list[Any]:
        """Return a gradient for each of the variables, or None for a variable to leave alone.

        It is traced into the compiled step: it may compute with tensors only.
        """

    def weights(self, losses: Any, rows: Sequence[Any], shared: Sequence[keras.Variable]) -> Any:
        """Return the weight of each task in the trunk's update, of shape `(tasks,)`; ones here.

        The state of the rule is read, and stays as it is.

        Args:
            losses: The losses of all tasks, of shape `(tasks,)`.
            rows: For each shared variable the gradients of the tasks, unscaled, one a row.
            shared: These variables.
        """
        del rows, shared
        return ops.ones_like(losses)

    def failed(self) -> list[str]:
        """Return the tasks whose loss or gradient was not finite; none where it cannot tell."""
        return []


class WeightedSum(UpdateRule):
    """The gradients of the sum of all losses, from one backward pass."""

    def gradients(self, passes: StepPasses) -> list[Any]:
        """Return the gradients of the sum."""
        return passes.backward(StepLosses(dict.fromkeys(passes.losses.by_task, 1.0), 1.0))
