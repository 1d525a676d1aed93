"""LogME of the features and the labels."""

from __future__ import annotations

import numpy as np

from keras_mtl.heads.probe_targets import Floats, ProbeTargets
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.probing.probes.probe_method import ProbeMethod, ProbeScore
from keras_mtl.scores.logme import logme


@PROBES.register
class LogmeProbe(ProbeMethod):
    """Scores by `keras_mtl.scores.logme`."""

    name = "logme"
    unit = "LogME"

    def score(
        self, features: Floats, targets: ProbeTargets, *, folds: int, seed: int
    ) -> ProbeScore:
        """Return the mean evidence over the columns that vary; those of classes are one-hot."""
        columns = targets.columns
        varying = columns[:, np.ptp(columns, axis=0) > 0]
        return ProbeScore(logme(features, varying, "regression"))
