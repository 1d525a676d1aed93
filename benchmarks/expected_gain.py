"""What twice the labels bring, against what a verdict expects from the labels before (targets:
nearer than no gain and than a straight line; 9 of 10 true gains within the range).

Learning curves of four classifiers of scikit-learn on eight tasks, five seeds, on the same test
rows. The number of labels doubles from 20 to 2,560, and each gain is held out in turn: a verdict
sees three counts at most, each twice the one before, or four times.

python benchmarks/expected_gain.py
"""

import warnings
from collections import defaultdict

import numpy as np
from sklearn.datasets import load_breast_cancer, load_digits, make_classification
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

from keras_mtl.common.tables import text_table
from keras_mtl.results.expected_gain import expected_gain
from keras_mtl.results.run import Run
from keras_mtl.results.run_groups import RunGroups

COUNTS = tuple(20 * 2**n for n in range(8))
SEEDS = range(5)
LEARNERS = {
    "neighbours": lambda: KNeighborsClassifier(1),
    "logistic": lambda: LogisticRegression(max_iter=200),
    "Bayes": lambda: GaussianNB(var_smoothing=1e-2),
    "network": lambda: MLPClassifier((32,), max_iter=150, solver="lbfgs", alpha=0.1),
}


def tasks():
    """Yield rows and labels of each task."""
    x, y = load_digits(return_X_y=True)
    yield x / 16, y
    yield x / 16, y % 2
    x, y = load_breast_cancer(return_X_y=True)
    yield StandardScaler().fit_transform(x), y
    for width, classes, apart in [
        (20, 5, 1),
        (40, 10, 0.7),
        (10, 2, 0.5),
        (60, 4, 1.5),
        (30, 3, 1),
    ]:
        yield make_classification(
            6000,
            width,
            n_informative=width // 2,
            n_classes=classes,
            class_sep=apart,
            flip_y=0.03,
            random_state=width,
        )


def curve(make, x, y):
    """Return the runs of a learner by number of labels."""
    order = np.random.default_rng(0).permutation(len(x))
    test, pool = order[: len(x) // 3], order[len(x) // 3 :]
    runs = defaultdict(list)
    for seed in SEEDS:
        drawn = np.random.default_rng(seed).permutation(pool)
        for count in [count for count in COUNTS if count <= len(pool)]:
            rows = drawn[:count]
            right = make().fit(x[rows], y[rows]).predict(x[test]) == y[test]
            gains = right.astype(np.float32)
            runs[count].append(
                Run("way", count, seed, None, float(gains.mean()), 1.0, 1, gains=gains)
            )
    return runs


def expectations(runs):
    """Yield each gain of a curve, and what is expected from the counts before by both ways."""
    means = {count: np.mean([run.score for run in of_count]) for count, of_count in runs.items()}
    counts = sorted(means)
    for place in range(2, len(counts) - 1):
        true = means[counts[place + 1]] - means[counts[place]]
        for step in (1, 2):
            seen = RunGroups(run for n in counts[place::-step] for run in runs[n])
            power, line = (expected_gain(seen, "way", top, None) for top in (1.0, None))
            if power is not None and line is not None:
                yield true, power, line


def main():
    warnings.simplefilter("ignore")  # Some networks stop before they have converged.
    found = [
        each
        for x, y in tasks()
        for make in LEARNERS.values()
        for each in expectations(curve(make, x, y))
    ]
    true = np.array([one[0] for one in found])
    powers, lines = ([one[place] for one in found] for place in (1, 2))
    ways = {
        "no gain": np.zeros(len(true)),
        "a straight line": np.array([one.mean for one in lines]),
        "a power of the labels (the verdict's)": np.array([one.mean for one in powers]),
    }
    rows = [
        [name, *(f"{100 * v:.2f}" for v in (np.abs(e - true).mean(), (e - true).mean()))]
        for name, e in ways.items()
    ]
    print(text_table(["expected", "mean error, points", "bias"], rows), "\n")
    clear = np.array([one.is_clear for one in powers])
    print(f"{len(true)} gains; {clear.mean():.2f} are expected beyond the noise, ", end="")
    print(f"and {(true[clear] <= 0).mean():.3f} of these are not there")
    within = [one.low <= gain <= one.high for one, gain in zip(powers, true, strict=True)]
    print(f"Within the range: {np.mean(within):.2f}")


if __name__ == "__main__":
    main()
