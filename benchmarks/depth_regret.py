"""The depth that `probe_cuts(...).best` names against training a head on every depth (target: a
regret of at most 1 point on average and 4 at worst).

The pairs of tasks are those of `_task_pairs.py`, with labels for new objects and for objects that
the network has learnt. A head is a multinomial logistic regression on standardised features, its
strength chosen by cross-validation; it is judged on up to 3,000 other objects, which no probe can
know. The old output's probabilities, which are no depth by default, are listed for comparison.

python benchmarks/depth_regret.py [number of seeds]
"""

import argparse
import warnings
from collections import defaultdict

import numpy as np
from _task_pairs import task_pairs
from sklearn.linear_model import LogisticRegressionCV
from sklearn.preprocessing import StandardScaler

from keras_mtl import cut_points, probe_cuts
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.probing.candidates import find_candidates
from keras_mtl.probing.depth_features import DepthFeatures
from keras_mtl.probing.one_pass import split_features
from keras_mtl.probing.reduction import Reduction

LABELS = (50, 200, 1000)
STRENGTHS = 10.0 ** np.arange(-4, 1.5)
RULES = {
    "best": lambda probes: probes.best,
    "highest score": lambda probes: max(probes, key=lambda probe: probe.score),
    "highest fit": lambda probes: max(probes, key=lambda probe: probe.fit),
}


def head_accuracy(features, labels, tested, answers):
    scaler = StandardScaler().fit(features)
    features, tested = scaler.transform(features), scaler.transform(tested)
    if features.shape[1] > len(features):  # The same solution, in fewer dimensions.
        left, scales, right = np.linalg.svd(features, full_matrices=False)
        features, tested = left * scales, tested @ right.T
    head = LogisticRegressionCV(Cs=STRENGTHS, cv=3, scoring="neg_log_loss", tol=1e-3, max_iter=200)
    return 100 * (head.fit(features, labels).predict(tested) == answers).mean()


class Depths:
    """The features at all depths of a network, pooled as for a head."""

    def __init__(self, network):
        graph = Graph.of(network)
        found = find_candidates(graph, cut_points(network))
        reductions = [Reduction(one.point.shape, "auto", None, 0) for one in found]
        self.layers = [one.point.layer for one in found]
        self.model = DepthFeatures(graph, [one.tensor for one in found], reductions)

    def features(self, x):
        values = self.model.predict(x, batch_size=250, verbose=0)
        parts = split_features(values, self.model.widths, self.layers)
        return dict(zip(self.layers, parts, strict=True))


def cases(seed):
    """Yield a name, the probes of all depths and the accuracy of a head on each."""
    for pair in task_pairs(seed):
        depths = Depths(pair.network)
        tested = depths.features(pair.test[0])
        for where in pair.rows:
            for count in (count for count in LABELS if count <= len(pair.rows[where][1])):
                x, y = pair.labelled(where, count, seed)
                probes = probe_cuts(pair.network, x, y, cuts=cut_points(pair.network), verbose=0)
                reached = {
                    layer: head_accuracy(features, y, tested[layer], pair.test[1])
                    for layer, features in depths.features(x).items()
                }
                yield (pair.name, where, count), probes, reached


def main(seeds):
    regrets, by_case, outputs = defaultdict(list), defaultdict(list), []
    for seed in range(seeds):
        for (name, where, count), probes, reached in cases(seed):
            depths = probes[:-1]
            best = max(reached[probe.layer] for probe in depths)
            for rule, pick in RULES.items():
                regrets[rule].append(best - reached[pick(depths).layer])
            by_case[where, count].append(regrets["best"][-1])
            if probes.best.layer == "output":
                outputs.append(reached["output"] - best)
            print(
                f"{seed} {name}, {where}, {count}: `{depths.best.layer}` of "
                f"{len(depths.contenders)}, regret {regrets['best'][-1]:.1f}; "
                + " ".join(
                    f"{p.layer} {reached[p.layer]:.1f} ({100 * p.score:.0f}, {p.fit:.2f})"
                    for p in probes
                ),
                flush=True,
            )
    for (where, count), points in by_case.items():
        print(
            f"{where} objects, {count} labels: mean {np.mean(points):.2f}, worst {max(points):.1f}"
        )
    print(f"the output, had it been a depth, named in {len(outputs)}: {np.round(outputs, 1)}")
    for rule, points in regrets.items():
        print(
            f"regret of `{rule}` in {len(points)} cases: mean {np.mean(points):.2f} points "
            f"(target 1), worst {max(points):.1f} (target 4)"
        )


if __name__ == "__main__":
    warnings.filterwarnings("ignore", category=FutureWarning)
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("seeds", nargs="?", type=int, default=5)
    main(parser.parse_args().seeds)
