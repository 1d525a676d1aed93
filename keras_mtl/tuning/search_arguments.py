"""Checks of what `CutTuner` and its `search` are given, before the first trial."""

from __future__ import annotations

import inspect
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from copy import deepcopy
from typing import Any

import keras
import keras_tuner

from keras_mtl.caching.fit_arguments import check_class_weight, checked_frequency
from keras_mtl.common.arguments import (
    fraction,
    one_of,
    whole_number_or_none,
)
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import KerasMtlError
from keras_mtl.heads.head import Head
from keras_mtl.training.settings import check_callbacks
from keras_mtl.tuning.hypermodel import CutHyperModel

CHIEF_AND_WORKERS = ("KERASTUNER_ORACLE_IP", "KERASTUNER_ORACLE_PORT", "KERASTUNER_TUNER_ID")
"""What makes a process one of several that keras-tuner itself connects."""


def check_objective(objective: Any, head: Head) -> None:
    """Refuse an objective that the training of the head never reports.

    Raises:
        FatalValueError: It is none of the head's metrics; near names are suggested.
    """
    name = getattr(objective, "name", objective)
    measured = ["loss", *(metric.name for metric in head.make_metrics())]
    known = [f"{prefix}{one}" for prefix in ("val_", "") for one in measured]
    if name not in known:
        raise keras_tuner.errors.FatalValueError(
            f"`objective` is one of {known}. Received: {name!r}.{did_you_mean(name, known)}"
        )


def check_hypermodel(hypermodel: Any) -> None:
    """Refuse a hypermodel whose depths cannot be ranked, or whose heads cannot be trained first.

    Raises:
        TypeError: It is no `CutHyperModel`.
        ValueError: It has no pooled features, or freezes no trunk.
    """
    if not isinstance(hypermodel, CutHyperModel):
        raise TypeError(
            "`CutTuner` searches a `CutHyperModel(model, head)`. Received: "
            f"`{type(hypermodel).__name__}`."
        )
    if hypermodel.head.pooling == "none":
        raise ValueError(
            '`CutTuner` ranks depths by pooled features. Received a head with `pooling="none"`: '
            "use another pooling, or another tuner."
        )
    if True not in hypermodel.freeze:
        raise ValueError(
            "`CutTuner` trains heads on static trunks before it fine-tunes any. Received a "
            "hypermodel with `freeze=[False]`: leave `freeze` out, or use another tuner."
        )


def check_processes(jobs: int | None, has_own_trials: bool = False) -> None:
    """Refuse processes of `joblib` where keras-tuner has processes of its own, and for own trials.

    Args:
        jobs: Number of processes; 0 or None for this one only.
        has_own_trials: Whether a subclass does trials in its own way.

    Raises:
        ValueError: The variables of keras-tuner's chief and workers are set.
        TypeError: A subclass has a `run_trial` of its own.
    """
    if not jobs:
        return
    if found := sorted(name for name in CHIEF_AND_WORKERS if os.environ.get(name)):
        raise ValueError(
            f"`n_jobs` starts processes of `joblib`, but `{found[0]}={os.environ[found[0]]}` makes "
            "this process one of keras-tuner's chief and workers: pass `n_jobs=1`, or delete the "
            f"variables {', '.join(CHIEF_AND_WORKERS)}."
        )
    if has_own_trials:
        raise TypeError(
            "With several jobs `CutTuner.run_trial` does trials in other processes, but this "
            "subclass has a `run_trial` of its own: pass `n_jobs=1`, or override "
            "`CutHyperModel.fit` instead."
        )


def check_fit_arguments(
    objective: str, shortest: int, fit_arguments: Mapping[str, Any], *, folded: bool = False
) -> None:
    """Refuse arguments of `search` that its trials cannot use, whatever the data are.

    Args:
        objective: The name of the objective.
        shortest: Number of epochs of the shortest trial.
        fit_arguments: The arguments.
        folded: Whether trials are compared by cross-validation.

    Raises:
        FatalValueError: `fit` has no such argument, it has a wrong value, `epochs` is given,
            `validation_data` and `validation_split` are both missing, or one of them is given
            beside a cross-validation.
    """
    _check_names(fit_arguments)
    with refused_by_keras_tuner():
        for name in ("batch_size", "steps_per_epoch", "validation_steps", "validation_batch_size"):
            whole_number_or_none(name, fit_arguments.get(name))
        fraction("validation_split", fit_arguments.get("validation_split", 0))
        one_of("verbose", fit_arguments.get("verbose", "auto"), ("auto", 0, 1, 2))
        check_class_weight(fit_arguments.get("class_weight"))
        _check_one_kind_of_weights(fit_arguments)
        copied_callbacks(fit_arguments.get("callbacks"))
        if objective.startswith("val_"):
            _check_validation_freq(fit_arguments.get("validation_freq", 1), shortest)
    _check_validation(objective, fit_arguments, folded)


@contextmanager
def refused_by_keras_tuner() -> Iterator[None]:
    """Raise errors as those that end a search of keras-tuner; others make a trial fail."""
    try:
        yield
    except keras_tuner.errors.FatalError:
        raise
    except (KerasMtlError, ValueError) as error:
        raise keras_tuner.errors.FatalValueError(str(error)) from error


def copied_callbacks(callbacks: Any) -> list[keras.callbacks.Callback]:
    """Return copies of callbacks for one trial, as callbacks keep state.

    Raises:
        FatalValueError: They are no callbacks, or cannot be copied.
    """
    given = keras.tree.flatten([] if callbacks is None else callbacks)  # `fit` takes one alone.
    with refused_by_keras_tuner():
        check_callbacks(given)
    try:
        return deepcopy(given)
    except Exception as error:  # The callbacks are the user's code.
        raise keras_tuner.errors.FatalValueError(
            f"`callbacks` are copied for each trial, which these cannot be: {error}"
        ) from error


def _check_names(fit_arguments: Mapping[str, Any]) -> None:
    known = inspect.signature(keras.Model.fit).parameters
    for name in fit_arguments:
        if name not in known:
            raise keras_tuner.errors.FatalValueError(
                f"`fit` has no argument {name!r}.{did_you_mean(name, known)}"
            )
    if "epochs" in fit_arguments:
        raise keras_tuner.errors.FatalValueError(
            "`epochs` is an argument of `CutTuner`, not of `search`: the number of epochs of the "
            "longest trials."
        )
    if fit_arguments.get("initial_epoch"):
        raise keras_tuner.errors.FatalValueError(
            "Each trial begins at its first epoch: leave `initial_epoch` out. Received: "
            f"{fit_arguments['initial_epoch']!r}."
        )


def _check_one_kind_of_weights(fit_arguments: Mapping[str, Any]) -> None:
    given = [fit_arguments.get(name) for name in ("class_weight", "sample_weight")]
    if all(weights is not None for weights in given):
        raise ValueError(
            "Keras takes `class_weight` or `sample_weight`, not both. Multiply each sample weight "
            "by the weight of its class, and pass `sample_weight` only."
        )


def _check_validation(objective: str, fit_arguments: Mapping[str, Any], folded: bool) -> None:
    given = ["validation_data"] if fit_arguments.get("validation_data") is not None else []
    given += ["validation_split"] if fit_arguments.get("validation_split") else []
    if folded and given:
        raise keras_tuner.errors.FatalValueError(
            f"`CutTuner(cv=...)` holds out each row once, so it takes no `{given[0]}`: leave it "
            "out, or leave `cv` out."
        )
    if objective.startswith("val_") and not (given or folded):
        raise keras_tuner.errors.FatalValueError(
            f"`objective={objective!r}` needs `validation_data` or `validation_split` in `search`, "
            "or `cv` in `CutTuner`."
        )


def _check_validation_freq(freq: Any, shortest: int) -> None:
    """Refuse a frequency at which a trial would end before its objective is measured."""
    epochs = checked_frequency(freq)
    if not isinstance(freq, int | list):  # What else `fit_cached` takes, `fit` does not.
        raise ValueError(
            f"`validation_freq` is a whole number or a list of them. Received: {freq!r}."
        )
    if (epochs if isinstance(epochs, int) else min(epochs)) > shortest:
        raise ValueError(
            f"The shortest trials have {shortest} epochs, so `validation_freq={freq!r}` leaves "
            "them without a score."
        )
