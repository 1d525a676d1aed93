"""An engine for tests that needs no library: it runs the model by Keras, and may fail."""

import keras
import numpy as np

from keras_mtl.engines import network_maker
from keras_mtl.engines.engine import Engine
from keras_mtl.engines.known_engines import ENGINES
from keras_mtl.engines.network import Network
from keras_mtl.serving.formats.export_format import Running


class PlainNetwork(Network):
    """The model itself."""

    num_threads = None

    def __init__(self, model, structure):
        tensors = keras.tree.flatten(structure)
        self.model, self.structure = model, structure
        self.inputs = [f"input_{index}" for index in range(len(tensors))]
        self.dtypes = [tensor.dtype for tensor in tensors]
        zeros = [np.zeros([size or 1 for size in one.shape], one.dtype) for one in tensors]
        outputs = self.run(keras.tree.pack_sequence_as(structure, zeros))
        self.outputs = [f"output_{index}" for index in range(len(outputs))]

    def run(self, inputs):
        tensors = keras.tree.map_structure(keras.ops.convert_to_tensor, inputs)
        outputs = self.model(tensors, training=False)
        return [keras.ops.convert_to_numpy(one) for one in keras.tree.flatten(outputs)]

    def to_onnx(self):
        raise NotImplementedError

    def to_openvino(self):
        raise NotImplementedError

    def user_of(self, reason):
        return "spectrum" if "FFT" in reason else None


class PlainEngine(Engine, Running):
    """Keras under another name.

    Attributes:
        calls: Batches that it has run.
        conversions: Models that it was given.
        error: What it adds to each number, as a fraction of the largest one.
        refusal: What its conversion fails with, if anything.
        failure: What its runs fail with, if anything.
        rows: The only number of rows that it runs, if that is limited.
    """

    name, title, extra, packages, version = "openvino", "Plain", "openvino", (), "1.0"

    def __init__(self):
        self.calls, self.conversions, self.error, self.refusal = 0, 0, 0.0, None
        self.failure = self.rows = None

    def load(self, network):
        if self.refusal is not None:
            raise self.refusal
        self._network = network
        self.conversions += 1
        return self

    def outputs(self, inputs, names):
        self.calls += 1
        if self.failure is not None:
            raise self.failure
        flat = [inputs[name] for name in self._network.inputs]
        if self.rows not in (None, len(flat[0])):
            raise RuntimeError(f"expected {self.rows} rows,\n  not {len(flat[0])}")
        values = self._network.run(keras.tree.pack_sequence_as(self._network.structure, flat))
        return dict(zip(names, map(self._changed, values), strict=True))

    def _changed(self, values):
        return values + (self.error * np.abs(values).max()).astype(values.dtype)


def install(monkeypatch):
    """Return the engine, which takes the place of OpenVINO, on every backend."""
    engine = PlainEngine()
    monkeypatch.setitem(ENGINES, "openvino", engine)
    monkeypatch.setitem(network_maker.MAKERS, keras.backend.backend(), PlainNetwork)
    return engine
