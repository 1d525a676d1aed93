"""From a network that tells odd from even to one that reads digits, with few labels.

Trains a small network on the parity of scikit-learn's digits, reuses it for the digits
themselves in every way, compares them with a network trained from scratch, saves the table as
a picture and exports the best model. Takes about a minute on two cores.
"""

import itertools
import os

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

from pathlib import Path

import keras
import numpy as np
from rich.progress import track
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

import keras_mtl
from keras_mtl.report.measured_scores import Score, summarise
from keras_mtl.report.scores_by_labels import plot_scores, score_table

LABEL_COUNTS = (20, 150, 1257)  # the last ones are all that there are
SEEDS = (0, 1, 2)
STEPS = 150
BATCH_SIZE = 32
CUT = "flatten"  # the last layer kept: the dense one after it knows too much of parity
OUTPUT = Path("quickstart_output")


def parity_network():
    """Train the auxiliary network: odd or even, with many labels."""
    keras.utils.set_random_seed(0)
    layers = keras.layers
    network = keras.Sequential(
        [
            keras.Input((8, 8, 1)),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv1"),
            layers.Conv2D(32, 3, padding="same", activation="relu", name="conv2"),
            layers.MaxPooling2D(name="pool"),
            layers.Flatten(name="flatten"),
            layers.Dropout(0.3, name="dropout"),
            layers.Dense(64, activation="relu", name="dense"),
            layers.Dense(2, activation="softmax", name="parity"),
        ],
        name="parity_network",
    )
    x, y = keras_mtl.datasets.digits(["parity"])["parity"]
    network.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    history = network.fit(x, y, epochs=10, batch_size=32, validation_split=0.2, verbose=0)
    print(f"Parity with {len(x)} labels: {history.history['val_accuracy'][-1]:.3f} of validation")
    return network


def fit(model, x, y, steps=STEPS):
    """Take a number of steps, however few labels there are: few are seen more often."""
    rows = np.random.randint(len(x), size=steps * BATCH_SIZE)
    model.fit(x[rows], y[rows], batch_size=BATCH_SIZE, verbose=0)
    return model


def features_and_neighbours(network, x, y):
    extractor = keras_mtl.FeatureExtractor(network, cut=CUT)
    return make_pipeline(extractor, KNeighborsClassifier(n_neighbors=1)).fit(x, y)


def frozen(network, x, y, steps=STEPS):
    model = keras_mtl.transfer(network, cut=CUT, freeze=True, head=10)
    model.optimizer.learning_rate = 1e-2  # a head alone takes larger steps than a whole network
    return fit(model, x, y, steps)


def fine_tuned(network, x, y):
    model = frozen(network, x, y, steps=STEPS // 2)
    keras_mtl.unfreeze(model)
    model.optimizer.learning_rate = 1e-3
    return fit(model, x, y, steps=STEPS // 2)


def from_scratch(network, x, y):
    return fit(keras_mtl.from_scratch(keras_mtl.transfer(network, cut=CUT, head=10)), x, y)


STRATEGIES = {
    "features + kNN": features_and_neighbours,
    "frozen": frozen,
    "fine-tuned": fine_tuned,
    "from scratch": from_scratch,
}


def train(strategy, network, labels, seed):
    """Train for the main task with few labels; return what predicts classes."""
    keras.utils.set_random_seed(seed)
    data = keras_mtl.datasets.digits(["digit"], labels={"digit": labels}, seed=seed)
    return STRATEGIES[strategy](network, *data["digit"])


def accuracy(model, x, y):
    if isinstance(model, keras.Model):
        predicted = model.predict(x, verbose=0).argmax(-1)
    else:
        predicted = model.predict(x)
    return float(np.mean(predicted == y))


def main():
    OUTPUT.mkdir(exist_ok=True)
    network = parity_network()
    print(keras_mtl.cut_points(network), end="\n\n")

    # The strategy to export is chosen on one half of the images held out, reported on the other.
    x, y = keras_mtl.datasets.digits(["digit"], split="test")["digit"]
    half = len(x) // 2
    chosen_by, reported = [], []
    models = {}
    runs = list(itertools.product(STRATEGIES, LABEL_COUNTS, SEEDS))
    for name, labels, seed in track(runs, "Training for the digits"):
        model = models[name, labels] = train(name, network, labels, seed)
        chosen_by.append(Score(name, labels, seed, accuracy(model, x[:half], y[:half])))
        reported.append(Score(name, labels, seed, accuracy(model, x[half:], y[half:])))

    print("\nAccuracy on images not used before, mean ± standard deviation over seeds")
    print(score_table(reported), end="\n\n")
    print("Picture:", plot_scores(reported, OUTPUT / "accuracy.png"))

    networks = [s for s in summarise(chosen_by) if s.strategy != "features + kNN"]
    best = max((s for s in networks if s.labels == LABEL_COUNTS[-1]), key=lambda s: s.mean)
    path = keras_mtl.export(
        models[best.strategy, best.labels], OUTPUT / "digits_model", overwrite=True
    )
    print(f"Exported: {path} ({best.strategy}, {best.labels} labels)")


if __name__ == "__main__":
    main()
