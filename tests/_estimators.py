"""A small trained network and data for the scikit-learn estimators."""

import keras
import numpy as np
from keras import layers

from _watching import assert_close


def network(inputs=4):
    """A network that has learnt another task."""
    keras.utils.set_random_seed(0)
    return keras.Sequential(
        [
            keras.Input((inputs,)),
            layers.Dense(16, activation="relu", name="first"),
            layers.Dense(8, activation="relu", name="second"),
            layers.Dense(2, activation="softmax", name="old"),
        ],
        name="old_task",
    )


def blobs(samples=48, inputs=4, classes=3):
    """Samples of classes that lie apart, and the classes; too few to think of fine-tuning."""
    generator = np.random.default_rng(0)
    y = np.arange(samples) % classes
    centres = 2 * generator.normal(size=(classes, inputs))
    return centres[y] + generator.normal(size=(samples, inputs)), y


def assert_predicts_like(model, x, outputs):
    """A Keras model gives what an estimator has computed in double precision."""
    assert outputs.dtype == "float64"
    assert_close(model.predict(x, verbose=0), outputs.astype("float32"), rtol=1e-4)
