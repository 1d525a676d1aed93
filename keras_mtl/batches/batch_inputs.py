"""The inputs of a task's data are brought into the structure of the model's inputs."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.batches.values import as_array
from keras_mtl.common.shapes import Shape, fits
from keras_mtl.errors import InvalidFeatures, InvalidTaskData


class Inputs:
    """The inputs that a model takes.

    Args:
        structure: `model.input`: a symbolic tensor, or a list or dict of them.
    """

    def __init__(self, structure: Any) -> None:
        self.structure = structure
        self.tensors = keras.tree.flatten(structure)
        self.names = [tensor.name for tensor in self.tensors]

    def read(self, x: Any, task: str) -> Any:
        """The inputs of a task in the model's structure, each of a shape that it takes.

        Args:
            x: An array for a model with one input; for several a dict of them by the inputs'
                names, or a list in their order.
            task: What messages call the data.

        Raises:
            InvalidFeatures: An input is missing or unknown, or has a wrong shape or dtype.
            InvalidTaskData: The inputs do not have the same number of rows.
        """
        arrays = [_fitted(value, tensor, what) for value, tensor, what in self._described(x, task)]
        lengths = {name: array.shape[0] for name, array in zip(self.names, arrays, strict=True)}
        if len(set(lengths.values())) > 1:
            raise InvalidTaskData(
                f"The inputs of `{task}` must have the same number of rows. Received: {lengths}."
            )
        return keras.tree.pack_sequence_as(self.structure, arrays)

    def check_specs(self, x: Any, task: str) -> None:
        """Refuse inputs of which it is known beforehand that their shapes do not fit.

        Args:
            x: What stands for the inputs in the `element_spec` of a `tf.data.Dataset`.
            task: What messages call the data.
        """
        for spec, tensor, what in self._described(x, task):
            if spec.shape.rank is not None:
                _added_axes(tuple(spec.shape), tensor.shape, what)

    def _described(self, x: Any, task: str) -> list[tuple[Any, Any, str]]:
        """The values, each with the input that it is for, and what messages call it."""
        return [
            (value, tensor, f"The inputs `{tensor.name}` of `{task}`")
            for value, tensor in zip(self._in_order(x, task), self.tensors, strict=True)
        ]

    def _in_order(self, x: Any, task: str) -> list[Any]:
        """The values in the order of the flat tensors."""
        if isinstance(x, dict):
            for keys in (self._keys(), self.names):
                if set(x) == set(keys):
                    return [x[key] for key in keys]
            raise InvalidFeatures(
                f"The inputs of `{task}` are named {list(x)}; the model's are {self._keys()}."
            )
        if len(self.tensors) == 1:
            return [x[0] if isinstance(x, tuple) and len(x) == 1 else x]
        if isinstance(x, list | tuple) and len(x) == len(self.tensors):
            return list(x)
        received = f"{len(x)} arrays" if isinstance(x, list | tuple) else type(x).__name__
        raise InvalidFeatures(
            f"The model has the inputs {self.names}; those of `{task}` must be a dict by these "
            f"names, or a list in this order. Received: {received}."
        )

    def _keys(self) -> list[str]:
        """What a dict of inputs has as its keys: the model's own, else the inputs' names."""
        if not isinstance(self.structure, dict):
            return self.names
        keys = {id(tensor): key for key, tensor in self.structure.items()}
        return [keys[id(tensor)] for tensor in self.tensors]


def _fitted(value: Any, tensor: Any, what: str) -> np.ndarray:
    """The values with the rank of the input, if their shape fits."""
    array = as_array(value, what)
    _check_dtype(array, tensor, what)
    added = _added_axes(array.shape, tensor.shape, what)
    if added == 0:
        return array
    return array[..., None] if added > 0 else array[..., 0]


def _added_axes(shape: Shape, expected: Shape, what: str) -> int:
    """How many axes are to be added at the end, if the shape fits then.

    As in Keras a last dimension of 1 may be left out, or be one too many.
    """
    if fits(shape, expected):
        return 0
    if expected[-1] == 1 and fits((*shape, 1), expected):
        return 1
    if shape[-1:] == (1,) and fits(shape[:-1], expected):
        return -1
    hint = (
        " One sample is no batch: its first dimension is missing."
        if fits((1, *shape), expected)
        else ""
    )
    raise InvalidFeatures(
        f"{what} have the shape {tuple(shape)}; the model takes {tuple(expected)}.{hint}"
    )


def _check_dtype(array: np.ndarray, tensor: Any, what: str) -> None:
    text = tensor.dtype == "string"
    if text != (array.dtype.kind in "OUST") or array.dtype.kind in "cmMV":
        raise InvalidFeatures(
            f"{what} have the dtype {array.dtype}; the model takes {tensor.dtype}."
        )
