"""A model on the TensorFlow backend as a frozen graph."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import keras
import numpy as np

from keras_mtl.common.complaints import layer_complained_of
from keras_mtl.engines.network import Network
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.serving.formats.onnx import OPSET
from keras_mtl.serving.frozen_graph import frozen, operations_of
from keras_mtl.serving.onnx_operators import HANDLERS, check_operators


class TensorFlowNetwork(Network):
    """The graph of a model, traced for batches of any size, its variables made constants.

    Args:
        model: The model.
        structure: Its symbolic inputs, in their structure.
    """

    def __init__(self, model: keras.Model, structure: Any) -> None:
        import tensorflow as tf

        tensors = keras.tree.flatten(structure)
        specs = [tf.TensorSpec(one.shape, one.dtype) for one in tensors]
        values = [(one, keras.ops.convert_to_numpy(one)) for one in model.variables]
        run = partial(_outputs, model, structure, values)
        self._graph = tf.function(run, specs, autograph=False).get_concrete_function()
        if not _is_frozen(self._graph):
            self._graph = frozen(self._graph)
        self._layers = {layer.name for layer in sublayers(model)}
        self.inputs = [tensor.name for tensor in self._graph.inputs]
        self.outputs = [tensor.name for tensor in self._graph.outputs]
        self.dtypes = [tensor.dtype for tensor in tensors]

    @property
    def num_threads(self) -> int | None:
        """What `tf.config.threading` or an environment variable says."""
        import tensorflow as tf

        set_in_code = tf.config.threading.get_intra_op_parallelism_threads()
        return set_in_code or threads_of_environment(("TF_NUM_INTRAOP_THREADS", "OMP_NUM_THREADS"))

    def to_onnx(self) -> bytes:
        """Convert the graph by tf2onnx.

        Its optimizations, before each of which `tf2onnx.convert` copies the whole graph, are left
        out: ONNX Runtime has the same ones and takes a fraction of the time. Loops need them.
        """
        import tensorflow as tf
        from tf2onnx import optimizer
        from tf2onnx.tfonnx import process_tf_graph

        with tf.Graph().as_default() as graph:
            tf.import_graph_def(self._graph.graph.as_graph_def(add_shapes=True), name="")
            converted = process_tf_graph(
                graph,
                opset=OPSET,
                input_names=self.inputs,
                output_names=self.outputs,
                custom_op_handlers=dict(HANDLERS),
            )
        has_loops = any(one.type in _LOOPS for one in self._graph.graph.get_operations())
        ordered = optimizer.optimize_graph(
            converted, catch_errors=False, optimizers=None if has_loops else {}
        )
        made = ordered.make_model("static")
        check_operators(made)
        return made.SerializeToString()

    def to_openvino(self) -> Any:
        """Let OpenVINO read the graph from a temporary file."""
        import openvino

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder, "static.pb")
            path.write_bytes(self._graph.graph.as_graph_def().SerializeToString())
            return openvino.Core().read_model(str(path))

    def user_of(self, reason: str) -> str | None:
        """Return the innermost layer around the first operation that is named, by name or type."""
        return layer_complained_of(reason, operations_of(self._graph), self._layers)


def _outputs(
    model: keras.Model,
    structure: Any,
    values: Sequence[tuple[keras.Variable, np.ndarray]],
    *flat: Any,
) -> list[Any]:
    """Return the outputs of a model, traced with constants in the place of its variables.

    To make constants of variables in a finished graph takes longer than to trace it.
    """
    import tensorflow as tf

    constants = [(variable, tf.constant(value)) for variable, value in values]
    with keras.StatelessScope(state_mapping=constants):
        outputs = model(keras.tree.pack_sequence_as(structure, flat), training=False)
    return [tf.identity(output) for output in keras.tree.flatten(outputs)]


def _is_frozen(function: Any) -> bool:
    """Return whether a graph has no state that Keras does not know of, and calls no function."""
    types = {operation.type for operation in function.graph.get_operations()}
    return not function.captured_inputs and not types & (_CALLS | _BRANCHES | _LOOPS)


_CALLS = frozenset({"PartitionedCall", "StatefulPartitionedCall"})
_BRANCHES = frozenset({"Case", "If", "StatelessCase", "StatelessIf"})
_LOOPS = frozenset({"While", "StatelessWhile"})


def threads_of_environment(names: Iterable[str]) -> int | None:
    """Return the number of threads that the first of some environment variables sets, if any."""
    values = (os.environ.get(name, "").partition(",")[0].strip() for name in names)
    return next((int(value) for value in values if value.isdigit() and int(value)), None)
