"""Why a format cannot express a model, with the layer that hinders it."""

from __future__ import annotations

import keras

from keras_mtl.common.complaints import Operation, layer_complained_of, on_one_line
from keras_mtl.errors import NotConvertible
from keras_mtl.exporting.jax_functions import VIA_TENSORFLOW
from keras_mtl.exporting.served import DEFAULT_SIGNATURE, Served
from keras_mtl.exporting.tensor_functions import input_specs, tensorflow_functions
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.serving.formats.export_format import ExportFormat
from keras_mtl.serving.formats.tf_saved_model import SAVED_MODEL
from keras_mtl.serving.frozen_graph import operations_of


def refusal(form: ExportFormat, served: Served, error: NotConvertible) -> NotConvertible:
    """Return the error for a model that cannot be written, or whose files cannot be run.

    Args:
        form: The format.
        served: The model.
        error: What the converter, or the package that runs the format, says.
    """
    names = {layer.name for layer in sublayers(served.model)}
    layer = layer_complained_of(str(error), _operations(served), names)
    # Of JAX: what it compiles may call libraries that TensorFlow has not.
    saved_model = form.name == SAVED_MODEL
    instead = VIA_TENSORFLOW if saved_model else f"use another format, such as `{SAVED_MODEL}`."
    return NotConvertible(
        f"`{served.model.name}` cannot be written as `{form.name}`; {instead} "
        f"{f'The layer `{layer}`: ' if layer else ''}{on_one_line(error)}"
    )


def _operations(served: Served) -> list[Operation]:
    """Return the operations of the model in TensorFlow; none if Keras runs on another backend."""
    if keras.backend.backend() != "tensorflow":
        return []
    import tensorflow as tf

    function = tensorflow_functions(served)[DEFAULT_SIGNATURE]
    traced = tf.function(function, [input_specs(served)], autograph=False)
    return operations_of(traced.get_concrete_function())
