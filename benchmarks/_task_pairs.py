"""Pairs of tasks: networks that have learnt the first one, and few labels of the second.

Each network is trained on few objects for longer than it should be, so that it remembers them.
"""

from dataclasses import dataclass

import keras
import numpy as np
from _handwriting import load
from sklearn.datasets import load_digits

from keras_mtl.datasets import nested_budget

LEARNT = 3000  # images that a network has learnt
TESTED = 2000
layers = keras.layers


@dataclass
class Pair:
    """Two tasks on the same kind of objects.

    Attributes:
        name: The first task and the second one.
        network: A network that has learnt the first task.
        kind: The kind of the second task.
        rows: Objects and labels of the second task: `"same"` are those that the network has learnt.
        test: More of them.
    """

    name: str
    network: keras.Model
    rows: dict
    test: tuple
    kind: str = "classification"

    def labelled(self, where, count, seed):
        """Return the numbers of the objects that have a label of the second task."""
        _, y = self.rows[where]
        if self.kind == "classification":
            return nested_budget(y, count, seed)
        return np.random.default_rng(seed).permutation(len(y))[:count]


def task_pairs(seed):
    """Yield the pairs of one seed; a network that several pairs need is trained once."""
    yield from _handwriting(seed)
    yield from _slants(seed)
    yield from _small_digits(seed)
    yield from _both_ways("table", _near_centres(seed), _dense_trunk(40), seed)
    yield from _both_ways("text", _topics(seed), _text_trunk(), seed)
    yield from _numbers(seed)


def _both_ways(name, drawn, trunk, seed):
    """From pairs of classes to classes, and from classes to pairs."""
    (x, y), new, tested = drawn
    for title, first, second in (("pair > class", 2, 1), ("class > pair", 1, 2)):
        network = _learnt(trunk, x, y // first, 40, seed)
        rows = {"new": (new[0], new[1] // second), "same": (x, y // second)}
        yield Pair(f"{name}: {title}", network, rows, (tested[0], tested[1] // second))


def _handwriting(seed):
    data = load()
    order = np.random.default_rng(seed).permutation(len(data["train_image"]))
    parts = {"same": order[:LEARNT], "new": order[LEARNT : 2 * LEARNT]}
    tested_rows = np.random.default_rng(seed).permutation(len(data["test_image"]))[:TESTED]
    tasks = {
        "parity": lambda digit, series: digit % 2,
        "half": lambda digit, series: digit // 2,
        "digit": lambda digit, series: digit,
        "series": lambda digit, series: (series > 0).astype(int),
    }

    def images(kind, rows):
        return data[f"{kind}_image"][rows][..., None].astype("float32") / 255

    def labels(kind, rows, task):
        digit, series = (data[f"{kind}_{name}"][rows].astype(int) for name in ("digit", "series"))
        return tasks[task](digit, series)

    x = {where: images("train", rows) for where, rows in parts.items()}
    test = images("test", tested_rows)
    seconds = {"parity": ["digit"], "half": ["digit"], "series": ["digit"]}
    seconds["digit"] = ["parity", "half", "series"]
    for first, others in seconds.items():
        taught = labels("train", parts["same"], first)
        network = _learnt(_image_trunk(28), x["same"], taught, 15, seed)
        for second in others:
            rows = {where: (x[where], labels("train", parts[where], second)) for where in parts}
            tested = (test, labels("test", tested_rows, second))
            yield Pair(f"{first} > {second}", network, rows, tested)


def _slants(seed):
    """From the digit to the slant of its strokes, a number, and from the slant to the digit."""
    data = load()
    order = np.random.default_rng(seed).permutation(len(data["train_image"]))
    parts = {"same": order[:LEARNT], "new": order[LEARNT : 2 * LEARNT]}
    tested = np.random.default_rng(seed).permutation(len(data["test_image"]))[:TESTED]
    images = {where: data["train_image"][rows] for where, rows in parts.items()}
    images["test"] = data["test_image"][tested]
    digits = {where: data["train_digit"][rows].astype(int) for where, rows in parts.items()}
    digits["test"] = data["test_digit"][tested].astype(int)
    slants = {where: _slant_of(image) for where, image in images.items()}
    x = {where: image[..., None].astype("float32") / 255 for where, image in images.items()}
    tasks = {"digit": (digits, "classification"), "slant": (slants, "regression")}
    for first, second in (("digit", "slant"), ("slant", "digit")):
        network = _learnt(_image_trunk(28), x["same"], tasks[first][0]["same"], 15, seed)
        labels, kind = tasks[second]
        rows = {where: (x[where], labels[where]) for where in x}
        yield Pair(f"{first} > {second}", network, rows, rows.pop("test"), kind)


def _slant_of(images):
    """The regression of the column on the row, over the ink of each picture."""
    ink = images.astype(float) / images.sum(axis=(1, 2), keepdims=True)
    row, column = np.mgrid[: ink.shape[1], : ink.shape[2]]
    centred = [
        one - (ink * one).sum(axis=(1, 2), keepdims=True) for one in (row[None], column[None])
    ]
    return (ink * centred[0] * centred[1]).sum(axis=(1, 2)) / (ink * centred[0] ** 2).sum(
        axis=(1, 2)
    )


def _small_digits(seed):
    x, y = load_digits(return_X_y=True)
    x = x.reshape(-1, 8, 8, 1).astype("float32") / 16
    order = np.random.default_rng(seed).permutation(len(x))
    parts = {"same": order[:600], "new": order[600:1200], "test": order[1200:]}
    for title, first, second in (("parity > digit", 2, 10), ("digit > parity", 10, 2)):
        network = _learnt(_image_trunk(8), x[parts["same"]], y[parts["same"]] % first, 40, seed)
        rows = {where: (x[part], y[part] % second) for where, part in parts.items()}
        yield Pair(f"8 px: {title}", network, rows, rows.pop("test"))


def _near_centres(seed):
    """Ten classes, as five pairs of near centres in 40 dimensions."""
    generator = np.random.default_rng(seed)
    pairs, ten = generator.normal(size=(5, 40)) * 0.4, generator.normal(size=(10, 40)) * 0.2

    def draw(count):
        y = generator.integers(10, size=count)
        x = pairs[y // 2] + ten[y] + generator.normal(size=(count, 40))
        return x.astype("float32"), y

    return draw(1500), draw(1500), draw(3000)


def _topics(seed):
    """Texts of 20 words: ten topics, two and two of which share a part of their vocabulary."""
    generator = np.random.default_rng(seed)
    common = generator.dirichlet(np.full(300, 0.3))
    pairs, ten = (generator.dirichlet(np.full(300, 0.05), size=n) for n in (5, 10))

    def draw(count):
        y = generator.integers(10, size=count)
        shares = [0.6 * common + 0.25 * pairs[c // 2] + 0.15 * ten[c] for c in range(10)]
        return np.stack([generator.choice(300, size=20, p=shares[c]) for c in y]), y

    return draw(1500), draw(1500), draw(3000)


def _numbers(seed):
    """Two measurements of the same hidden quantities, from 20 noisy inputs; each is a task."""
    generator = np.random.default_rng(seed)
    hidden, outputs = generator.normal(size=(20, 12)) * 0.3, generator.normal(size=(12, 2))

    def draw(count):
        x = generator.normal(size=(count, 20))
        quantities = np.tanh(x @ hidden)
        y = (quantities * np.roll(quantities, 1, axis=1) + quantities) @ outputs
        return x.astype("float32"), y + generator.normal(size=(count, 2)) * 0.5

    same, new, tested = draw(1500), draw(1500), draw(3000)
    for title, first, second in (("a > b", 0, 1), ("b > a", 1, 0)):
        network = _learnt(_dense_trunk(20), same[0], same[1][:, first], 40, seed)
        rows = {"new": (new[0], new[1][:, second]), "same": (same[0], same[1][:, second])}
        test = (tested[0], tested[1][:, second])
        yield Pair(f"numbers: {title}", network, rows, test, "regression")


def _image_trunk(size):
    strides = 2 if size > 8 else 1
    return [
        keras.Input((size, size, 1)),
        layers.Conv2D(16, 3, strides=strides, activation="relu", name="conv1"),
        layers.Conv2D(32, 3, strides=2, activation="relu", name="conv2"),
        layers.Flatten(name="flatten"),
        layers.Dense(64, activation="relu", name="dense1"),
        layers.Dense(32, activation="relu", name="dense2"),
    ]


def _dense_trunk(width):
    return [
        keras.Input((width,)),
        layers.Dense(64, activation="relu", name="dense1"),
        layers.Dense(32, activation="relu", name="dense2"),
    ]


def _text_trunk():
    return [
        keras.Input((20,), dtype="int32"),
        layers.Embedding(300, 32, name="embedding"),
        layers.GlobalAveragePooling1D(name="average"),
        layers.Dense(32, activation="relu", name="dense1"),
        layers.Dense(16, activation="relu", name="dense2"),
    ]


def _learnt(trunk, x, y, epochs, seed):
    keras.utils.set_random_seed(seed)
    copies = [trunk[0], *(layer.from_config(layer.get_config()) for layer in trunk[1:])]
    if y.dtype.kind == "f":
        last, loss = [layers.Dense(1, name="number")], "mse"
    else:
        last = [layers.Dense(int(y.max()) + 1, name="logits"), layers.Softmax(name="output")]
        loss = "sparse_categorical_crossentropy"
    network = keras.Sequential([*copies, *last])
    network.compile("adam", loss)
    network.fit(x, y, epochs=epochs, batch_size=64, verbose=0)
    return network
