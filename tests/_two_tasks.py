"""Two tasks on a small dense network, how runs are compared, and the same training in NumPy."""

import keras
import numpy as np

from _helpers import draw
from _watching import as_numpy
from keras_mtl import Head, MultiTaskModel
from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.batch import Batch

WIDTH, UNITS, CLASSES = 4, 5, 3
SEED = 7
FAST = {"shuffle": False, "verbose": 0, "seed": SEED}
EAGER = keras.backend.backend() == "tensorflow"  # where tracing takes longer than a test


def trunk(*layers, name="base"):
    """One Dense layer with tanh, and what is to come after it."""
    dense = keras.layers.Dense(UNITS, "tanh", name="dense")
    return keras.Sequential([keras.Input((WIDTH,), name="x"), dense, *layers], name=name)


def two_tasks(run_eagerly=EAGER, **compiled):
    """`age` is a number, `hair` one of three classes."""
    model = MultiTaskModel(trunk(), {"age": Head(1, "regression"), "hair": Head(CLASSES)})
    model.compile(run_eagerly=run_eagerly, **compiled)
    return model


def sex_and_hair(heads=None, extra=(), seed=0, run_eagerly=EAGER, **compiled):
    """Two tasks with classes; the same weights for the same seed."""
    keras.utils.set_random_seed(seed)
    layers = [keras.Input((WIDTH,)), keras.layers.Dense(6, "relu"), *extra]
    model = MultiTaskModel(keras.Sequential(layers), heads or {"sex": 2, "hair": 3})
    model.compile(compiled.pop("optimizer", "sgd"), run_eagerly=run_eagerly, **compiled)
    return model


def classes(count, num_classes):
    return np.arange(count) % num_classes


def two_sets(sex=24, hair=10):
    """Arrays of `sex` and `hair`: 24 and 10 rows, by default."""
    return {
        "sex": (draw(sex, WIDTH), classes(sex, 2)),
        "hair": (draw(hair, WIDTH, seed=1), classes(hair, 3)),
    }


def two_data_sets(rows=24, more=3):
    """`hair` has `more` times as many rows as `age`."""
    return {
        "age": (draw(rows, WIDTH, seed=1), draw(rows, 1, seed=2)),
        "hair": (draw(more * rows, WIDTH, seed=3), np.arange(more * rows) % CLASSES),
    }


def joint_data(rows=24):
    """Rows with the labels of both tasks."""
    return draw(rows, WIDTH, seed=1), {"age": draw(rows, 1, seed=2), "hair": np.arange(rows) % 3}


def weights_of(model):
    """The trained values by part: kernel and bias, as float64."""
    parts = {"trunk": model.trunk, **model.heads}
    return {
        name: [np.array(as_numpy(v), np.float64) for v in part.trainable_variables]
        for name, part in parts.items()
    }


def bits(variables):
    """The bytes of variables, or of all weights and seeds of a model, to compare states with."""
    variables = getattr(variables, "variables", variables)
    return [as_numpy(variable).tobytes() for variable in variables]


def same_logs(history, other):
    """Whether two histories hold the same numbers, NaN included."""
    return history.epoch == other.epoch and repr(history.history) == repr(other.history)


def batches_of(task, data, batch_size, shuffle=True, seed=SEED):
    """The batches that `fit` takes, from the first on."""
    return ArrayData(
        task, Batch(*data), batch_size=batch_size, shuffle=shuffle, seed=seed
    ).batches()


class Adam:
    """Adam of Kingma and Ba, 2015, Algorithm 1, with `epsilon` where Keras has it."""

    def __init__(self, rate=0.001, epsilon=1e-7):
        self.rate, self.epsilon, self.count, self.slots = rate, epsilon, 0, None

    def __call__(self, values, gradients):
        self.slots = self.slots or [(np.zeros_like(g), np.zeros_like(g)) for g in gradients]
        self.count += 1
        size = self.rate * np.sqrt(1 - 0.999**self.count) / (1 - 0.9**self.count)
        for value, gradient, (first, second) in zip(values, gradients, self.slots, strict=True):
            first += 0.1 * (gradient - first)
            second += 0.001 * (gradient**2 - second)
            value -= size * first / (np.sqrt(second) + self.epsilon)


class Sgd:
    """Gradient descent with momentum and decoupled weight decay."""

    def __init__(self, rate=0.1, momentum=0.9, decay=0.0):
        self.rate, self.momentum, self.decay, self.slots = rate, momentum, decay, None

    def __call__(self, values, gradients):
        self.slots = self.slots or [np.zeros_like(gradient) for gradient in gradients]
        for value, gradient, speed in zip(values, gradients, self.slots, strict=True):
            value -= value * self.decay * self.rate
            speed *= self.momentum
            speed -= self.rate * gradient
            value += speed


class Reference:
    """The model of `two_tasks`, its gradients by hand, an optimizer for each part."""

    def __init__(self, model, make_optimizer):
        self.weights = weights_of(model)
        self.optimizers = {name: make_optimizer() for name in self.weights}

    def step(self, batches, clip=None):
        """One step on the batches, by task."""
        both = {task: self.gradients(task, batch) for task, batch in batches.items()}
        found = {task: in_head for task, (in_head, _) in both.items()}
        found["trunk"] = [sum(own) for own in zip(*(own for _, own in both.values()), strict=True)]
        if clip is not None:
            norm = np.sqrt(sum((g**2).sum() for own in found.values() for g in own))
            found = {k: [g * clip / max(norm, clip) for g in own] for k, own in found.items()}
        for name, own in found.items():
            self.optimizers[name](self.weights[name], own)

    def gradients(self, task, batch):
        """Those of the head, and those of the trunk."""
        (w1, b1), (w2, b2) = self.weights["trunk"], self.weights[task]
        x = batch.x.astype(np.float64)
        features = np.tanh(x @ w1 + b1)
        error = self.error(task, features @ w2 + b2, batch.y)
        back = (error @ w2.T) * (1 - features**2)
        return [features.T @ error, error.sum(0)], [x.T @ back, back.sum(0)]

    def error(self, task, outputs, labels):
        """The gradient of the loss by the outputs."""
        if task == "age":
            return 2 * (outputs - labels) / outputs.size
        chances = np.exp(outputs - outputs.max(1, keepdims=True))
        chances /= chances.sum(1, keepdims=True)
        return (chances - np.eye(CLASSES)[labels]) / len(labels)


def assert_same_weights(model, reference, rtol=1e-5, atol=1e-6):
    for name, values in weights_of(model).items():
        for value, expected in zip(values, reference.weights[name], strict=True):
            np.testing.assert_allclose(value, expected, rtol, atol, err_msg=name)
