"""OpenVINO's intermediate representation, for processors of Intel."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from threading import Lock
from typing import Any

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
        except (OSError, MemoryError):  # Such as a full disk.
            raise
        except Exception as error:  # OpenVINO's errors of conversion have no public class.
            raise NotConvertible(f"OpenVINO says: {error}") from error

    def load(self, folder: Path, manifest: Manifest) -> Running:
        """Compile the graph for the processor."""
        return Compiled(str(folder / FILE))


class Compiled(Running):
    """A network compiled by OpenVINO for the processor.

    Args:
        network: An `openvino.Model`, or the path of one.
        num_threads: Threads that it may use; None for one for each core.
    """

    def __init__(self, network: Any, num_threads: int | None = None) -> None:
        import openvino

        # On processors that have bfloat16 it would be the default.
        options: dict[str, Any] = {"INFERENCE_PRECISION_HINT": "f32"}
        if num_threads is not None:
            options["INFERENCE_NUM_THREADS"] = num_threads
            # Processes that take one core each would all be bound to the same one.
            options["ENABLE_CPU_PINNING"] = False
        self._lock = Lock()  # A compiled model holds the tensors of one call.
        self._model = openvino.Core().compile_model(network, "CPU", options)
        self._inputs = {name for one in self._model.inputs for name in one.get_names()}

    def outputs(self, inputs: Arrays, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return the outputs for one batch."""
        used = {name: array for name, array in inputs.items() if name in self._inputs}
        with self._lock:
            results = self._model(used)
            return {name: np.array(results[name]) for name in names}
