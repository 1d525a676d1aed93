"""The engines by name, and what the argument `engine` takes."""

from __future__ import annotations

from keras_mtl.common.arguments import one_of
from keras_mtl.engines.compiled_by_shape import CompiledByShape
from keras_mtl.engines.engine import Engine
from keras_mtl.engines.network import Network
from keras_mtl.serving.formats.export_format import Running
from keras_mtl.serving.formats.onnx import Session

KERAS, AUTO = "keras", "auto"


class OpenVino(Engine):
    """OpenVINO, the fastest one on processors of Intel, and the fastest to convert for."""

    name = "openvino"
    title = "OpenVINO"
    extra = "openvino"
    packages = ("openvino",)

    def load(self, network: Network) -> Running:
        """Read the graph; it is compiled for the shapes of the batches that come."""
        return CompiledByShape(network.to_openvino(), network.num_threads)


class OnnxRuntime(Engine):
    """ONNX Runtime."""

    name = "onnxruntime"
    title = "ONNX Runtime"
    extra = "onnx"
    packages = ("onnx", "onnxruntime", "tf2onnx")

    def load(self, network: Network) -> Running:
        """Convert the graph to ONNX, and load it."""
        return Session(network.to_onnx(), network.num_threads)


ENGINES: dict[str, Engine] = {one.name: one for one in (OpenVino(), OnnxRuntime())}
"""The engines by name; `"auto"` takes the first one that is installed."""

EVERY = (KERAS, *ENGINES, AUTO)
"""What the argument `engine` takes."""


def checked_engine(engine: object) -> str:
    """Return the name of an engine that can be used here, `"keras"` or `"auto"`.

    Raises:
        ValueError: It is none of these; near names are suggested.
        MissingExtra: The engine is not installed.
        UnsupportedBackend: It cannot read the graphs of the Keras backend in use.
    """
    name = one_of("engine", engine, EVERY)
    if name in ENGINES:
        ENGINES[name].check_usable()
    return name
