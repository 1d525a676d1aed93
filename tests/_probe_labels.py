"""Features, and labels of each sort that they explain in part."""

import numpy as np

from keras_mtl.heads.probe_targets import ClassTargets, NumberTargets, YesOrNoTargets

generator = np.random.default_rng(0)
FEATURES = generator.normal(size=(60, 7))
CODES = (FEATURES[:, 0] > 0).astype(int) + (FEATURES[:, 1] > 0.5)
TARGETS = {
    "classes": ClassTargets(CODES),
    "yes or no": YesOrNoTargets((FEATURES[:, :2] > 0).astype(float)),
    "numbers": NumberTargets(
        FEATURES @ generator.normal(size=(7, 2)) + generator.normal(size=(60, 2)) / 9
    ),
}


def score(probe, targets, folds=4, seed=3):
    probe.check(targets, folds)
    return probe.score(FEATURES, targets, folds=folds, seed=seed)
