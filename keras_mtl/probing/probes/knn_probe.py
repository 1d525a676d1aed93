"""Nearest neighbours, cross-validated."""

from __future__ import annotations

from typing import Any

from keras_mtl.heads.probe_targets import ProbeTargets
from keras_mtl.probing.probes.cross_validated import CrossValidatedProbe
from keras_mtl.probing.probes.known_probes import PROBES

NEIGHBOURS = 5


@PROBES.register
class KnnProbe(CrossValidatedProbe):
    """Takes the majority, or the mean, of the labels of the 5 nearest samples."""

    name = "knn"

    def make_estimator(self, targets: ProbeTargets, folds: int) -> Any:
        """Return an estimator with as many neighbours as the other folds have at least."""
        from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

        samples = len(targets.values)
        neighbours = min(NEIGHBOURS, samples - -(-samples // folds))
        # The regressor's mean over labels of 0 and 1 is the share of 1.
        estimator = KNeighborsClassifier if targets.are_classes else KNeighborsRegressor
        return estimator(neighbours)
