"""SavedModels, for TensorFlow and TensorFlow Serving."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np

from keras_mtl.serving.formats.export_format import Arrays, ExportFormat, Running
from keras_mtl.serving.formats.known_formats import FORMATS
from keras_mtl.serving.manifest import Manifest

SAVED_MODEL = "tf_saved_model"
DEFAULT = "serving_default"


@FORMATS.register
class TfSavedModel(ExportFormat):
    """What `tf.saved_model.load` reads; the other formats are converted from it."""

    name = SAVED_MODEL
    writers = ("tensorflow",)
    readers = ("tensorflow",)
    distributions = ("tensorflow",)
    takes_text = True

    def convert(
        self, saved_model: Path, folder: Path, manifest: Manifest, sample: Arrays | None
    ) -> None:
        """Move the files, as nothing is to be converted."""
        for path in saved_model.iterdir():
            path.rename(folder / path.name)

    def load(self, folder: Path, manifest: Manifest) -> Running:
        """Load the signatures."""
        return _Signatures(folder, manifest)


class _Signatures(Running):
    def __init__(self, folder: Path, manifest: Manifest) -> None:
        with _without_keras():
            import tensorflow as tf

        self._loaded = tf.saved_model.load(str(folder))  # It owns the variables.
        self._convert = tf.constant
        self._dtypes = {one.name: one.dtype for one in manifest.inputs}
        # Of the signatures that give an output the one that computes least else.
        self._signatures = sorted(manifest.signatures.items(), key=lambda item: len(item[1]))

    def outputs(self, inputs: Arrays, names: Sequence[str]) -> dict[str, np.ndarray]:
        signature = next(one for one, given in self._signatures if set(names) <= set(given))
        tensors = {
            name: self._convert(value.tolist() if value.dtype == object else value, dtype)
            for (name, value), dtype in zip(inputs.items(), self._dtypes.values(), strict=True)
        }
        results: dict[str, Any] = self._loaded.signatures[signature](**tensors)
        return {name: results[name].numpy() for name in names}


@contextmanager
def _without_keras() -> Iterator[None]:
    """Let TensorFlow be imported without Keras, which takes as long again.

    TensorFlow 2.21 imports `keras.src.optimizers` last of all, where it is found, so that it can
    load SavedModels that train.
    """
    if "tensorflow" in sys.modules or "keras" in sys.modules:
        yield
        return
    sys.modules[_OPTIMIZERS] = None  # type: ignore[assignment]
    try:
        yield
    finally:
        del sys.modules[_OPTIMIZERS]


_OPTIMIZERS = "keras.src.optimizers"
