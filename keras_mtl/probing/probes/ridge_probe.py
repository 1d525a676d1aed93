"""Ridge regression on all samples but one."""

from __future__ import annotations

from keras_mtl.heads.probe_targets import Floats, ProbeTargets
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.probing.probes.probe_method import ProbeMethod, ProbeScore
from keras_mtl.probing.ridge import held_out_predictions


@PROBES.register
class RidgeProbe(ProbeMethod):
    """Predicts each sample by a ridge regression on all others, in closed form."""

    name = "ridge"

    def score(
        self, features: Floats, targets: ProbeTargets, *, folds: int, seed: int
    ) -> ProbeScore:
        """Return the metric of the task and the fraction of the labels that is explained."""
        units = targets.units
        predictions = units * held_out_predictions(features, targets.columns / units)
        return ProbeScore.of_gains(targets.gains(predictions), targets.fit(predictions))
