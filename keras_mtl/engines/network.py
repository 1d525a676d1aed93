"""A Keras model as a graph without variables, which other libraries can read."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

Arrays = dict[str, np.ndarray]


class Network(ABC):
    """A model in inference mode, with the values of its variables as constants.

    Attributes:
        inputs: The names of its inputs, in the order of the flat inputs of the model.
        outputs: The names of its outputs, in the order of the flat outputs of the model.
        dtypes: The dtypes of its inputs.
    """

    inputs: Sequence[str]
    outputs: Sequence[str]
    dtypes: Sequence[str]

    @abstractmethod
    def to_onnx(self) -> bytes:
        """Return the graph as an ONNX model."""

    @abstractmethod
    def to_openvino(self) -> Any:
        """Return the graph as an `openvino.Model`."""

    @abstractmethod
    def user_of(self, reason: str) -> str | None:
        """Return the name of the layer with the operation that a converter complains of.

        Args:
            reason: What the converter says.
        """

    @property
    @abstractmethod
    def num_threads(self) -> int | None:
        """The number of threads that the user allows the backend; None if it is not limited."""

    def by_name(self, flat: Sequence[Any]) -> Arrays:
        """Return arrays or tensors by name, in the dtypes to which Keras converts them."""
        return {
            name: _as_numpy(array).astype(dtype, copy=False)
            for name, dtype, array in zip(self.inputs, self.dtypes, flat, strict=True)
        }


def _as_numpy(array: Any) -> np.ndarray:
    return array if isinstance(array, np.ndarray) else keras.ops.convert_to_numpy(array)
