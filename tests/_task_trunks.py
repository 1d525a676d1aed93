"""Models to make the trunks of multi-task models of."""

import keras
from keras import layers

from _helpers import draw
from _models import inputs_of, randomised
from _two_tasks import EAGER
from keras_mtl import Head

FAST = {"batch_size": 8, "verbose": 0}


HEADS = {"age": Head(1, "regression"), "hair": 3}


def convolutions():
    """A trained model with BatchNormalization, Dropout, and a loss and metrics of its own."""
    model = keras.Sequential(
        [
            keras.Input((6, 6, 1), name="image"),
            layers.Conv2D(3, 3, name="conv"),
            layers.BatchNormalization(name="norm"),
            layers.ReLU(name="relu"),
            layers.Dropout(0.5, name="drop"),
            layers.Flatten(name="flat"),
            layers.Dense(4, name="logits"),
        ],
        name="trained",
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    metric = keras.metrics.SparseTopKCategoricalAccuracy(k=2, name="top")
    model.compile(keras.optimizers.SGD(0.1), loss, metrics=[metric], run_eagerly=EAGER)
    return randomised(model)


def batch_for(model, rows=8):
    return keras.tree.map_structure(
        lambda tensor: draw(rows, *tensor.shape[1:], seed=1), inputs_of(model)
    )
