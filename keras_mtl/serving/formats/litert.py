"""LiteRT (formerly TensorFlow Lite), for phones and small devices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, ClassVar

import numpy as np

from keras_mtl.errors import NotConvertible
from keras_mtl.serving.formats.export_format import Arrays, ExportFormat, Running
from keras_mtl.serving.formats.known_formats import FORMATS
from keras_mtl.serving.manifest import Manifest

FILE = "model.tflite"
SIGNATURE = "serving_default"


@FORMATS.register
class LiteRt(ExportFormat):
    """One flat file, with weights as floats or as integers of 8 bits."""

    name = "litert"
    extra = "litert"
    writers = ("tensorflow",)
    readers = ("ai_edge_litert",)
    distributions = ("tensorflow", "ai-edge-litert")
    quantizations: ClassVar[tuple[str, ...]] = ("int8",)
    row_by_row = True  # Recurrent layers are converted for a known size of the batch only.

    def convert(
        self, saved_model: Path, folder: Path, manifest: Manifest, sample: Arrays | None
    ) -> None:
        """Write `model.tflite`; to quantize it, ranges are measured on the sample."""
        import tensorflow as tf

        converter = tf.lite.TFLiteConverter.from_saved_model(
            str(saved_model), signature_keys=[SIGNATURE]
        )
        if manifest.quantize == "int8":
            assert sample is not None
            converter.optimizations = [tf.lite.Optimize.DEFAULT]
            converter.representative_dataset = lambda: _row_by_row(sample)
            converter.target_spec.supported_ops = [
                tf.lite.OpsSet.TFLITE_BUILTINS_INT8,
                tf.lite.OpsSet.TFLITE_BUILTINS,
            ]
        try:
            content = converter.convert()
        except MemoryError:
            raise
        except Exception as error:  # The converter's errors have no common class.
            raise NotConvertible(f"The converter of LiteRT says: {error}") from error
        (folder / FILE).write_bytes(content)

    def load(self, folder: Path, manifest: Manifest) -> Running:
        """Load the file into the interpreter of LiteRT."""
        return _Interpreter(folder, manifest)


def _row_by_row(sample: Arrays) -> Iterator[tuple[str, dict[str, np.ndarray]]]:
    rows = len(next(iter(sample.values())))
    for row in range(rows):
        yield SIGNATURE, {name: array[row : row + 1] for name, array in sample.items()}


class _Interpreter(Running):
    def __init__(self, folder: Path, manifest: Manifest) -> None:
        from ai_edge_litert.interpreter import Interpreter

        self._interpreter = Interpreter(model_path=str(folder / FILE))
        self._run: Any = self._interpreter.get_signature_runner(SIGNATURE)
        details = self._run.get_input_details()
        sizes = {int(details[one.name]["shape_signature"][0]) for one in manifest.inputs}
        self._single = sizes == {1} and manifest.inputs[0].shape[0] is None
        self._lock = Lock()  # An interpreter holds the tensors of one call.

    def outputs(self, inputs: Arrays, names: Sequence[str]) -> dict[str, np.ndarray]:
        batches = [inputs] if not self._single else [batch for _, batch in _row_by_row(inputs)]
        with self._lock:
            parts = [self._outputs(batch, names) for batch in batches]
        return {name: np.concatenate([part[name] for part in parts]) for name in names}

    def _outputs(self, batch: Arrays, names: Sequence[str]) -> dict[str, np.ndarray]:
        results = self._run(**batch)
        return {name: np.array(results[name]) for name in names}  # Copies: the next call reuses it.
