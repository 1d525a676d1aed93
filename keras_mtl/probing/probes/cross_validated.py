"""Probes that train an estimator of scikit-learn on each fold."""

from __future__ import annotations

from abc import abstractmethod
from typing import Any

from keras_mtl.common.arguments import whole_number
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.probe_targets import Floats, ProbeTargets
from keras_mtl.linear.standardisation import Standardisation
from keras_mtl.probing.probes.probe_method import ProbeMethod, ProbeScore


class CrossValidatedProbe(ProbeMethod):
    """Predicts the samples of each fold by an estimator that is fitted to the other folds."""

    @abstractmethod
    def make_estimator(self, targets: ProbeTargets, folds: int) -> Any:
        """Return a new estimator for standardised features."""

    def check(self, targets: ProbeTargets, folds: int) -> None:
        """Refuse labels of which some class cannot fill the folds, too."""
        super().check(targets, folds)
        whole_number("folds", folds, least=2)
        if targets.smallest_class < folds:
            what = "smallest class" if targets.are_classes else "data set"
            raise InvalidLabels(
                f"The {what} has {targets.smallest_class} samples, fewer than the {folds} folds. "
                'Pass a smaller `folds`, or `probe="ridge"`, which leaves out one sample at a time.'
            )

    def score(
        self, features: Floats, targets: ProbeTargets, *, folds: int, seed: int
    ) -> ProbeScore:
        """Return the metric of the task over all folds."""
        from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

        splitter = StratifiedKFold if targets.are_classes else KFold
        predictions = cross_val_predict(
            self.make_estimator(targets, folds),
            Standardisation.of(features).apply(features),
            targets.values,
            cv=splitter(folds, shuffle=True, random_state=seed),
        )
        return ProbeScore.of_gains(targets.gains(targets.as_columns(predictions)))
