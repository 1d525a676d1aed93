"""The networks that users have, with weights and moving statistics that are no identity."""

from typing import NamedTuple

import keras
import networkx
import numpy as np
import pytest

from _models import random_batch, randomised
from _watching import as_numpy, assert_close, outputs_of_calls, same_bits, unchanged
from keras_mtl import cut_points, transfer


class Architecture(NamedTuple):
    name: str
    legal: int  # How many layers are on every path, the input layer among them.
    size: int = 32
    everywhere: bool = False

    def build(self):
        shape = (self.size, self.size, 3)
        build = getattr(keras.applications, self.name)
        return randomised(build(weights=None, input_shape=shape, classes=10))


ON_ALL_BACKENDS = [Architecture("MobileNetV2", 76), Architecture("ResNet50", 41)]
QUICKEST = Architecture("MobileNet", 91)
ON_TENSORFLOW = [
    Architecture("VGG16", 23, everywhere=True),
    QUICKEST,
    Architecture("Xception", 27, size=71),
    Architecture("MobileNetV3Small", 66),
    Architecture("EfficientNetB0", 86),
    Architecture("ConvNeXtTiny", 27),
    Architecture("NASNetMobile", 7),
]
SLOW_ELSEWHERE = pytest.mark.backend("tensorflow", reason="JAX takes minutes to compile these")
ARCHITECTURES = [
    *(pytest.param(each, id=each.name) for each in ON_ALL_BACKENDS),
    *(pytest.param(each, id=each.name, marks=SLOW_ELSEWHERE) for each in ON_TENSORFLOW),
]


def spread(points, count=3):
    """Some of the points, evenly over the depth, the last one for sure; none of none."""
    positions = np.linspace(0, len(points) - 1, count if points else 0).round().astype(int)
    return [points[position] for position in positions]


def chain_of_dominators(model):
    """The names of the operations on every path, found by networkx in what Keras recorded."""
    network = networkx.DiGraph()
    for operation in model.operations:
        (node,) = operation._inbound_nodes
        sources = [parent.operation.name for parent in node.parent_nodes] or ["start"]
        network.add_edges_from((source, operation.name) for source in sources)
    parents = networkx.immediate_dominators(network, "start")
    chain = [model.outputs[0]._keras_history.operation.name]
    while parents[chain[-1]] != "start":
        chain.append(parents[chain[-1]])
    return chain[::-1]


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_trunks_compute_what_the_network_computes_there(architecture):
    """At every legal cut of some networks and at a few of the others, bit for bit."""
    check_trunks(architecture, architecture.build())


@pytest.mark.slow
def test_an_application_is_cut_and_its_compiled_passes_agree():
    """The quickest of them, by what the slow tests say of all."""
    model = QUICKEST.build()
    check_trunks(QUICKEST, model)
    check_compiled_passes(model)


def check_trunks(architecture, model):
    points = cut_points(model)
    assert len(points) == architecture.legal - 1
    assert [point.layer for point in points] == chain_of_dominators(model)[1:]

    batch = random_batch(model)
    expected = outputs_of_calls(model, batch)
    inside = [point for point in cut_points(model, nested=True) if "/" in point.layer]
    chosen = points if architecture.everywhere else spread(points) + spread(inside, 2)
    with unchanged(model):
        for point in chosen:
            outputs = transfer(model, point.layer, verify=False)(batch, training=False)
            assert same_bits(outputs, expected[point.layer]), point
            assert as_numpy(outputs).std() > 0


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ON_ALL_BACKENDS, ids=lambda each: each.name)
def test_compiled_passes_agree_as_well(architecture):
    check_compiled_passes(architecture.build())


def check_compiled_passes(model):
    batch = as_numpy(random_batch(model))
    layer = cut_points(model)[20].layer
    part = keras.Model(model.input, model.get_layer(layer).output)
    trunk = transfer(model, layer)
    assert_close(trunk.predict(batch, verbose=0), part.predict(batch, verbose=0))
