"""The functions of an export as TensorFlow runs them, from a model on the TensorFlow backend."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import keras

from keras_mtl.common.structures import unwrap_single
from keras_mtl.exporting.class_outputs import with_labels
from keras_mtl.exporting.decoding import decoded_pictures
from keras_mtl.exporting.served import DEFAULT_SIGNATURE, FEATURES, Parts, Served
from keras_mtl.keras_private.graphs import get_keras_mask, set_keras_mask

Outputs = dict[str, Any]
Function = Callable[[Any], Outputs]


def input_specs(served: Served) -> Any:
    """Return a `tf.TensorSpec` for each input, in the structure in which the model takes them."""
    import tensorflow as tf

    specs = [tf.TensorSpec(one.shape, one.dtype, one.name) for one in served.inputs]
    return keras.tree.pack_sequence_as(served.input_structure, specs)


def holder_of(served: Served) -> Any:
    """Return an object that leads the archive to the lookup tables, and is no layer.

    A layer's variables are stored twice (Keras 3.15): once as Keras's, once as TensorFlow's, which
    the archive finds without help.
    """
    import tensorflow as tf

    holder = tf.Module()
    holder.model = served.model
    holder.steps = [list(one.layers) for one in served.preprocessing]
    return holder


def tensorflow_functions(served: Served) -> dict[str, Function]:
    """Return the function of each signature; those of one trunk share its graph."""
    parts = served.parts
    if parts is None:
        return {DEFAULT_SIGNATURE: _whole(served)}
    shared = _SharedTrunk(served, parts)
    functions: dict[str, Function] = {}
    if FEATURES not in parts.heads:  # A task may have this name.
        functions[FEATURES] = shared.features
    if len(parts.heads) > 1 or served.structure == "dict":
        functions |= {name: shared.outputs_of([name]) for name in parts.heads}
    functions[DEFAULT_SIGNATURE] = shared.outputs_of(list(parts.heads))
    return functions


def prepared(served: Served, inputs: Any) -> Any:
    """Return what the model takes, in its structure, for a batch of what the export takes."""
    flat = [
        steps(values if steps.picture is None else decoded_pictures(values, steps.picture))
        for steps, values in zip(served.preprocessing, keras.tree.flatten(inputs), strict=True)
    ]
    return keras.tree.pack_sequence_as(served.input_structure, flat)


def _whole(served: Served) -> Function:
    def serve(inputs: Any) -> Outputs:
        # Passed explicitly: without it some layers, such as RandomFlip, draw random numbers.
        outputs = served.model(prepared(served, inputs), training=False)
        names = [output.name for output in served.outputs]
        named = dict(zip(names, keras.tree.flatten(outputs), strict=True))
        return with_labels(named, served.outputs)

    return serve


class _SharedTrunk:
    """The signatures of a model with a trunk, whose graph is stored once for all of them."""

    def __init__(self, served: Served, parts: Parts) -> None:
        import tensorflow as tf

        self._served = served
        self._parts = parts
        self._run = tf.function(self._features_and_masks, [input_specs(served)], autograph=False)

    def features(self, inputs: Any) -> Outputs:
        """Return the outputs of the trunk, by name."""
        flat, _ = self._run(inputs)
        return dict(zip(self._parts.feature_names, flat, strict=True))

    def outputs_of(self, names: list[str]) -> Function:
        """Return a function that runs the trunk and some of the heads."""
        described = [output for output in self._served.outputs if output.name in names]

        def serve(inputs: Any) -> Outputs:
            features = self._packed(*self._run(inputs))
            named = {
                output.name: self._parts.heads[output.name](features, training=False)
                for output in described
            }
            flat = {name: unwrap_single(value) for name, value in named.items()}
            return with_labels(flat, described)

        return serve

    def _features_and_masks(self, inputs: Any) -> tuple[list[Any], list[Any]]:
        features = self._parts.trunk(prepared(self._served, inputs), training=False)
        flat = keras.tree.flatten(unwrap_single(features))
        # A mask is an attribute of its tensor, which does not leave a function with it.
        return flat, [get_keras_mask(tensor) for tensor in flat]

    def _packed(self, flat: list[Any], masks: list[Any]) -> Any:
        for tensor, mask in zip(flat, masks, strict=True):
            if mask is not None:
                set_keras_mask(tensor, mask)
        return keras.tree.pack_sequence_as(unwrap_single(self._parts.trunk.output), flat)
