"""Joint steps with a balancer, written out in NumPy, and the models that they are compared with."""

import keras
import numpy as np

from _helpers import draw
from _two_tasks import CLASSES, EAGER, UNITS, WIDTH, Reference
from keras_mtl import Head, MultiTaskModel
from keras_mtl.batches.batch import Batch

DECAY = 0.01
TASKS = ("age", "hair", "age_2", "hair_2")


def several_tasks(number, run_eagerly=EAGER, dtype=None, **compiled):
    """Tasks of numbers and of classes in turn, on a trunk whose kernel is regularised."""
    keras.utils.set_random_seed(0)
    dense = keras.layers.Dense(
        UNITS, "tanh", kernel_regularizer=keras.regularizers.L2(DECAY), dtype=dtype, name="dense"
    )
    trunk = keras.Sequential([keras.Input((WIDTH,), name="x"), dense], name="base")
    heads = {
        task: Head(1, "regression", dtype=dtype)
        if task[:3] == "age"
        else Head(CLASSES, dtype=dtype)
        for task in TASKS[:number]
    }
    model = MultiTaskModel(trunk, heads)
    model.compile(run_eagerly=run_eagerly, **compiled)
    return model


def labels_of(task, rows, missing=()):
    """Labels in NumPy, some of them missing."""
    seed = 10 + TASKS.index(task)
    if task[:3] == "age":
        labels = draw(rows, 1, seed=seed)
        labels[list(missing)] = np.nan
        return labels
    labels = np.random.default_rng(seed).integers(CLASSES, size=rows)
    labels[list(missing)] = -1
    return labels


class BalancedReference(Reference):
    """Rows of a Jacobian, the weights of a rule, and an optimizer for each part.

    The rule takes the rows and the losses of the tasks that have a label, by name, and returns
    their weights and a further gradient for the trunk.
    """

    def __init__(self, model, make_optimizer, rule, heads_too=False):
        super().__init__(model, make_optimizer)
        self.rule, self.heads_too = rule, heads_too

    def step(self, batches, clip=None):
        found, rows, losses = {}, {}, {}
        for task, batch in batches.items():
            there = ~np.isnan(batch.y[:, 0]) if batch.y.ndim > 1 else batch.y >= 0
            if there.any():
                batch = Batch(batch.x[there], batch.y[there])
                found[task], trunk = self.gradients(task, batch)
                rows[task] = np.concatenate([gradient.ravel() for gradient in trunk])
                losses[task] = self.loss(task, batch)
        weights, extra = self.rule(rows, losses)
        update = sum(weights[task] * row for task, row in rows.items()) + extra
        kernel, _ = self.weights["trunk"]
        trunk = [update[: kernel.size].reshape(kernel.shape), update[kernel.size :]]
        trunk[0] = trunk[0] + 2 * DECAY * kernel
        if self.heads_too:
            found = {task: [weights[task] * one for one in own] for task, own in found.items()}
        for name, own in {"trunk": trunk, **found}.items():
            self.optimizers[name](self.weights[name], own)

    def loss(self, task, batch):
        (w1, b1), (w2, b2) = self.weights["trunk"], self.weights[task]
        outputs = np.tanh(batch.x.astype(np.float64) @ w1 + b1) @ w2 + b2
        if task[:3] == "age":
            return ((outputs - batch.y) ** 2).mean()
        logs = outputs - np.log(np.exp(outputs).sum(1, keepdims=True))
        return -logs[np.arange(len(batch.y)), batch.y].mean()

    def error(self, task, outputs, labels):
        return super().error(task[:3] if task[:3] == "age" else task, outputs, labels)


class Accumulating:
    """An optimizer that takes a step of the mean of the gradients of some steps."""

    def __init__(self, inner, steps):
        self.inner, self.steps, self.seen = inner, steps, []

    def __call__(self, values, gradients):
        self.seen.append(gradients)
        if len(self.seen) == self.steps:
            self.inner(values, [sum(own) / self.steps for own in zip(*self.seen, strict=True)])
            self.seen = []
