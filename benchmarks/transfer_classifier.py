"""What `strategy="auto"` of `TransferClassifier` costs and gains, against each strategy alone and
against what scikit-learn does with the features of the last layer.

Handwriting, two pairs of tasks (odd or even > which digit, which digit > which series of writers),
new objects. Accuracy on 2,000 other images. The last line is the mean loss in points of "auto"
against the better of its strategies (target: at most 1), and its time as a multiple of theirs.

python benchmarks/transfer_classifier.py [number of seeds]
"""

import argparse
import warnings
from collections import defaultdict
from time import perf_counter

import numpy as np
from _task_pairs import task_pairs
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from keras_mtl import FeatureExtractor, TransferClassifier, probe_cuts

PAIRS = ("parity > digit", "digit > series")
LABELS = (50, 200, 1000)
STRATEGIES = ("frozen", "fine_tune", "auto")


def best_features(network, x, y):
    cut = probe_cuts(network, x, y, verbose=0).best.layer
    return FeatureExtractor(network, cut, batch_size=256), StandardScaler()


WAYS = {
    **{
        name: lambda network, x, y, name=name: TransferClassifier(
            network, strategy=name, random_state=0
        )
        for name in STRATEGIES
    },
    "logistic, last layer": lambda network, x, y: make_pipeline(
        FeatureExtractor(network), StandardScaler(), LogisticRegression(max_iter=1000)
    ),
    "neighbours, best depth": lambda network, x, y: make_pipeline(
        *best_features(network, x, y), KNeighborsClassifier(5)
    ),
}


def pairs(seed):
    left = set(PAIRS)
    for pair in task_pairs(seed):
        if pair.name in left:
            left.remove(pair.name)
            yield pair
        if not left:
            return


def measured(way, network, x, y, test):
    start = perf_counter()
    fitted = WAYS[way](network, x, y).fit(x, y)
    return 100 * fitted.score(*test), perf_counter() - start, getattr(fitted, "strategy_", "")


def main(seeds):
    points, seconds = defaultdict(list), defaultdict(list)
    for seed in range(seeds):
        for pair in pairs(seed):
            for count in LABELS:
                x, y = pair.labelled("new", count, seed)
                results = {way: measured(way, pair.network, x, y, pair.test) for way in WAYS}
                for way, (score, time, _) in results.items():
                    points[pair.name, count, way].append(score)
                    seconds[count, way].append(time)
                chosen = results["auto"][2]
                shown = ", ".join(f"{way} {r[0]:.1f} ({r[1]:.1f} s)" for way, r in results.items())
                print(f"{seed} {pair.name}, {count} labels: {shown}; auto: {chosen}", flush=True)
    for (pair, count, way), values in points.items():
        print(f"{pair}, {count} labels, {way}: {np.mean(values):.1f}")
    losses, times = [], []
    for pair in PAIRS:
        for count in LABELS:
            by_way = {way: np.array(points[pair, count, way]) for way in STRATEGIES}
            losses += list(np.maximum(by_way["frozen"], by_way["fine_tune"]) - by_way["auto"])
    for count in LABELS:
        by_way = {way: np.array(seconds[count, way]) for way in STRATEGIES}
        times.append(np.median(by_way["auto"] / (by_way["frozen"] + by_way["fine_tune"])))
        print(f"{count} labels: seconds of auto / of both strategies once: {times[-1]:.1f}")
    print(
        f"auto below the better strategy, {len(losses)} cases: mean {np.mean(losses):.2f} points "
        f"(target 1), worst {max(losses):.1f}; seconds / those of both: {np.median(times):.1f}"
    )


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=FutureWarning)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="?", type=int, default=2)
    main(parser.parse_args().seeds)
