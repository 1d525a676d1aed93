"""Hashes by which features are found again: of what computed them, and of the data."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Iterable
from hashlib import blake2b
from inspect import getsource
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_mtl.caching.static_split import Split
from keras_mtl.caching.storage.stores import Batch
from keras_mtl.errors import CacheError
from keras_mtl.graph.call import Call
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.keras_private.layers import seed_states, sublayers

SIZE = 16
"""Bytes of a hash."""


def fingerprint_of_static_part(model: keras.Model, split: Split) -> str:
    """The hash of the layers that run once: their order, configuration and state."""
    total = blake2b(digest_size=SIZE)
    total.update(f"{keras.__version__} {keras.backend.backend()} {split.augmentation}".encode())
    producers: dict[int, int] = {}
    inputs = checked_functional(model).inputs
    if len(inputs) > 1:  # Their names and their order tell which array goes where.
        first = [step.operation.name for step in split.static.calls if step.is_input]
        total.update(f"{[tensor.name for tensor in inputs]} {first}".encode())
    for number, step in enumerate(split.static.calls):
        sources = [producers[tensor] for tensor in step.inputs]
        total.update(f"{sources} {_description(step)}".encode())
        if isinstance(step.operation, keras.Layer):
            for variable in _state(step.operation, draws=step.path in split.augmentation):
                total.update(_described(keras.ops.convert_to_numpy(variable)))
            for layer in sublayers(step.operation):
                total.update(_assets(layer) + _code(layer).encode())
        producers |= dict.fromkeys(step.outputs, number)
    return total.hexdigest()


def fingerprint_of_arrays(batches: Iterable[Batch]) -> str:
    """The hash of arrays, whatever the size of the batches that they are handed over in."""
    columns: list[Any] = []
    for batch in batches:
        if not columns:
            columns = [blake2b(_form(array[0]), digest_size=SIZE) for array in batch]
        for column, array in zip(columns, batch, strict=True):
            column.update(_bytes(array))
    return fingerprint_of_all(column.hexdigest() for column in columns)


def fingerprint_of_stream(batches: Iterable[Batch]) -> str:
    """The hash of samples in any order: a dataset may shuffle itself each time it is read."""
    total = 0
    sizes: Counter[int] = Counter()
    for batch in batches:
        sizes[len(batch[0])] += 1
        for sample in zip(*batch, strict=True):
            values = b"".join(_described(np.asarray(value)) for value in sample)
            total += int.from_bytes(blake2b(values, digest_size=SIZE).digest())
    return fingerprint_of_all([f"{total}", f"{sorted(sizes.items())}"])


def fingerprint_of_all(parts: Iterable[str]) -> str:
    """The hash of several hashes in their order."""
    return blake2b(" ".join(parts).encode(), digest_size=SIZE).hexdigest()


def _state(layer: keras.Layer, *, draws: bool) -> list[keras.Variable]:
    """The variables that what the layer gives depends on."""
    idle = set() if draws else {id(s) for part in sublayers(layer) for s in seed_states(part)}
    return [variable for variable in layer.variables if id(variable) not in idle]


def _description(step: Call) -> str:
    """Class, configuration and arguments, without names: those of Keras count what came before.

    Raises:
        CacheError: The layer has no configuration, so it cannot be told from another.
    """
    operation = step.operation
    args, kwargs = step.fill_in(dict.fromkeys(step.inputs, "input"), {})
    kind = f"{type(operation).__module__}.{type(operation).__qualname__}"
    try:
        config = operation.get_config()
    except NotImplementedError as error:
        raise CacheError(
            f"Features of `{step.path}` cannot be found again: `{type(operation).__name__}` has no "
            '`get_config`, so two of them look the same. Add one, or use `cache="memory"`.'
        ) from error
    return json.dumps([kind, _without_names(config), args, kwargs], default=_plain)


def _without_names(config: Any) -> Any:
    if isinstance(config, list | tuple):
        return [_without_names(value) for value in config]
    if not isinstance(config, dict):
        return config
    return {key: _without_names(value) for key, value in config.items() if key != "name"}


def _assets(layer: keras.Layer) -> bytes:
    """Vocabularies and other state that is no variable."""
    if not hasattr(layer, "save_assets"):  # An optional method: Keras itself looks for it so.
        return b""
    with tempfile.TemporaryDirectory() as folder:
        layer.save_assets(folder)
        paths = sorted(path for path in Path(folder).rglob("*") if path.is_file())
        return b"".join(path.name.encode() + path.read_bytes() for path in paths)


def _code(layer: keras.Layer) -> str:
    """The source of a layer that is not Keras's own: it may change while its name stays."""
    written = layer.function if isinstance(layer, keras.layers.Lambda) else type(layer)
    if written.__module__.startswith("keras."):
        return ""
    try:
        return getsource(written)
    except (OSError, TypeError):  # Typed into an interpreter, or no Python.
        return ""


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else repr(value)


def _described(array: np.ndarray) -> bytes:
    return _form(array) + bytes(_bytes(array))


def _form(array: np.ndarray) -> bytes:
    return f"{array.dtype.name}{array.shape}".encode()


def _bytes(array: np.ndarray) -> Any:
    """The values, without a copy where they are numbers."""
    if array.dtype.hasobject:
        return json.dumps(array.tolist(), default=repr).encode()
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data
