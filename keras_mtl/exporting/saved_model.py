"""A model as a SavedModel, the format that the other ones are converted from."""

from __future__ import annotations

import json
import re
from pathlib import Path

import keras

from keras_mtl.errors import ExportError, UnsupportedBackend
from keras_mtl.exporting.jax_functions import VIA_TENSORFLOW, jax_functions
from keras_mtl.exporting.served import DEFAULT_SIGNATURE, KERAS_SIGNATURE, Served
from keras_mtl.exporting.tensor_functions import (
    holder_of,
    input_specs,
    tensorflow_functions,
)
from keras_mtl.keras_private.layers import sublayers

CLASS_NAMES = Path("assets.extra", "classes.json")
"""The file with the names of classes, in the folder of a SavedModel for files of its users."""

_SCOPE = re.compile(r"[A-Za-z0-9_.\\/>-]+")


def check_names(model: keras.Model) -> None:
    """Refuse names that TensorFlow, where it is the backend, takes for no scope of operations."""
    if keras.backend.backend() != "tensorflow":
        return
    parts = [part for part in sublayers(model) if not isinstance(part, keras.layers.InputLayer)]
    for name in [*(part.name for part in parts), *(v.path for v in model.variables)]:
        if not _SCOPE.fullmatch(name):
            raise ExportError(
                f"TensorFlow takes no layer or variable named `{name}`, only letters from a to z, "
                "digits, `_`, `.` and `-`. Give the layer another name where the model is made; or "
                "set `layer.name` and export a copy, `keras_mtl.to_plain(model)`."
            )


def write_saved_model(served: Served, folder: Path, *, only_default: bool = False) -> None:
    """Write a SavedModel whose signatures share their variables, which are stored once.

    Args:
        served: The model; on TensorFlow or JAX.
        folder: An empty folder.
        only_default: Whether it has one signature only, for a converter.

    Raises:
        UnsupportedBackend: Keras runs on another backend.
    """
    archive = keras.export.ExportArchive()
    written: dict[str, object] = {}
    if keras.backend.backend() == "jax":
        for name, function in jax_functions(served):
            written[name] = archive.add_endpoint(name, function)
    elif keras.backend.backend() == "tensorflow":
        archive.track(holder_of(served))
        functions = tensorflow_functions(served)
        if only_default:
            functions = {DEFAULT_SIGNATURE: functions[DEFAULT_SIGNATURE]}
        for name, serve in functions.items():
            written[name] = archive.add_endpoint(name, serve, [input_specs(served)])
    else:
        raise UnsupportedBackend(
            f"A SavedModel cannot be written with the Keras backend `{keras.backend.backend()}`: "
            f"{VIA_TENSORFLOW}"
        )
    if KERAS_SIGNATURE not in written and not only_default:  # A task may have this name.
        archive.add_endpoint(KERAS_SIGNATURE, written[DEFAULT_SIGNATURE])
    _write_out(archive, folder)


def write_class_names(served: Served, folder: Path) -> None:
    """Write the names of classes by output, if there are any, where TensorFlow leaves room."""
    named = {one.name: list(one.classes) for one in served.outputs if one.classes is not None}
    if named:
        (folder / CLASS_NAMES).parent.mkdir()
        text = json.dumps(named, ensure_ascii=False, indent=2)
        (folder / CLASS_NAMES).write_text(f"{text}\n", encoding="utf-8")


def signatures_of(served: Served) -> dict[str, tuple[str, ...]]:
    """Return the outputs of each signature of the SavedModel."""
    parts = served.parts
    every = [name for one in served.outputs for name in (one.name, one.labels) if name]
    signatures: dict[str, tuple[str, ...]] = {}
    if parts is not None and "features" not in parts.heads:
        signatures["features"] = tuple(parts.feature_names)
    if parts is not None and served.structure == "dict":
        for one in served.outputs:
            signatures[one.name] = tuple(name for name in (one.name, one.labels) if name)
    signatures[DEFAULT_SIGNATURE] = tuple(every)
    signatures.setdefault(KERAS_SIGNATURE, tuple(every))
    return signatures


def _write_out(archive: keras.export.ExportArchive, folder: Path) -> None:
    import tensorflow as tf

    try:
        archive.write_out(folder, verbose=False)
    except tf.errors.OpError as error:  # Such as a full disk.
        raise OSError(error.message) from error
