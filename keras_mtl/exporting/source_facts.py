"""What the manifest tells of the model that was exported, and of what wrote the export."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import keras

from keras_mtl.common.hashing import Hash
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.serving.formats.export_format import ExportFormat


def facts_of_model(model: keras.Model) -> dict[str, str]:
    """Return name, class and hash of a model; the hash is of its layers and its weights."""
    total = Hash(long=True)
    for layer in sublayers(model):
        total.add(f"{type(layer).__module__}.{type(layer).__name__} {layer.name}\n")
    for variable in model.weights:
        total.add_array(keras.ops.convert_to_numpy(variable.value))
    return {
        "name": model.name,
        "class": f"{type(model).__module__}.{type(model).__qualname__}",
        "hash": f"sha256:{total.hexdigest()}",
        "backend": keras.backend.backend(),
    }


def compute_dtypes(model: keras.Model) -> list[str]:
    """Return the dtypes that the layers of a model compute in."""
    return sorted({layer.compute_dtype for layer in sublayers(model) if layer.compute_dtype})


def versions(form: ExportFormat) -> dict[str, str]:
    """Return the versions of Python and of the packages that write a format."""
    names = ["keras_mtl", "keras", "numpy", *form.distributions]
    return {"python": platform.python_version()} | {name: _version(name) for name in names}


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:  # Run from its tree, or under another name.
        return "unknown"
