"""A Keras model that engines may run in its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.values import as_tensors
from keras_mtl.keras_private.layers import sublayers


@dataclass(frozen=True)
class StaticModel:
    """A model that gives the same for the same batch, in inference mode.

    Attributes:
        model: The model. It is called, and not changed.
        inputs: Its symbolic inputs, in their structure.
        name: What messages call it.
        split: Splits an output into arrays with a scale of their own, for the comparison with an
            engine; by default each output is one.
    """

    model: keras.Model
    inputs: Any
    name: str
    split: Callable[[np.ndarray], Sequence[np.ndarray]] = lambda array: [array]

    @property
    def layers(self) -> list[keras.Layer]:
        """The layers, those inside others among them."""
        return sublayers(self.model)

    def by_keras(self, inputs: Any) -> Any:
        """Return the outputs for one of many batches, by a compiled call."""
        outputs = self.model.predict_on_batch(as_tensors(inputs))
        return keras.tree.map_structure(np.asarray, outputs)

    def by_keras_once(self, inputs: Any) -> Any:
        """Return the outputs for a batch without compiling anything."""
        tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, as_tensors(inputs))
        outputs = self.model(tensors, training=False)
        return keras.tree.map_structure(keras.ops.convert_to_numpy, outputs)

    def parts_of(self, outputs: Any) -> list[np.ndarray]:
        """Return the arrays to compare."""
        return [part for one in keras.tree.flatten(outputs) for part in self.split(one)]
