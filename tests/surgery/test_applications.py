"""The networks that users have, with weights and moving statistics that are no identity."""

from typing import NamedTuple

import keras
import networkx
import numpy as np
import pytest
from _models import random_batch, randomised
from _watching import as_numpy, outputs_of_calls, same_bits, unchanged
from keras import applications

from keras_mtl import cut_points, transfer


class Architecture(NamedTuple):
    build: type
    legal: int  # The input layer is one of them, as in published counts.
    size: int = 32
    arguments: dict = {}  # noqa: RUF012
    everywhere: bool = False


ARCHITECTURES = [
    Architecture(applications.VGG16, 23, everywhere=True),
    Architecture(applications.MobileNet, 91, arguments={"alpha": 0.25}, everywhere=True),
    Architecture(applications.MobileNetV2, 76, arguments={"alpha": 0.35}),
    Architecture(applications.MobileNetV3Small, 66, everywhere=True),
    Architecture(applications.ResNet50, 41),
    Architecture(applications.ResNet50V2, 33),
    Architecture(applications.EfficientNetB0, 86),
    Architecture(applications.EfficientNetV2B0, 67),
    Architecture(applications.DenseNet121, 81),
    Architecture(applications.ConvNeXtTiny, 27),
    Architecture(applications.InceptionV3, 31, size=75),
    Architecture(applications.Xception, 27, size=71),
    Architecture(applications.NASNetMobile, 7),
]
ON_ALL_BACKENDS = (applications.MobileNetV2, applications.ResNet50)
ELSEWHERE = pytest.mark.backend("tensorflow", reason="other backends take minutes to compile these")


def parametrisation():
    for architecture in ARCHITECTURES:
        marks = () if architecture.build in ON_ALL_BACKENDS else ELSEWHERE
        yield pytest.param(architecture, id=architecture.build.__name__, marks=marks)


def built(architecture):
    shape = (architecture.size, architecture.size, 3)
    arguments = {"weights": None, "input_shape": shape, "classes": 10, **architecture.arguments}
    return randomised(architecture.build(**arguments))


def spread(points, count=4):
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


@pytest.mark.parametrize("architecture", parametrisation())
def test_trunks_compute_what_the_network_computes_there(architecture):
    """At every legal cut of some networks and at a few of the others, bit for bit."""
    model = built(architecture)
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


@pytest.mark.parametrize("build", ON_ALL_BACKENDS, ids=lambda build: build.__name__)
def test_compiled_passes_agree_as_well(build):
    model = build(weights=None, input_shape=(32, 32, 3), classes=10)
    batch = as_numpy(random_batch(randomised(model)))
    layer = cut_points(model)[20].layer
    part = keras.Model(model.input, model.get_layer(layer).output)
    trunk = transfer(model, layer)
    assert same_bits(trunk.predict(batch, verbose=0), part.predict(batch, verbose=0))
