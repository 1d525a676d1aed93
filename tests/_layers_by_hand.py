"""A model of three linear layers, and its updates worked out by hand."""

import keras
import numpy as np
from keras import layers, optimizers

import keras_mtl
from _helpers import draw
from _watching import as_numpy

RATE, STEPS = 0.02, 3
X, Y = draw(8, 3), draw(8, 2, seed=1)


class ByHand:
    """The updates of one variable; each step returns its new value."""

    def __init__(self, rate):
        self.rate, self.count, self.first, self.second = rate, 0, 0.0, 0.0

    def momentum(self, value, gradient, decay=0.1):
        value = value - decay * self.rate * value
        self.first = 0.9 * self.first - self.rate * gradient
        return value + self.first

    def adam(self, value, gradient, decay=0.0):
        self.count += 1
        value = value - decay * self.rate * value
        self.first = 0.9 * self.first + 0.1 * gradient
        self.second = 0.999 * self.second + 0.001 * gradient**2
        size = self.rate * np.sqrt(1 - 0.999**self.count) / (1 - 0.9**self.count)
        return value - size * self.first / (np.sqrt(self.second) + 1e-7)

    def adamw(self, value, gradient):
        return self.adam(value, gradient, decay=0.3)

    def lion(self, value, gradient):
        value = value - 0.2 * self.rate * value
        step = np.sign(0.9 * self.first + 0.1 * gradient)
        self.first = 0.99 * self.first + 0.01 * gradient
        return value - self.rate * step


OPTIMIZERS = {
    "momentum": lambda: optimizers.SGD(RATE, momentum=0.9, weight_decay=0.1),
    "adam": lambda: optimizers.Adam(RATE),
    "adamw": lambda: optimizers.AdamW(RATE, weight_decay=0.3),
    "lion": lambda: optimizers.Lion(RATE, weight_decay=0.2),
}


def trained():
    keras.utils.set_random_seed(0)
    names = ("low", "mid", "top")
    parts = [layers.Dense(size, name=name) for size, name in zip((4, 3, 2), names, strict=True)]
    return keras.Sequential([keras.Input((3,)), *parts])


def transferred(optimizer, **arguments):
    model = keras_mtl.transfer(
        trained(), cut=1, head=[layers.Dense(2, name="new")], freeze=False, verify=False
    )
    model.compile(optimizer, loss="mse", **arguments)
    return model


def gradients(values, x=X, y=Y):
    """The gradients of the mean squared error of linear layers, each a kernel and a bias."""
    kernels, biases = values[::2], values[1::2]
    activations = [x]
    for kernel, bias in zip(kernels, biases, strict=True):
        activations.append(activations[-1] @ kernel + bias)
    error = 2 * (activations[-1] - y) / y.size
    found = []
    for kernel, before in zip(kernels[::-1], activations[-2::-1], strict=True):
        found = [before.T @ error, error.sum(axis=0), *found]
        error = error @ kernel.T
    return found


def fit(model, epochs=STEPS, **arguments):
    return model.fit(X, Y, epochs=epochs, batch_size=len(X), shuffle=False, verbose=0, **arguments)


def values_of(model):
    return [as_numpy(variable).astype("float64") for variable in model.trainable_variables]


def assert_values(model, values, rtol=2e-4):
    for variable, value in zip(model.trainable_variables, values, strict=True):
        np.testing.assert_allclose(as_numpy(variable), value, rtol=rtol, atol=2e-6)
