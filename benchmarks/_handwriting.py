"""Handwritten digits with few labels, and a network that has learnt to tell odd from even."""

import sys
from pathlib import Path

import keras
import numpy as np

from keras_mtl.datasets import nested_budget

PLACES = [folder / "shared/data/handwriting.npz" for folder in Path(__file__).parents[2:]]
PATH = next((path for path in PLACES if path.exists()), PLACES[0])
FIRST_TASK = 30_000  # images that are labelled odd or even


def load():
    if not PATH.exists():
        sys.exit(f"Skipped: {PATH} is missing.")
    return np.load(PATH)


class Handwriting:
    """The images of one seed: the first task's, and others that few are labelled of."""

    def __init__(self, seed):
        data = load()
        self.seed = seed
        self.images = data["train_image"][..., None].astype("float32") / 255
        self.digits = data["train_digit"].astype("int32")
        self.test = (
            data["test_image"][:3000, ..., None].astype("float32") / 255,
            data["test_digit"][:3000].astype("int32"),
        )
        order = np.random.default_rng(seed).permutation(len(self.images))
        self.first, self.second = order[:FIRST_TASK], order[FIRST_TASK:]

    def labelled(self, count):
        """As many images of the second task as there are labels, stratified."""
        rows = self.second[nested_budget(self.digits[self.second], count, self.seed)]
        return self.images[rows], self.digits[rows]

    def parity_network(self):
        keras.utils.set_random_seed(self.seed)
        layers = keras.layers
        network = keras.Sequential(
            [
                keras.Input((28, 28, 1)),
                layers.Conv2D(16, 3, padding="same", activation="relu", name="conv1"),
                layers.MaxPooling2D(name="pool1"),
                layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
                layers.MaxPooling2D(name="pool2"),
                layers.Conv2D(32, 3, padding="same", activation="relu", name="conv3"),
                layers.Flatten(name="flatten"),
                layers.Dropout(0.3, name="dropout"),
                layers.Dense(64, activation="relu", name="dense1"),
                layers.Dense(32, activation="relu", name="dense2"),
                layers.Dense(2, activation="softmax", name="parity"),
            ],
            name="parity_network",
        )
        network.compile("adam", "sparse_categorical_crossentropy")
        labels = self.digits[self.first] % 2
        network.fit(self.images[self.first], labels, epochs=3, batch_size=128, verbose=0)
        return network
