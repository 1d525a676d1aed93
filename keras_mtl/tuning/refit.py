"""The training on all rows of what did best in cross-validation."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import keras
import keras_tuner

from keras_mtl.batches.values import as_tensors
from keras_mtl.keras_private.filed_tuner import Trial
from keras_mtl.tuning.attempts import Attempt
from keras_mtl.tuning.checkpoints import load_weights, save_checksum, save_weights
from keras_mtl.tuning.fold_training import EPOCHS
from keras_mtl.tuning.hypermodel import CutHyperModel
from keras_mtl.tuning.search_arguments import copied_callbacks
from keras_mtl.tuning.search_files import COMPLETED, planned_trial

VALIDATION = ("validation_freq", "validation_steps", "validation_batch_size")


def train_on_all_rows(
    hypermodel: CutHyperModel,
    build: Callable[[Trial], keras.Model],
    stages: Sequence[Trial],
    path: Path,
    attempt: Attempt,
    *,
    seed: int,
    x: Any,
    y: Any,
    fit_arguments: Mapping[str, Any],
) -> None:
    """Train as trials did, one from the weights of the other, each for its best epochs.

    Args:
        hypermodel: The hypermodel of the search.
        build: A function that returns the model of a trial.
        stages: The trials, a frozen one first.
        path: Where the weights are saved.
        attempt: The attempt at this trial.
        seed: Seed of each training.
        x: All inputs.
        y: All labels.
        fit_arguments: The other arguments of `search`. Callbacks that monitor a validation metric
            are left out, as there is none.
    """
    arguments = {name: v for name, v in fit_arguments.items() if name not in VALIDATION}
    for number, stage in enumerate(stages):
        keras.utils.set_random_seed(seed)
        model = build(stage)
        if number:
            load_weights(model, path)
        arguments["epochs"] = int(stage.metrics.get_best_value(EPOCHS))
        arguments["callbacks"] = _without_validation(fit_arguments.get("callbacks"))
        hypermodel.fit(stage.hyperparameters, model, as_tensors(x), y, **arguments)
        save_weights(model, path, attempt)
        save_checksum(path, attempt)


def stages_of(trials: Sequence[Trial], trial_id: str) -> list[Trial]:
    """Return a trial and those whose weights it has started from, the first one first."""
    (trial,) = (one for one in trials if one.trial_id == trial_id)
    start = planned_trial(trial).start
    return [*(stages_of(trials, start) if start else []), trial]


def refit_of(trials: Sequence[Trial], trial_id: str) -> str:
    """Return the identifier of the trial that trained the model of another one on all rows.

    Raises:
        FatalValueError: There is none.
    """
    for trial in trials:
        planned = planned_trial(trial)
        if (planned.phase, planned.start) == ("refit", trial_id) and trial.status == COMPLETED:
            return trial.trial_id
    raise keras_tuner.errors.FatalValueError(
        f"The model of trial {trial_id} is not trained on all rows. Call `search` again, which "
        "resumes; if that training failed, delete its folder before."
    )


def _without_validation(callbacks: Any) -> list[keras.callbacks.Callback]:
    copies = copied_callbacks(callbacks)
    # Those of Keras that watch a metric name it so.
    return [one for one in copies if not str(getattr(one, "monitor", "")).startswith("val_")]
