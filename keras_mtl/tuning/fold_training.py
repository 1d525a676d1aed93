"""The training of one trial on each fold in turn, which resumes at the fold where it was killed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from math import isfinite
from pathlib import Path
from typing import Any

import keras
import keras_tuner
import numpy as np

from keras_mtl.batches.values import as_tensors
from keras_mtl.caching.row_features import ArrayRows, RowFeatures
from keras_mtl.caching.storage.feature_cache import make_cache
from keras_mtl.keras_private.compiled import build_compiled
from keras_mtl.tuning.attempts import Attempt
from keras_mtl.tuning.checkpoints import (
    SavedBestEpoch,
    checksum_file,
    is_whole,
    load_weights,
    save_checksum,
)
from keras_mtl.tuning.folds import Fold
from keras_mtl.tuning.hypermodel import CutHyperModel
from keras_mtl.tuning.search_arguments import copied_callbacks
from keras_mtl.tuning.search_files import read_state

Curve = dict[int, float]
"""The objective after each epoch in which it was measured."""
FOLD = "fold"
"""Prefix of the names of the metrics of a trial that are the scores of its folds."""
EPOCHS = "epochs"
"""The metric of a trial that is the number of epochs after which the folds do best."""


def fold_file(number: int) -> str:
    """Return the name of the file with the weights of a fold."""
    return f"fold_{number}.weights.h5"


class SavedFold(SavedBestEpoch):
    """Saves the weights of the best epoch of a fold, and the objective after each epoch.

    The record is written last, so a fold that has one has ended.
    """

    def __init__(self, path: Path, objective: keras_tuner.Objective, attempt: Attempt) -> None:
        super().__init__(path, objective, attempt)
        self.curve: Curve = {}

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Note the objective, and save the weights if the epoch is the best one so far."""
        value = (logs or {}).get(self.objective.name)
        if value is not None:
            self.curve[epoch] = float(value)
        super().on_epoch_end(epoch, logs)

    def on_train_end(self, logs: Any = None) -> None:
        """Save the record."""
        if any(map(isfinite, self.curve.values())):
            curve = [[epoch, value] for epoch, value in self.curve.items() if isfinite(value)]
            save_checksum(self.filepath, self.attempt, curve=curve)


def curve_of_fold(path: Path) -> Curve | None:
    """Return what an earlier process has measured on a fold; None if it did not end."""
    if not is_whole(path):
        return None
    return {int(epoch): value for epoch, value in read_state(checksum_file(path))["curve"]}


def fold_metrics(curves: Sequence[Curve], objective: keras_tuner.Objective) -> dict[str, float]:
    """Return what a trial reports: the mean over the folds in its best epoch, the same for all.

    The best epochs of the folds one by one would promise more than a training on all rows, which
    has no validation rows to find its best epoch by, can keep. A fold that was stopped early
    counts with its last value in the epochs that it did not train.

    Raises:
        FailedTrialError: In no epoch all folds have a score.
    """
    best: tuple[int, list[float]] | None = None
    for epoch in sorted({epoch for curve in curves for epoch in curve}):
        scores = [_at(curve, epoch) for curve in curves]
        if not np.isfinite(scores).all():
            continue
        if best is None or objective.better_than(np.mean(scores), np.mean(best[1])):
            best = (epoch, scores)
    if best is None:
        raise keras_tuner.errors.FailedTrialError(
            f"`{objective.name}` is not finite in any epoch of some fold."
        )
    epoch, scores = best
    folds = {f"{FOLD}/{number:05}": score for number, score in enumerate(scores)}
    return {objective.name: float(np.mean(scores)), EPOCHS: epoch + 1, **folds}


def fold_scores(metrics: Mapping[str, float]) -> tuple[float, ...]:
    """Return the scores of the folds from the metrics of a trial; empty if it had none."""
    return tuple(metrics[name] for name in sorted(metrics) if name.startswith(f"{FOLD}/"))


def standard_error(scores: Sequence[float]) -> float:
    """Return the standard error of the mean over the folds."""
    return float(np.std(scores, ddof=1) / np.sqrt(len(scores)))


class FoldTraining:
    """Trains the models of trials on each fold.

    Args:
        hypermodel: The hypermodel of the search.
        objective: The objective of the search.
        data: All rows.
        folds: The folds.
        seed: Seed of each training.
    """

    def __init__(
        self,
        hypermodel: CutHyperModel,
        objective: keras_tuner.Objective,
        data: ArrayRows,
        folds: Sequence[Fold],
        seed: int,
    ) -> None:
        self._hypermodel = hypermodel
        self.objective = objective
        self._data = data
        self._folds = folds
        self._seed = seed

    def run(
        self, hp: Any, model: keras.Model, attempt: Attempt, start: Path | None, **arguments: Any
    ) -> dict[str, float]:
        """Train a model on each fold, from the same values, and return what the trial reports.

        Args:
            hp: The hyperparameters of the trial.
            model: The model.
            attempt: The attempt at the trial.
            start: The folder of the trial whose weights it starts from, fold by fold.
            arguments: Those of `fit` that go with any rows.
        """
        first = self._data.take(np.arange(1))
        state = ModelState(model, first.as_fitted())
        curves = []
        with self._fitting(hp, model, arguments) as fit:
            for number, fold in enumerate(self._folds):
                path = attempt.folder / fold_file(number)
                curve = curve_of_fold(path)
                if curve is None:
                    state.restore(start and start / fold_file(number))
                    saved = SavedFold(path, self.objective, attempt)
                    callbacks = [*copied_callbacks(arguments.get("callbacks")), saved]
                    fit(fold, callbacks)
                    curve = saved.curve
                curves.append(curve)
        return fold_metrics(curves, self.objective)

    @contextmanager
    def _fitting(
        self, hp: Any, model: keras.Model, arguments: dict[str, Any]
    ) -> Iterator[Callable[[Fold, list[Any]], Any]]:
        """Give a function that trains the model on a fold; a static trunk runs once for all."""
        if not self._hypermodel.trains_on_features(model):
            yield lambda fold, callbacks: self._fit(
                hp, model, fold, {**arguments, "callbacks": callbacks}
            )
            return
        read = {name: arguments[name] for name in ("batch_size", "verbose") if name in arguments}
        rest = {name: value for name, value in arguments.items() if name not in read}
        with closing(make_cache("auto")) as cache:
            features = RowFeatures(model, self._data, cache, **read)
            yield lambda fold, callbacks: self._fit_features(
                features, fold, {**rest, "callbacks": callbacks}
            )

    def _fit_features(self, features: RowFeatures, fold: Fold, arguments: dict[str, Any]) -> Any:
        features.compute()  # Before the seed is set, as on torch a pass draws from it.
        keras.utils.set_random_seed(self._seed)
        return features.fit(*fold, **arguments)

    def _fit(self, hp: Any, model: keras.Model, fold: Fold, arguments: dict[str, Any]) -> Any:
        training, held_out = map(self._data.take, fold)
        # For each fold, so that its result does not depend on those before.
        keras.utils.set_random_seed(self._seed)
        return self._hypermodel.fit(
            hp,
            model,
            as_tensors(training.x),
            training.y,
            sample_weight=training.sample_weight,
            validation_data=held_out.as_fitted(),
            **arguments,
        )


class ModelState:
    """The variables of a compiled model that was not trained yet, to train it from them again.

    Args:
        model: The model. Its compiled steps stay, which a new model would have to compile anew.
        batch: A batch of a row at least, as `fit` sees it.
    """

    def __init__(self, model: keras.Model, batch: tuple[Any, ...]) -> None:
        self._model = model
        build_compiled(model, batch)
        self._optimizer = _values(model.optimizer.variables)
        self._values = _values(model.variables)

    def restore(self, weights: Path | None = None) -> None:
        """Put the values back, and the weights of a file in their place if there is one."""
        _assign(self._values)
        if weights is not None:
            load_weights(self._model, weights)
        _assign(self._optimizer)  # The file holds those of another training.


Values = list[tuple[keras.Variable, np.ndarray]]


def _values(variables: Sequence[keras.Variable]) -> Values:
    return [(one, np.array(keras.ops.convert_to_numpy(one))) for one in variables]


def _assign(values: Values) -> None:
    for variable, value in values:
        variable.assign(value)


def _at(curve: Curve, epoch: int) -> float:
    """Return the objective in an epoch, or in the last one before it that was measured."""
    measured = [one for one in curve if one <= epoch]
    return curve[max(measured)] if measured else float("nan")
