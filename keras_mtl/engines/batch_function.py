"""A static model as a function of batches of arrays."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import keras
import numpy as np

from keras_mtl.engines.static_model import StaticModel


class BatchFunction(ABC):
    """Gives the outputs of a static model for one batch after another."""

    def begin(self, total: int | None) -> None:
        """Prepare for a pass over data.

        Args:
            total: The number of its batches; None if it is not known.
        """
        del total

    @abstractmethod
    def __call__(self, inputs: Any) -> Any:
        """Return arrays in the structure of the outputs.

        Args:
            inputs: Arrays in the structure of the inputs.
        """

    def of_filled(self, inputs: Any, size: int) -> Any:
        """Return the outputs for a batch that is filled up to a number of rows.

        For another size, such as that of the last batch, a backend would compile the model again,
        which can cost more than the whole pass.
        """
        rows = num_rows(inputs)
        if rows >= size:
            return self(inputs)
        chosen = np.minimum(np.arange(size), rows - 1)
        filled = keras.tree.map_structure(lambda array: array[chosen], inputs)
        return keras.tree.map_structure(lambda array: array[:rows], self(filled))


class KerasFunction(BatchFunction):
    """Runs a static model by Keras."""

    def __init__(self, static: StaticModel) -> None:
        self._static = static

    def __call__(self, inputs: Any) -> Any:
        """Return the outputs for a batch."""
        return self._static.by_keras(inputs)


def num_rows(inputs: Any) -> int:
    """Return the number of rows of a batch."""
    return len(keras.tree.flatten(inputs)[0])
