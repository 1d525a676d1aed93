import numpy as np
import pytest

from keras_mtl.engines import compiled_by_shape
from keras_mtl.engines.compiled_by_shape import MOST, CompiledByShape
from keras_mtl.serving.formats.openvino import Compiled


def test_a_network_that_cannot_be_reshaped_is_compiled_for_any_shape(monkeypatch):
    class Rigid:
        inputs = ()

        def clone(self):
            return self

        def reshape(self, shapes):
            raise RuntimeError("Check 'dimensions are static' failed")

    class Plain(Compiled):
        made = 0

        def __init__(self, network, num_threads):
            Plain.made += 1

        def outputs(self, inputs, names):
            return dict.fromkeys(names, inputs["x"])

    monkeypatch.setattr(compiled_by_shape, "Compiled", Plain)
    network = CompiledByShape(Rigid(), 1)
    for rows in (1, 2):
        assert len(network.outputs({"x": np.ones(rows)}, ["y"])["y"]) == rows
    assert Plain.made == 1


@pytest.mark.slow
def test_every_shape_is_served_also_when_there_were_many():
    openvino = pytest.importorskip("openvino")
    from openvino import opset13

    numbers = opset13.parameter([-1, 3], np.float32, name="x")
    unused = opset13.parameter([-1, 2], np.float32, name="unused")
    doubled = opset13.multiply(numbers, np.float32(2))
    doubled.output(0).get_tensor().set_names({"doubled"})
    numbers.output(0).get_tensor().set_names({"x"})
    network = CompiledByShape(openvino.Model([doubled], [numbers, unused], "twice"), 1)
    for rows in [*range(1, MOST + 3), 2]:
        x = np.random.default_rng(rows).normal(size=(rows, 3)).astype("float32")
        given = network.outputs({"x": x, "unused": x[:, :2]}, ["doubled"])
        np.testing.assert_allclose(given["doubled"], 2 * x, rtol=1e-6)
