"""OpenVINO's intermediate representation, for processors of Intel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock

import numpy as np

from keras_mtl.errors import NotConvertible
from keras_mtl.serving.formats.export_format import Arrays, ExportFormat, Running
from keras_mtl.serving.formats.known_formats import FORMATS
from keras_mtl.serving.manifest import Manifest

FILE = "model.xml"


@FORMATS.register
class OpenVino(ExportFormat):
    """`model.xml` with the graph and `model.bin` with the weights."""

    name = "openvino"
    extra = "openvino"
    writers = ("openvino",)
    readers = ("openvino",)
    distributions = ("tensorflow", "openvino")

    def convert(
        self, saved_model: Path, folder: Path, manifest: Manifest, sample: Arrays | None
    ) -> None:
        """Write the graph and the weights, as 32-bit floats."""
        import openvino

        try:
            # `convert_model` reads it too, and sends telemetry.
            model = openvino.Core().read_model(str(saved_model))
            # By default the weights would lose half of their bits.
            openvino.save_model(model, str(folder / FILE), compress_to_fp16=False)
        except OSError:  # Such as a full disk.
            raise
        except Exception as error:  # OpenVINO's errors of conversion have no public class.
            raise NotConvertible(f"OpenVINO says: {error}") from error

    def load(self, folder: Path, manifest: Manifest) -> Running:
        """Compile the graph for the processor."""
        return _Compiled(folder)


class _Compiled(Running):
    def __init__(self, folder: Path) -> None:
        import openvino

        # On processors that have bfloat16 it would be the default.
        exact = {"INFERENCE_PRECISION_HINT": "f32"}
        self._lock = Lock()  # A compiled model holds the tensors of one call.
        self._model = openvino.Core().compile_model(str(folder / FILE), "CPU", exact)

    def outputs(self, inputs: Arrays, names: Sequence[str]) -> dict[str, np.ndarray]:
        with self._lock:
            results = self._model(dict(inputs))
            return {name: np.array(results[name]) for name in names}
