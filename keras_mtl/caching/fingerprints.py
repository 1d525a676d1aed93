"""The hash of the static part of a model, by which a cache finds the features it computed."""

from __future__ import annotations

import json
import tempfile
from inspect import getsource
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_mtl.caching.static_split import Split
from keras_mtl.common.hashing import Hash
from keras_mtl.errors import CacheError
from keras_mtl.graph.call import Call
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.keras_private.layers import seed_states, sublayers
from keras_mtl.surgery.layer_copies import outdated_statistics


def fingerprint_of_static_part(model: keras.Model, split: Split) -> str:
    """Return the hash of the layers that run once: their order, configuration and state."""
    total = Hash(f"{keras.__version__} {keras.backend.backend()} {split.augmentation}")
    producers: dict[int, int] = {}
    inputs = checked_functional(model).inputs
    if len(inputs) > 1:  # Their names and their order tell which array goes where.
        first = [step.operation.name for step in split.static.calls if step.is_input]
        total.add(f"{[tensor.name for tensor in inputs]} {first}")
    for number, step in enumerate(split.static.calls):
        sources = [producers[tensor] for tensor in step.inputs]
        total.add(f"{sources} {_description(step)}")
        if isinstance(step.operation, keras.Layer):
            for variable in _state(step.operation, draws=step.path in split.augmentation):
                total.add_array(keras.ops.convert_to_numpy(variable))
            for layer in sublayers(step.operation):
                total.add(_assets(layer) + _code(layer).encode())
                for values in outdated_statistics(layer):
                    total.add_array(values)
        producers |= dict.fromkeys(step.outputs, number)
    return total.hexdigest()


def _state(layer: keras.Layer, *, draws: bool) -> list[keras.Variable]:
    """Return the variables on which the output of the layer depends."""
    # Outside augmentation nothing draws from the seeds, which change whenever the model is used.
    idle = set() if draws else {id(s) for part in sublayers(layer) for s in seed_states(part)}
    return [variable for variable in layer.variables if id(variable) not in idle]


def _description(step: Call) -> str:
    """Return class, configuration and arguments as JSON, without names.

    Raises:
        CacheError: The layer has no configuration, so it cannot be told from another.
    """
    operation = step.operation
    args, kwargs = step.fill_in(dict.fromkeys(step.inputs, "input"), {})
    kind = f"{type(operation).__module__}.{type(operation).__qualname__}"
    try:
        config = operation.get_config()
    except Exception as error:  # `get_config` is the user's code, or that of a library.
        raise CacheError(
            f"Features of `{step.path}` cannot be found again: `{type(operation).__name__}` has no "
            "`get_config` that works, so two of them look the same. Add one, or use "
            f'`cache="memory"`. The reason: {error}'
        ) from error
    return json.dumps([kind, _without_names(config), args, kwargs], default=_plain)


def _without_names(config: Any) -> Any:
    if isinstance(config, list | tuple):
        return [_without_names(value) for value in config]
    if not isinstance(config, dict):
        return config
    # Keras numbers names by the layers made before, so the same layer has other names elsewhere.
    return {key: _without_names(value) for key, value in config.items() if key != "name"}


def _assets(layer: keras.Layer) -> bytes:
    """Return vocabularies and other state that is not held in variables."""
    if not hasattr(layer, "save_assets"):  # An optional method; Keras looks for it in this way.
        return b""
    with tempfile.TemporaryDirectory() as folder:
        layer.save_assets(folder)
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return b"".join(path.name.encode() + path.read_bytes() for path in paths)


def _code(layer: keras.Layer) -> str:
    """Return the source code of a layer from outside Keras, as it may change under its name."""
    written = layer.function if isinstance(layer, keras.layers.Lambda) else type(layer)
    if written.__module__.startswith("keras."):
        return ""
    try:
        return getsource(written)
    except (OSError, TypeError):  # Typed into an interpreter, or not written in Python.
        return ""


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else repr(value)
