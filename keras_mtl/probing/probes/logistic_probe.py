"""Logistic regression, cross-validated."""

from __future__ import annotations

from typing import Any

from keras_mtl.heads.probe_targets import ProbeTargets
from keras_mtl.probing.probes.cross_validated import CrossValidatedProbe
from keras_mtl.probing.probes.known_probes import PROBES


@PROBES.register
class LogisticProbe(CrossValidatedProbe):
    """Trains a logistic regression with scikit-learn's default penalty."""

    name = "logistic"
    needs_classes = True

    def make_estimator(self, targets: ProbeTargets, folds: int) -> Any:
        """Return a logistic regression."""
        from sklearn.linear_model import LogisticRegression

        return LogisticRegression(max_iter=1000)
