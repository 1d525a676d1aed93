"""From a network that tells odd from even to one that reads digits: which way, for how many labels?

Trains a small network on the parity of scikit-learn's digits, compares the ways to use it for the
digits themselves, says which one is the best, and writes a page and a picture. Takes about a
minute on two cores.
"""

import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pathlib import Path

import keras
from keras.layers import Conv2D, Dense, Dropout, Flatten, MaxPooling2D

import keras_mtl

OUTPUT = Path("quickstart_output")
OUTPUT.mkdir(exist_ok=True)

# The trained network: odd or even, from 1,257 images of digits.
train, test = keras_mtl.datasets.digits(), keras_mtl.datasets.digits(split="test")
keras.utils.set_random_seed(0)
convolutions = [Conv2D(32, 3, padding="same", activation="relu") for _ in range(2)]
others = [MaxPooling2D(), Flatten(), Dropout(0.3), Dense(64, activation="relu")]
network = keras.Sequential(
    [keras.Input((8, 8, 1)), *convolutions, *others, Dense(2, activation="softmax")],
    name="parity_network",
)
network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
network.fit(*train["parity"], epochs=10, verbose=0)
print("Odd or even:", network.evaluate(*test["parity"], verbose=0, return_dict=True))

# The new task: which digit, with 20, 100 and 400 labels.
comparison = keras_mtl.compare(
    network, *train["digit"], test=test["digit"], labels=[20, 100, 400], seeds=5
)
print(comparison)
print(comparison.verdict())
print("Picture:", comparison.plot(OUTPUT / "accuracy.png"))
print("Page:", comparison.report(OUTPUT / "report.html"))
