"""The first step of training on gradients that are given as arrays, for `combine`."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np
from keras import ops

from keras_mtl.balancing.balancer import Balancer, State, Tensor
from keras_mtl.balancing.gradient_arrays import checked_gradients, checked_losses, checked_mean
from keras_mtl.balancing.same_type import matrix_product

Some = TypeVar("Some", bound=Balancer)


@dataclass(frozen=True)
class FirstStep(Generic[Some]):
    """What a balancer is asked about in the first step of training.

    Attributes:
        balancer: The balancer, for these tasks.
        matrix: The gradients, a row for each task.
        losses: The losses of the tasks.
        state: The state before the step.
    """

    balancer: Some
    matrix: np.ndarray
    losses: Tensor
    state: State

    @property
    def rows(self) -> Tensor:
        """The gradients as a tensor."""
        # Without the dtype, torch takes floatx.
        return ops.convert_to_tensor(self.matrix, dtype=self.matrix.dtype.name)

    @property
    def gramian(self) -> Tensor:
        """The scalar products of the rows."""
        return matrix_product(self.rows, ops.transpose(self.rows))

    @property
    def present(self) -> Tensor:
        """Which tasks have a label: all of them."""
        return ops.ones(len(self.balancer.tasks), "bool")

    def with_mean(self, mean: Any, expected: bool) -> FirstStep[Some]:
        """Return the step with the running mean of a gradient as the last row.

        Args:
            mean: The mean; None for zeros.
            expected: Whether the balancer has a running mean.

        Raises:
            ValueError: There is a mean that is not expected, or that is no row of finite numbers.
        """
        if expected:
            rows = np.vstack([self.matrix, checked_mean(mean, self.matrix)])
            return replace(self, matrix=rows)
        if mean is not None:
            raise ValueError(
                "`mean` is for a balancer that has a `running_mean`; this one has none."
            )
        return self

    def update(self, weights: Tensor) -> np.ndarray:
        """Return the sum of the rows times their weights."""
        return ops.convert_to_numpy(matrix_product(weights[None], self.rows)[0])


def first_step(balancer: Some, gradients: Any, losses: Any) -> FirstStep[Some]:
    """Return the first step of a balancer on gradients of tasks.

    Args:
        balancer: The balancer.
        gradients: A gradient for each task, floats `(tasks, parameters)`.
        losses: The losses, floats `(tasks,)`; None for ones.

    Raises:
        ValueError: The shapes do not fit, or something is not finite.
        InvalidBalancer: The balancer is not for so many tasks.
    """
    bound, matrix = checked_gradients(balancer, gradients)
    values = ops.convert_to_tensor(checked_losses(losses, matrix), dtype=matrix.dtype.name)
    state = {name: ops.convert_to_tensor(one) for name, one in bound.initial_state().items()}
    return FirstStep(bound, matrix, values, state)
