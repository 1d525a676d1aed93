"""Which layers are random and come before all layers that learn."""

import keras
import pytest
from keras import layers

from keras_mtl.graph.layer_graph import Graph
from keras_mtl.surgery.preprocessing import augmentation


def paths(model):
    return [call.path for call in augmentation(Graph.of(model).opened)]


def test_random_layers_at_the_bottom():
    aug = keras.Sequential(
        [keras.Input((8, 8, 3)), layers.RandomFlip(name="flip"), layers.Rescaling(2.0)], name="aug"
    )
    stack = [
        keras.Input((8, 8, 3)),
        layers.Normalization(mean=0.5, variance=2.0),
        aug,
        layers.Dropout(0.1, name="bottom"),
        layers.Conv2D(2, 3),
        layers.Dropout(0.1, name="inside"),
        layers.GaussianNoise(0.1),
    ]
    assert paths(keras.Sequential(stack)) == ["aug/flip", "bottom"]


@pytest.mark.parametrize("freeze", [True, False])
def test_each_branch_has_its_own_bottom(freeze):
    left, right = keras.Input((4,)), keras.Input((4,))
    shared = layers.Dropout(0.1, name="shared")
    a = layers.Dense(4)(layers.GaussianNoise(0.1, name="left")(shared(left)))
    b = layers.BatchNormalization()(layers.GaussianNoise(0.1, name="right")(right))
    model = keras.Model([left, right], shared(layers.Add()([a, b])))
    model.trainable = not freeze  # The flags of the source do not decide.
    assert sorted(paths(model)) == ["left", "right"]
