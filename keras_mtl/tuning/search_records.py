"""What trials of keras-tuner have come to: records of those that are compared, or an error."""

from __future__ import annotations

from collections.abc import Sequence

import keras_tuner

from keras_mtl.keras_private.filed_tuner import Trial
from keras_mtl.tuning.fold_training import fold_scores, standard_error
from keras_mtl.tuning.halving import COMPARED
from keras_mtl.tuning.search_files import COMPLETED, planned_trial
from keras_mtl.tuning.search_results import SearchTrial


def search_trials(trials: Sequence[Trial], layers: Sequence[str]) -> list[SearchTrial]:
    """Return a record for each trial that trained a model to be compared with others.

    Args:
        trials: All trials, in their order.
        layers: The depths that are searched.
    """
    compared = [trial for trial in trials if planned_trial(trial).phase in COMPARED]
    return [_record(trial, layers) for trial in compared]


def all_failed(trials: Sequence[Trial]) -> Exception:
    """Return the error of a search of which no trial trained a model."""
    messages = [trial.message for trial in trials if trial.message]
    last = (messages or ["unknown"])[-1].rstrip()
    return keras_tuner.errors.FatalRuntimeError(
        f"All trials failed. The last error: {last.splitlines()[-1]}\n"
        f"The next call of `search` runs them again. Traceback:\n{last}"
    )


def _record(trial: Trial, layers: Sequence[str]) -> SearchTrial:
    planned = planned_trial(trial)
    depth = layers.index(planned.cut) + 1
    score = float(trial.score) if trial.status == COMPLETED else None
    metrics = {name: trial.metrics.get_best_value(name) for name in trial.metrics.metrics}
    folds = fold_scores(metrics)
    spread = standard_error(folds) if folds else None
    done = (trial.trial_id, planned.phase, planned.cut, depth, planned.epochs)
    return SearchTrial(*done, score, spread, folds)
