"""The unit of measured numbers."""

from __future__ import annotations

from typing import NamedTuple

import keras
import numpy as np


class Unit(NamedTuple):
    """Numbers as multiples of their standard deviation, which networks are trained on.

    Attributes:
        mean: The mean of each column.
        scale: Its standard deviation; 1 for a column of equal numbers.
    """

    mean: np.ndarray
    scale: np.ndarray

    @classmethod
    def of(cls, values: np.ndarray) -> Unit:
        """Return the unit of numbers of shape `(samples, columns)`."""
        deviation = values.std(axis=0)
        return cls(values.mean(axis=0), np.where(deviation > 0, deviation, 1.0))

    def scaled(self, values: np.ndarray) -> np.ndarray:
        """Return numbers in this unit."""
        return (values - self.mean) / self.scale

    def put_into(self, output: keras.layers.Dense) -> None:
        """Make a linear layer that predicts scaled numbers predict the numbers themselves."""
        kernel, bias = map(keras.ops.convert_to_numpy, (output.kernel, output.bias))
        output.kernel.assign(kernel * self.scale)
        output.bias.assign(bias * self.scale + self.mean)
