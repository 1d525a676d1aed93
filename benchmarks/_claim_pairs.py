"""Pairs of tasks for `claims.py`: a trained network, labels of a second task, and test rows."""

from collections.abc import Callable
from dataclasses import dataclass

import keras
import numpy as np
from _handwriting import load
from _task_pairs import _dense_trunk, _image_trunk, _near_centres, _text_trunk, _topics
from sklearn.datasets import load_digits


@dataclass
class Rows:
    """The rows of a pair, each as `(x, y)`.

    Attributes:
        first: Rows with labels of the first task, from which the network has learnt.
        pool: Rows with labels of the second task.
        test: Rows to judge on.
    """

    first: tuple
    pool: tuple
    test: tuple


@dataclass
class ClaimPair:
    """Two tasks on the same kind of objects.

    Attributes:
        rows: Draws the rows.
        trunk: Makes the layers of the network but for the last ones.
        epochs: For how long the network learns the first task.
        labels: Numbers of labels of the second task.
        cut: Where the network is cut.
    """

    rows: Callable[[], Rows]
    trunk: Callable[[], list]
    epochs: int
    labels: tuple[int, ...]
    cut: str = "auto"

    def train(self, rows):
        """Return the network, trained for the first task."""
        keras.utils.set_random_seed(0)
        x, y = rows.first
        last = keras.layers.Dense(int(y.max()) + 1, activation="softmax", name="class")
        network = keras.Sequential([*self.trunk(), last])
        network.compile("adam", "sparse_categorical_crossentropy")
        network.fit(x, y, epochs=self.epochs, batch_size=64, verbose=0)
        return network


def _handwriting(first, second):
    """From one label of 20,000 handwritten digits to another label of 5,000 others."""

    def rows():
        data = load()
        order = np.random.default_rng(0).permutation(len(data["train_image"]))[:25_000]
        parts = [("train", order[:20_000], first), ("train", order[20_000:], second)]
        return Rows(*(_images(data, *p) for p in [*parts, ("test", slice(0, 3000), second)]))

    return ClaimPair(rows, lambda: _image_trunk(28), 5, (10, 50, 200, 1000, 5000))


def _images(data, part, rows, task):
    x = data[f"{part}_image"][rows][..., None].astype("float32") / 255
    digit, series = (data[f"{part}_{name}"][rows].astype(int) for name in ("digit", "series"))
    labels = {
        "parity": digit % 2,
        "half": digit // 2,
        "digit": digit,
        "series": (series > 0).astype(int),
    }
    return x, labels[task]


def _small_digits(first, cut="auto"):
    """From one label of 600 digits of 8 x 8 pixels to the digit of 600 others."""

    def rows():
        x, digit = load_digits(return_X_y=True)
        x = x.reshape(-1, 8, 8, 1).astype("float32") / 16
        random = np.random.default_rng(1).integers(10, size=len(digit))
        labels = {"parity": digit % 2, "random": random}[first]
        order = np.random.default_rng(0).permutation(len(x))
        taught, pool, test = order[:600], order[600:1200], order[1200:]
        return Rows((x[taught], labels[taught]), (x[pool], digit[pool]), (x[test], digit[test]))

    epochs = {"parity": 40, "random": 150}[first]
    return ClaimPair(rows, lambda: _image_trunk(8), epochs, (10, 30, 100, 300, 600), cut)


def _drawn(draw, first=1, second=1):
    """From pairs of classes to classes, or from classes to pairs."""

    def rows():
        (x, y), (pool, of_pool), (test, of_test) = draw(0)
        return Rows((x, y // first), (pool, of_pool // second), (test, of_test // second))

    return rows


LABELS = (10, 30, 100, 400, 1500)
PAIRS = {
    "parity > digit": _handwriting("parity", "digit"),
    "half > digit": _handwriting("half", "digit"),
    "digit > series": _handwriting("digit", "series"),
    "8 px: parity > digit": _small_digits("parity"),
    "8 px: random > digit": _small_digits("random"),
    "8 px: random > digit, cut late": _small_digits("random", "dense2"),
    "text: pair > class": ClaimPair(_drawn(_topics, 2), _text_trunk, 40, LABELS),
    "text: class > pair": ClaimPair(_drawn(_topics, 1, 2), _text_trunk, 40, LABELS),
    "table: pair > class": ClaimPair(
        _drawn(_near_centres, 2), lambda: _dense_trunk(40), 40, LABELS
    ),
    "table: class > pair": ClaimPair(
        _drawn(_near_centres, 1, 2), lambda: _dense_trunk(40), 40, LABELS
    ),
}
