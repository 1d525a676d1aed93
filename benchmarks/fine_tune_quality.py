"""Test accuracy of `fine_tune` against the other ways to use a trained network, by number of labels
(targets: within 1 point of the best of all ways from 50 labels on, never more than 1 below the
frozen trunk; each default within 1 point of the best hand-set recipe of its way on average).

Two pairs of tasks on handwriting: which two digits (0 or 1, 2 or 3, ...) > which digit, and odd or
even > which digit. The network is a small convolutional one with BatchNormalization that has seen
15,000 images. Each way begins with the same network and sees the same labels. The grid of recipes:
the head first, 20 epochs at 1e-2 on static features, then all layers at 1e-4, 3e-4, 1e-3 or 3e-3
for 10 or 30 epochs, and for 30 epochs with rates that decay by .7 for each layer.

Each result is appended to a file at once, and those that are there are not measured again.

python benchmarks/fine_tune_quality.py [--pairs half parity] [--labels 10 50 ...] [--seeds 0 1 ...]
"""

import argparse
import json
import warnings
from collections import defaultdict
from itertools import product
from pathlib import Path

import keras
import numpy as np
from _handwriting import load
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import keras_mtl
from keras_mtl.datasets import nested_budget

FIRST_TASK, TESTED = 15_000, 4000
FIRST = {"half": lambda digit: digit // 2, "parity": lambda digit: digit % 2}
RATES = (1e-4, 3e-4, 1e-3, 3e-3)
GRID = [*product(RATES, (10, 30), (None,)), *product(RATES, (30,), (0.7,))]
layers = keras.layers


class Task:
    """The second task of a pair: a network that has learnt the first one, and images."""

    def __init__(self, pair, seed):
        data = load()
        self.seed = seed
        self.digits = data["train_digit"].astype(int)
        self.data = data["train_image"]
        order = np.random.default_rng(seed).permutation(len(self.digits))
        first, self.second = order[:FIRST_TASK], order[FIRST_TASK:]
        self.test = (
            data["test_image"][:TESTED, ..., None].astype("float32") / 255,
            data["test_digit"][:TESTED].astype(int),
        )
        labels = FIRST[pair](self.digits[first])
        keras.utils.set_random_seed(seed)
        self.network = network(int(labels.max()) + 1)
        self.network.compile("adam", "sparse_categorical_crossentropy")
        self.network.fit(self.images(first), labels, epochs=4, batch_size=64, verbose=0)

    def images(self, rows):
        return self.data[rows][..., None].astype("float32") / 255

    def labelled(self, count):
        rows = self.second[nested_budget(self.digits[self.second], count, self.seed)]
        return self.images(rows), self.digits[rows]

    def model(self, **options):
        keras.utils.set_random_seed(self.seed)
        return keras_mtl.transfer(self.network, cut=1, head=10, **options)

    def accuracy(self, model):
        found = model.predict(self.test[0], batch_size=500, verbose=0).argmax(1)
        return 100 * float((found == self.test[1]).mean())


def network(units):
    def block(filters, number):
        yield layers.Conv2D(filters, 3, 2, "same", use_bias=False, name=f"conv{number}")
        yield layers.BatchNormalization(name=f"norm{number}")
        yield layers.ReLU(name=f"relu{number}")

    blocks = [part for number, filters in enumerate((8, 16, 32)) for part in block(filters, number)]
    last = [
        layers.Flatten(name="flatten"),
        layers.Dropout(0.3, name="dropout"),
        layers.Dense(48, activation="relu", name="dense"),
        layers.Dense(units, activation="softmax", name="output"),
    ]
    return keras.Sequential([keras.Input((28, 28, 1)), *blocks, *last])


# The ways: each yields names and accuracies


def features(task, x, y):
    extractor = keras_mtl.FeatureExtractor(task.network, cut=1)
    neighbours = KNeighborsClassifier(min(5, len(y)))
    logistic = make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000))
    for name, estimator in (("kNN", neighbours), ("logistic", logistic)):
        fitted = make_pipeline(extractor, estimator).fit(x, y)
        yield name, 100 * float(fitted.score(*task.test))


def frozen(task, x, y):
    model = task.model()
    keras_mtl.fit_cached(model, x, y, verbose=0)
    yield "frozen", task.accuracy(model)


def fitted(task, x, y):
    model = task.model(freeze=False)
    model.fit(x, y, epochs=20, verbose=0)
    yield "fit", task.accuracy(model)


def tuned(task, x, y):
    model = task.model()
    keras_mtl.fine_tune(model, x, y, seed=task.seed, verbose=0)
    yield "fine_tune", task.accuracy(model)


def scratch(task, x, y):
    model = keras_mtl.from_scratch(task.model(freeze=False), seed=task.seed)
    model.fit(x, y, epochs=20, verbose=0)
    yield "scratch", task.accuracy(model)


def recipes(task, x, y):
    model = task.model()
    model.compile(keras.optimizers.Adam(1e-2), model.loss, metrics=model.head.make_metrics())
    keras_mtl.fit_cached(model, x, y, epochs=20, verbose=0)
    yield "recipe frozen 1e-2", task.accuracy(model)
    start = model.get_weights()
    keras_mtl.unfreeze(model)
    for decay in (None, 0.7):
        optimizer = keras.optimizers.Adam(1e-3)
        if decay:
            optimizer = keras_mtl.layerwise(optimizer, decay=decay)
        model.compile(optimizer, model.loss, steps_per_execution=8)
        model.optimizer.build(model.trainable_variables)
        slots = [keras.ops.convert_to_numpy(slot).copy() for slot in model.optimizer.variables]
        for rate, epochs, _ in (one for one in GRID if one[2] == decay):
            model.set_weights(start)
            for slot, value in zip(model.optimizer.variables, slots, strict=True):
                slot.assign(value)
            model.optimizer.learning_rate = rate
            keras.utils.set_random_seed(task.seed)
            model.fit(x, y, epochs=epochs, verbose=0)
            decayed = f" decay {decay}" if decay else ""
            yield f"recipe {rate:g} {epochs} epochs{decayed}", task.accuracy(model)


WAYS = (features, frozen, tuned, fitted, scratch, recipes)


def measure(arguments, rows):
    done = {(row["pair"], row["seed"], row["labels"], row["way"]) for row in rows}
    with arguments.results.open("a") as file:
        for seed, pair in product(arguments.seeds, arguments.pairs):
            task = None
            for count, way in product(arguments.labels, WAYS):
                key = (pair, seed, count, way.__name__)
                if key in done:
                    continue
                task = task or Task(pair, seed)
                x, y = task.labelled(count)
                for name, accuracy in (*way(task, x, y), (way.__name__, None)):
                    row = {"pair": pair, "seed": seed, "labels": count, "way": name}
                    rows.append({**row, "accuracy": accuracy})
                    print(json.dumps(rows[-1]), file=file, flush=True)
            keras.utils.clear_session()


def report(rows):
    by_case = defaultdict(dict)  # (pair, labels, seed) > way > accuracy
    for row in rows:
        if row["accuracy"] is not None:
            by_case[row["pair"], row["labels"], row["seed"]][row["way"]] = row["accuracy"]
    for pair in sorted({pair for pair, _, _ in by_case}):
        counts = sorted({labels for one, labels, _ in by_case if one == pair})
        print(f"\n{pair}: accuracy in %, mean and standard error\n{'labels':28}", end="")
        print("".join(f"{count:>12}" for count in counts))
        for way in dict.fromkeys(way for case in by_case.values() for way in case):
            cells = [
                [case[way] for key, case in by_case.items() if key[:2] == (pair, n) and way in case]
                for n in counts
            ]
            print(f"{way:28}" + "".join(map(cell, cells)))
    summary(by_case)


def cell(values):
    if not values:
        return f"{'-':>12}"
    spread = np.std(values, ddof=1) / len(values) ** 0.5 if len(values) > 1 else float("nan")
    return f"{np.mean(values):6.1f} ±{spread:4.1f}"


def summary(by_case):
    """How much defaults miss, over means of seeds, so that no draw of the best of many counts."""
    means = defaultdict(lambda: defaultdict(list))
    for (pair, labels, _), case in by_case.items():
        for way, accuracy in case.items():
            means[pair, labels][way].append(accuracy)
    frozen_misses, tuned_misses, misses, losses = [], [], [], []
    for (_, labels), case in means.items():
        case = {way: np.mean(values) for way, values in case.items()}
        recipes = [value for way, value in case.items() if way.startswith("recipe")]
        if "fine_tune" not in case or len(recipes) <= len(GRID):
            continue
        frozen_misses.append(max(case["logistic"], case["recipe frozen 1e-2"]) - case["frozen"])
        tuned_misses.append(max(recipes) - case["fine_tune"])
        losses.append(case["frozen"] - case["fine_tune"])
        if labels >= 50:
            misses.append(max(case.values()) - case["fine_tune"])
    print()
    for name, points in (("frozen", frozen_misses), ("fine_tune", tuned_misses)):
        print(f"`{name}` misses the best recipe of its way by {np.mean(points):.1f} on average")
    print(
        f"from 50 labels on `fine_tune` misses the best of all ways by {np.mean(misses):.1f} on "
        f"average, {max(misses):.1f} at worst (target 1); it loses at most {max(losses):.1f} to "
        "frozen (target 1)"
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pairs", nargs="+", default=list(FIRST), choices=list(FIRST))
    parser.add_argument("--labels", nargs="+", type=int, default=[10, 50, 200, 1000, 5000])
    parser.add_argument("--seeds", nargs="+", type=int, default=list(range(5)))
    parser.add_argument("--results", type=Path, default=Path("fine_tune_quality.jsonl"))
    arguments = parser.parse_args()
    known = arguments.results.read_text().splitlines() if arguments.results.exists() else []
    rows = [json.loads(line) for line in known]
    measure(arguments, rows)
    report(rows)


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=FutureWarning)
    main()
