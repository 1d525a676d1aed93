"""Networks with two shared layers and a head for each task, in NumPy; several train at once.

They differ in their weights and in the task that each trains at a step. Each part has its own Adam,
which counts its own steps, as in `TaskOptimizer`.
"""

import numpy as np

HIDDEN = (64, 32)
RATE = 1e-3


class Networks:
    """Stacked weights: the first axis is that of the networks.

    Args:
        seeds: A seed for each network.
        columns: Width of the inputs.
        tasks: Number of the heads.
        classes: Units of each head.
    """

    def __init__(self, seeds, columns, tasks, classes):
        low, high = HIDDEN
        shapes = [(columns + 1, low), (low + 1, high), (tasks, high + 1, classes)]
        drawn = [[_initial(seed, shape) for shape in shapes] for seed in seeds]
        self.weights = [np.stack(part) for part in zip(*drawn, strict=True)]
        self.every = np.arange(len(seeds))
        self.forget()

    def forget(self):
        """Start the optimizers anew."""
        self.moments = [(np.zeros_like(w), np.zeros_like(w)) for w in self.weights]
        tasks = self.weights[2].shape[1]
        self.trunk_steps, self.head_steps = 0, np.zeros((len(self.every), tasks))

    def repeated(self, times):
        """Copies of each network, side by side."""
        copies = object.__new__(Networks)
        copies.weights = [np.repeat(weights, times, axis=0) for weights in self.weights]
        copies.every = np.arange(len(copies.weights[0]))
        copies.forget()
        return copies

    def step(self, x, y, tasks):
        """One step of each network: `x` is `(networks, rows, columns)`, `tasks` `(networks,)`."""
        low, high, heads = self.weights
        head = heads[self.every, tasks]
        x = _with_ones(x)
        first = _with_ones(np.maximum(x @ low, 0))
        second = _with_ones(np.maximum(first @ high, 0))
        error = _softmax(second @ head)
        rows = np.arange(x.shape[1])
        error[self.every[:, None], rows, y] -= 1
        error /= len(rows)
        back = (error @ _turned(head[:, :-1])) * (second[..., :-1] > 0)
        further = (back @ _turned(high[:, :-1])) * (first[..., :-1] > 0)
        self.trunk_steps += 1
        self.head_steps[self.every, tasks] += 1
        count = np.full(len(self.every), self.trunk_steps)
        self._adam(0, ..., _turned(x) @ further, count)
        self._adam(1, ..., _turned(first) @ back, count)
        own = self.head_steps[self.every, tasks]
        self._adam(2, (self.every, tasks), _turned(second) @ error, own)

    def accuracy(self, number, x, y, task):
        """The accuracy of one network on one task, in %."""
        low, high, heads = (weights[number] for weights in self.weights)
        features = _with_ones(np.maximum(_with_ones(x) @ low, 0))
        outputs = _with_ones(np.maximum(features @ high, 0)) @ heads[task]
        return 100 * np.mean(outputs.argmax(-1) == y)

    def _adam(self, part, where, gradient, count):
        first, second = self.moments[part]
        first[where] += 0.1 * (gradient - first[where])
        second[where] += 0.001 * (gradient**2 - second[where])
        size = RATE * np.sqrt(1 - 0.999**count) / (1 - 0.9**count)
        size = size.astype("float32")[:, None, None]
        self.weights[part][where] -= size * first[where] / (np.sqrt(second[where]) + 1e-7)


def _initial(seed, shape):
    """Glorot's uniform weights; the last row is the bias."""
    limit = np.sqrt(6 / (shape[-2] + shape[-1]))
    weights = np.random.default_rng([seed, *shape]).uniform(-limit, limit, shape)
    weights[..., -1, :] = 0
    return weights.astype("float32")


def _with_ones(x):
    return np.concatenate([x, np.ones((*x.shape[:-1], 1), "float32")], axis=-1)


def _turned(x):
    return x.swapaxes(-1, -2)


def _softmax(outputs):
    raised = np.exp(outputs - outputs.max(axis=-1, keepdims=True))
    return raised / raised.sum(axis=-1, keepdims=True)
