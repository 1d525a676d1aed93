"""One pass gives what each layer gives, and leaves the source as it is."""

import keras
import numpy as np
import pytest

from _models import random_batch, randomised, zoo
from _watching import assert_close, rounding_of
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.pooling import pooling_layer
from keras_mtl.probing.candidates import find_candidates
from keras_mtl.probing.depth_features import DepthFeatures
from keras_mtl.probing.reduction import Reduction
from keras_mtl.transferring import transfer

# A cut there is not followed by anything that a head fits on, or the batch is fixed.
WITHOUT = ("fixed_batch",)


def extractor_of(model, candidates):
    reductions = [Reduction(c.point.shape, "auto", None, 0) for c in candidates]
    return DepthFeatures(Graph.of(model), [c.tensor for c in candidates], reductions)


def state_of(model):
    return [keras.ops.convert_to_numpy(variable) for variable in model.variables]


def nodes_of(model):
    return [len(layer._inbound_nodes) for layer in model._flatten_layers()]


@zoo(
    without=WITHOUT,
    fast=["nested_twice", "masked_lstm", "siamese", "mixed_precision", "custom_layers", "strings"],
)
def test_every_depth_equals_the_trunk_cut_there(build):
    model = randomised(build())
    batch = random_batch(model)
    candidates = find_candidates(Graph.of(model), None, nested=True)
    extractor = extractor_of(model, candidates)
    before, nodes = state_of(model), nodes_of(model)

    features = extractor.predict(batch, verbose=0)

    assert nodes_of(model) == nodes
    assert model.losses == []
    for value, old in zip(state_of(model), before, strict=True):
        np.testing.assert_array_equal(value, old)
    edges = np.cumsum([0, *extractor.widths])
    for index, candidate in enumerate(candidates):
        trunk = transfer(model, candidate.point.layer, verify=False)
        pool = pooling_layer("auto", len(trunk.output.shape))
        expected = trunk(batch) if pool is None else pool(trunk(batch))
        expected = keras.ops.convert_to_numpy(expected).astype("float32")
        assert_close(features[:, edges[index] : edges[index + 1]], expected, rounding_of(model))


def test_training_mode_changes_nothing():
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dropout(0.9)])
    extractor = extractor_of(model, find_candidates(Graph.of(model), None))

    np.testing.assert_array_equal(extractor(np.ones((2, 4)), training=True), np.ones((2, 4)))


@pytest.mark.parametrize("policy", ["mixed_float16", "float64"])
def test_the_global_policy_does_not_matter(policy):
    model = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3, name="dense")])
    x = np.random.default_rng(0).normal(size=(5, 4)).astype("float32")
    candidates = find_candidates(Graph.of(model), None)
    expected = extractor_of(model, candidates).predict(x, verbose=0)
    keras.config.set_dtype_policy(policy)
    try:
        features = extractor_of(model, candidates).predict(x, verbose=0)
    finally:
        keras.config.set_dtype_policy("float32")

    np.testing.assert_array_equal(features, expected)
