"""H-score of the features and the classes."""

from __future__ import annotations

from keras_mtl.heads.probe_targets import Floats, ProbeTargets
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.probing.probes.probe_method import ProbeMethod, ProbeScore
from keras_mtl.scores.h_score import h_score


@PROBES.register
class HScoreProbe(ProbeMethod):
    """Scores by `keras_mtl.scores.h_score` with shrinkage."""

    name = "h_score"
    needs_classes = True
    unit = "H-score"

    def score(
        self, features: Floats, targets: ProbeTargets, *, folds: int, seed: int
    ) -> ProbeScore:
        """Return the H-score."""
        return ProbeScore(h_score(features, targets.values, shrinkage="auto"))
