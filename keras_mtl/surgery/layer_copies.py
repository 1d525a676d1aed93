"""Copies of single layers and other operations, and of their state."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from keras_mtl.common.shapes import Shape
from keras_mtl.errors import CloneError
from keras_mtl.keras_private.graphs import producer
from keras_mtl.keras_private.layers import given_output_shape, seed_states, sublayers
from keras_mtl.surgery.rebuilding import rebuild


def copy_from_config(operation: Any) -> Any:
    """Return a new operation with the same configuration, without its state."""
    if type(operation) is keras.layers.Lambda:
        return _copy_of_lambda(operation)
    if type(operation) is keras.layers.TFSMLayer:
        return _copy_of_saved_model(operation)
    return rebuild_operation(operation, operation.get_config)


def rebuild_operation(operation: Any, get_config: Callable[[], dict[str, Any]]) -> Any:
    """Return a new operation of the same class and name from the config that `get_config` gives."""
    copy = rebuild(operation, get_config)
    # The config of a layer whose constructor takes no name does not hold it.
    copy.name = operation.name
    return copy


def copy_of_input(tensor: Any, shape: Shape | None = None) -> Any:
    """Return a new symbolic input with the name, shape, dtype and other settings of another one.

    Args:
        tensor: The other one.
        shape: The shape of a sample, if it is to be another one.
    """
    config = producer(tensor).get_config()
    if shape is not None:
        config = {**config, "batch_shape": (None, *shape)}
    return keras.layers.InputLayer.from_config(config).output


def copy_layer_state(source: Any, copy: Any) -> None:
    """Copy weights, vocabularies and the states of random generators, sublayers included."""
    if not isinstance(source, keras.Layer):
        return
    sources, copies = sublayers(source), sublayers(copy)
    try:
        for old, new in zip(sources, copies, strict=True):
            _copy_own_state(old, new)
    except Exception as error:  # `load_own_variables` and `load_assets` may be the user's code.
        raise CloneError(
            f"The state of `{source.name}` ({type(source).__name__}) cannot be copied: the layer "
            f"rebuilt from its `get_config` differs from the original. The reason: {error}"
        ) from error


def _copy_own_state(source: keras.Layer, copy: keras.Layer) -> None:
    store: dict[str, Any] = {}
    source.save_own_variables(store)
    if store:
        copy.load_own_variables({key: _new_array(value) for key, value in store.items()})
    if hasattr(source, "save_assets"):  # An optional method: Keras itself looks for it so.
        with tempfile.TemporaryDirectory() as folder:
            source.save_assets(folder)
            copy.load_assets(folder)
    # `save_own_variables` of a layer leaves its random generators out, and what an RNN remembers.
    old_states = [*seed_states(source), *memory(source)]
    for old, new in zip(old_states, [*seed_states(copy), *memory(copy)], strict=True):
        new.assign(_new_array(old))
    if statistics := outdated_statistics(source):
        for variable, value in zip((copy.adapt_mean, copy.adapt_variance), statistics, strict=True):
            variable.assign(np.reshape(value, variable.shape))
        copy.finalize_state()


def memory(layer: keras.Layer) -> list[keras.Variable]:
    """Return what a stateful RNN remembers of the batch before."""
    is_stateful = isinstance(layer, keras.layers.RNN) and layer.stateful
    return keras.tree.flatten(layer.states) if is_stateful and layer.states is not None else []


def outdated_statistics(layer: keras.Layer) -> list[np.ndarray]:
    """Return mean and variance of a Normalization, if its variables say something else.

    It computes with what the variables were at its last `finalize_state()`: `set_weights` changes
    the variables only.
    """
    adapts = isinstance(layer, keras.layers.Normalization) and layer.input_mean is None
    if not adapts or layer.mean is None:
        return []
    used = [_new_array(layer.mean), _new_array(layer.variance)]
    told = [_new_array(layer.adapt_mean), _new_array(layer.adapt_variance)]
    same = [
        np.array_equal(one, np.reshape(other, one.shape).astype(one.dtype))
        for one, other in zip(used, told, strict=True)
    ]
    return [] if all(same) else used


def _new_array(value: Any) -> np.ndarray:
    """Return a copy of the value: JAX deletes in training what a variable was assigned from."""
    return np.array(keras.ops.convert_to_numpy(value))


def _copy_of_lambda(layer: keras.layers.Lambda) -> keras.layers.Lambda:
    """Return a copy made from the function itself: Keras refuses to rebuild a Python lambda."""
    return keras.layers.Lambda(
        layer.function,
        output_shape=given_output_shape(layer),
        mask=layer.mask,
        arguments=layer.arguments,
        name=layer.name,
        dtype=layer.dtype_policy,
        trainable=layer.trainable,
    )


def _copy_of_saved_model(layer: keras.layers.TFSMLayer) -> keras.layers.TFSMLayer:
    """Return a copy made by the constructor.

    Keras refuses to rebuild it from a config, which may come from anybody. This one is in memory:
    whoever loaded the SavedModel has trusted it.

    Raises:
        CloneError: The SavedModel is not there any more.
    """
    try:
        return keras.layers.TFSMLayer(
            layer.filepath,
            call_endpoint=layer.call_endpoint,
            call_training_endpoint=layer.call_training_endpoint,
            trainable=layer.trainable,
            name=layer.name,
            dtype=layer.dtype_policy,
        )
    except (OSError, ValueError) as error:
        raise CloneError(
            f"`{layer.name}` (TFSMLayer) cannot be copied: a copy reads `{layer.filepath}` again. "
            f"Put the SavedModel back. The reason: {error}"
        ) from error
