"""A call of an operation: a node of the graph of a model."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import keras

from keras_mtl.keras_private.graphs import Functional, get_keras_mask, standardize_inputs

Arguments = tuple[tuple[Any, ...], dict[str, Any]]


class ModelEntry(keras.Operation):
    """Prepares the inputs of a nested model as the model itself does when it is called.

    A dict is matched by name, each input is cast to the dtype of its input layer and gets its
    rank, and masks are carried in.

    Args:
        functional: The nested model.
    """

    def __init__(self, functional: Functional) -> None:
        super().__init__(name=f"inputs_of_{functional.name}")
        self._functional = functional

    def call(
        self, inputs: Any, training: bool | None = None, mask: Any = None, **kwargs: Any
    ) -> list[Any]:
        """Return one tensor for each input layer; the arguments are those of the nested model."""
        del training, kwargs  # Nothing here depends on the mode; the layers inside get it.
        if mask is None:
            mask = keras.tree.map_structure(get_keras_mask, inputs)
        return standardize_inputs(self._functional, inputs, mask)

    def get_config(self) -> dict[str, Any]:
        """Return what decides the outputs, for caches; an entry is never rebuilt from it."""
        inputs = self._functional.inputs
        return {"name": self.name, "inputs": [[t.name, t.dtype, t.shape] for t in inputs]}


@dataclass(frozen=True, eq=False)
class Call:
    """One call of one operation.

    Attributes:
        path: The operation's name, `"name:1"` for its second call, `"outer/name"` inside a nested
            model.
        operation: The layer, or other operation, that is called.
        inputs: The numbers of the tensors that it is called on.
        outputs: The numbers of the tensors that it gives.
        tensors: The symbolic outputs, in the order of `outputs`.
        arguments: Gives the arguments of the call for the values of `inputs` and their masks.
        prepares_inputs: Whether the operation is a nested model whose call does more to its
            inputs than to hand them to its layers.
    """

    path: str
    operation: Any
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    tensors: tuple[Any, ...] = ()
    arguments: Callable[[Sequence[Any], Sequence[Any]], Arguments] = lambda values, masks: (
        tuple(values),
        {},
    )
    prepares_inputs: bool = False

    @property
    def is_input(self) -> bool:
        """Whether the call only stands for an input of the model."""
        return not self.inputs

    @property
    def is_entry(self) -> bool:
        """Whether the call stands for the border of a nested model; no layer, and no cut."""
        return isinstance(self.operation, ModelEntry)

    def fill_in(self, values: Mapping[int, Any], masks: Mapping[int, Any]) -> Arguments:
        """Return the arguments of the call for the values of tensors and the masks beside them."""
        return self.arguments(
            [values[number] for number in self.inputs],
            [masks.get(number) for number in self.inputs],
        )
