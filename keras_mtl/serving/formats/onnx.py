"""ONNX, for ONNX Runtime and what else reads it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from keras_mtl.errors import NotConvertible
from keras_mtl.serving.formats.export_format import Arrays, ExportFormat, Running
from keras_mtl.serving.formats.known_formats import FORMATS
from keras_mtl.serving.frozen_graph import frozen, has_compiled_parts
from keras_mtl.serving.manifest import Manifest
from keras_mtl.serving.onnx_operators import HANDLERS, check_operators

FILE = "model.onnx"


@FORMATS.register
class Onnx(ExportFormat):
    """One graph with all outputs, converted by tf2onnx."""

    name = "onnx"
    extra = "onnx"
    writers = ("onnx", "tf2onnx")
    readers = ("onnxruntime",)
    distributions = ("tensorflow", "tf2onnx", "onnx", "onnxruntime")

    def convert(
        self, saved_model: Path, folder: Path, manifest: Manifest, sample: Arrays | None
    ) -> None:
        """Write `model.onnx`."""
        import tensorflow as tf
        import tf2onnx

        loaded = tf.saved_model.load(str(saved_model))
        signature = loaded.signatures["serving_default"]
        specs = [tf.TensorSpec(one.shape, one.dtype, one.name) for one in manifest.inputs]

        def serve(*tensors: Any) -> dict[str, Any]:
            names = [one.name for one in manifest.inputs]
            return signature(**dict(zip(names, tensors, strict=True)))

        function = tf.function(serve, specs, autograph=False)
        try:
            model, _ = tf2onnx.convert.from_function(
                _self_contained(function, specs),
                specs,
                opset=OPSET,
                custom_op_handlers=dict(HANDLERS),
            )
        except (OSError, MemoryError):
            raise
        except Exception as error:  # tf2onnx's errors have no common class.
            raise NotConvertible(f"tf2onnx says: {error}") from error
        check_operators(model)
        (folder / FILE).write_bytes(model.SerializeToString())

    def load(self, folder: Path, manifest: Manifest) -> Running:
        """Load the graph into ONNX Runtime, on the processor."""
        return Session(str(folder / FILE))


def _self_contained(function: Any, specs: Sequence[Any]) -> Any:
    """Return a function that captures variables only, and calls nothing that XLA compiles.

    A `Normalization` holds its mean as a tensor, and tf2onnx takes each that is captured for an
    input; a compiled call it takes for an operator.
    """
    import tensorflow as tf

    traced = function.get_concrete_function()
    variables_only = all(one.dtype == tf.resource for one in traced.captured_inputs)
    if variables_only and not has_compiled_parts(traced):
        return function
    constant = frozen(traced)

    def with_constants(*tensors: Any) -> Any:
        return tf.nest.pack_sequence_as(traced.structured_outputs, constant(*tensors))

    return tf.function(with_constants, specs, autograph=False)


OPSET = 18
"""The latest version of the operators that tf2onnx 1.17 writes."""


class Session(Running):
    """A network in ONNX Runtime, on the processor.

    Args:
        model: The path of an ONNX file, or what is in it.
        num_threads: Threads that one operation may use; None for one for each core.
    """

    def __init__(self, model: str | bytes, num_threads: int | None = None) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = num_threads or 0
        self._session = onnxruntime.InferenceSession(
            model, options, providers=["CPUExecutionProvider"]
        )
        self._inputs = {one.name for one in self._session.get_inputs()}

    def outputs(self, inputs: Arrays, names: Sequence[str]) -> dict[str, np.ndarray]:
        """Return the outputs for one batch."""
        used = {name: array for name, array in inputs.items() if name in self._inputs}
        return dict(zip(names, self._session.run(list(names), used), strict=True))
