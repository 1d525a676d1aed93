"""The depth that `probe_cuts(...).best` names against training a head on every depth (target: a
regret of at most 1 point on average and 4 at worst; points of accuracy, or of R² for numbers).

The pairs of tasks are those of `_task_pairs.py`, with labels for new objects and for objects that
the network has learnt. A head is solved by scikit-learn on standardised features (multinomial
logistic regression or ridge regression), its strength chosen by cross-validation; it is judged on
up to 3,000 other objects, which no probe can know. "the head, 20 folds" is the floor for any rule:
it takes the depth at which that very head does best on the labels given, in 20-fold
cross-validation (three times over where there are 50 labels).

Cases that are in the file of rows already are not measured again.

python benchmarks/depth_regret.py [number of seeds] [--rows depth_regret_output/rows.jsonl]
"""

import argparse
import json
import warnings
from collections import defaultdict
from pathlib import Path

import numpy as np
from _task_pairs import task_pairs
from keras_mtl.probing.standardising import standardise
from sklearn.linear_model import LogisticRegression, LogisticRegressionCV, RidgeCV
from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

from keras_mtl import Probe, Probes, probe_cuts
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.probing.candidates import find_candidates
from keras_mtl.probing.depth_features import DepthFeatures
from keras_mtl.probing.one_pass import split_features
from keras_mtl.probing.probe_table import errors_of_differences
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.probing.reduction import Reduction
from keras_mtl.probing.task_labels import probe_targets
from keras_mtl.scores.logme import logme

LABELS = (50, 200, 1000)
REPEATS = {50: 3, 200: 1, 1000: 0}
STRENGTHS = 10.0 ** np.arange(-4, 1)
PENALTIES = 10.0 ** np.arange(-2, 5)
FLOOR = 0.1


class Depths:
    """The features of a network's objects at all depths: whole for heads, narrow for probes."""

    def __init__(self, network):
        self.network = network
        self._kept = {}
        graph = Graph.of(network)
        self.candidates = find_candidates(graph, None)
        self.layers = [one.point.layer for one in self.candidates]
        tensors = [one.tensor for one in self.candidates]
        self._models = [
            DepthFeatures(
                graph,
                tensors,
                [Reduction(one.point.shape, "auto", width, 0) for one in self.candidates],
            )
            for width in (None, 256)
        ]

    def features(self, name, x, narrow=False):
        """Return those of all objects of a name; several second tasks share them."""
        if (name, narrow) not in self._kept:
            model = self._models[narrow]
            values = model.predict(x, batch_size=250, verbose=0)
            self._kept[name, narrow] = split_features(values, model.widths, self.layers)
        return self._kept[name, narrow]


def probes_of(depths, parts, targets):
    """Return what `probe_cuts` returns for these features."""
    scores = [PROBES.find("ridge").score(part, targets, folds=5, seed=0) for part in parts]
    errors = errors_of_differences(np.stack([score.gains for score in scores]))
    records = [
        Probe(i + 1, layer, None, (), 0, *score[:3])
        for i, (layer, score) in enumerate(zip(depths.layers, scores, strict=True))
    ]
    first = targets.shallow_first
    probes = Probes("", targets.metric, records, targets.chance, errors, shallow_first=first)
    return probes, scores


def head_score(features, y, tested, answers):
    """Return 100 times the accuracy or R² of a head on the test objects, and its strength."""
    mean, deviation = features.mean(axis=0), features.std(axis=0)
    if y.dtype.kind == "f":
        # A feature that hardly varies among few objects may vary a thousand times as much among
        # others: one such object decides about R², where it is one of many for an accuracy.
        deviation = np.maximum(deviation, FLOOR * np.sqrt((deviation**2).mean()))
    deviation[deviation == 0] = 1
    features, tested = (features - mean) / deviation, (tested - mean) / deviation
    if features.shape[1] > len(features):  # The same solution, in fewer dimensions.
        left, scales, right = np.linalg.svd(features, full_matrices=False)
        features, tested = left * scales, tested @ right.T
    if y.dtype.kind == "f":
        head = RidgeCV(PENALTIES).fit(features, y)
        return 100 * head.score(tested, answers), head.alpha_
    features, tested = features.astype("float32"), tested.astype("float32")
    head = LogisticRegressionCV(
        Cs=STRENGTHS, cv=3, scoring="neg_log_loss", tol=1e-3, max_iter=200
    ).fit(features, y)
    return 100 * (head.predict(tested) == answers).mean(), float(np.mean(head.C_))


def cross_validated(features, y, strength, repeats):
    """Return the mean accuracy or R² of the head in 20-fold cross-validation, and its log-loss."""
    features = standardise(features)
    if features.shape[1] > len(features):
        left, scales, _ = np.linalg.svd(features, full_matrices=False)
        features = left * scales
    if y.dtype.kind == "f":
        found = [
            cross_val_predict(
                RidgeCV([strength]), features, y, cv=KFold(20, shuffle=True, random_state=seed)
            )
            for seed in range(repeats)
        ]
        return [1 - ((one - y) ** 2).mean() / y.var() for one in found], None
    head = LogisticRegression(C=strength, tol=1e-3, max_iter=200)
    codes = np.unique(y, return_inverse=True)[1]
    splitter = StratifiedKFold if np.bincount(codes).max() >= 20 else KFold
    odds = [
        cross_val_predict(
            head,
            features.astype("float32"),
            codes,
            cv=splitter(20, shuffle=True, random_state=seed),
            method="predict_proba",
        )
        for seed in range(repeats)
    ]
    right = [float((one.argmax(axis=1) == codes).mean()) for one in odds]
    likelihood = [float(np.log(one[np.arange(len(y)), codes] + 1e-9).mean()) for one in odds]
    return right, likelihood


def cases_of(seed, known):
    """Yield a row for each case that is not known yet."""
    depths = None
    for pair in task_pairs(seed):
        if depths is None or depths.network is not pair.network:
            depths = Depths(pair.network)
        for where, (x, y) in pair.rows.items():
            counts = [
                count
                for count in LABELS
                if count <= len(y) and (seed, pair.name, where, count) not in known
            ]
            if not counts:
                continue
            tested, whole = depths.features("test", pair.test[0]), depths.features(where, x)
            narrow = depths.features(where, x, narrow=True)
            for count in counts:
                rows = pair.labelled(where, count, seed)
                labels = y[rows]
                targets = probe_targets(labels, count, pair.kind)
                parts = [part[rows] for part in whole]
                seen = parts if count <= 256 else [part[rows] for part in narrow]
                probes, scores = probes_of(depths, seen, targets)
                if count == 50 and not seed:
                    ours = probe_cuts(pair.network, x[rows], labels, kind=pair.kind, verbose=0)
                    assert ours.best.layer == probes.best.layer
                heads = [
                    head_score(part, labels, other, pair.test[1])
                    for part, other in zip(parts, tested, strict=True)
                ]
                folds = [
                    cross_validated(part, labels, strength, REPEATS[count])
                    for part, (_, strength) in zip(parts, heads, strict=True)
                ]
                gains = np.stack([score.gains for score in scores])
                yield {
                    "seed": seed,
                    "pair": pair.name,
                    "where": where,
                    "count": count,
                    "kind": pair.kind,
                    "chance": targets.chance,
                    "layers": depths.layers,
                    "widths": [part.shape[1] for part in parts],
                    "score": [one.score for one in probes],
                    "spread": [one.spread for one in probes],
                    "fit": [one.fit for one in probes],
                    "errors": errors_of_differences(gains).round(5).tolist(),
                    "logme": [logme(standardise(p), targets.columns, "regression") for p in seen],
                    "best": depths.layers.index(probes.best.layer),
                    "contenders": len(probes.contenders),
                    "head": [float(score) for score, _ in heads],
                    "strength": [float(strength) for _, strength in heads],
                    "folds": [np.round(right, 5).tolist() for right, _ in folds],
                    "likelihood": [likelihood for _, likelihood in folds],
                }


def key(row):
    return row["seed"], row["pair"], row["where"], row["count"]


def measured(path, seeds):
    """Return the rows of all cases, from the file as far as they are there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []
    known = set(map(key, rows))
    with path.open("a") as file:
        for seed in range(seeds):
            for row in cases_of(seed, known):
                rows.append(row)
                print(json.dumps(row), file=file, flush=True)
    return rows


RULES = {
    "best": lambda row: row["best"],
    "highest score": lambda row: int(np.argmax(row["score"])),
    "highest fit": lambda row: int(np.argmax(row["fit"])),
    "highest LogME": lambda row: int(np.argmax(row["logme"])),
    "the head, 20 folds": lambda row: int(np.argmax([np.mean(one) for one in row["folds"]])),
}


def regret(row, chosen):
    return max(row["head"]) - row["head"][chosen]


def report(rows):
    by_case = defaultdict(list)
    for row in rows:
        by_case[row["where"], row["count"]].append(row)
        if (lost := regret(row, row["best"])) > 4:
            shown = zip(row["layers"], row["head"], row["score"], row["fit"], strict=True)
            print(f"{key(row)}: {lost:.1f} points at `{row['layers'][row['best']]}`; ", end="")
            print(" ".join(f"{n} {h:.1f} ({100 * s:.0f}, {f:.2f})" for n, h, s, f in shown))
    for name, rule in RULES.items():
        folded = name == "the head, 20 folds"
        used = [row for row in rows if row["folds"][0] or not folded]
        lost = np.array([regret(row, rule(row)) for row in used])
        print(
            f"`{name}`, {len(lost)} cases: mean {lost.mean():.2f} points (target 1), worst "
            f"{lost.max():.1f} (target 4), {(lost > 4).sum()} above 4; by labels and objects: "
            + ", ".join(
                f"{count} {where} {np.mean(points):.2f} ({max(points):.1f})"
                for (where, count), group in sorted(by_case.items(), key=str)
                if (points := [regret(r, rule(r)) for r in group if r["folds"][0] or not folded])
            )
        )


if __name__ == "__main__":
    warnings.filterwarnings("ignore")
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="?", type=int, default=5)
    parser.add_argument("--rows", type=Path, default=Path("depth_regret_output/rows.jsonl"))
    given = parser.parse_args()
    report(measured(given.rows, given.seeds))
