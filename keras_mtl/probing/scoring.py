"""How the features of one depth are scored: a function for each kind of probe."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np

from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.errors import InvalidLabels
from keras_mtl.probing.ridge import held_out_predictions
from keras_mtl.probing.standardising import standardise
from keras_mtl.probing.task_labels import TaskLabels
from keras_mtl.scores.h_score import h_score
from keras_mtl.scores.logme import logme
from keras_mtl.scores.spectrum import Floats

ProbeName = Literal["ridge", "logistic", "knn", "logme", "h_score"]


class Outcome(NamedTuple):
    """A score, how far it can be trusted, and what ranks depths better than it where there is."""

    score: float
    spread: float | None = None
    fit: float | None = None


@dataclass(frozen=True)
class ProbeMethod:
    """A way to score features.

    Attributes:
        name: What a user calls it.
        score: From features, labels, the number of folds and a seed.
        needs_folds: Whether it splits the samples into folds.
        kinds: The kinds of tasks that it can score.
        unit: What the score is called; None for the metric of the task.
    """

    name: ProbeName
    score: Callable[[Floats, TaskLabels, int, int], Outcome]
    needs_folds: bool = False
    kinds: tuple[str, ...] = ("classification", "multilabel", "regression")
    unit: str | None = None

    def check(self, labels: TaskLabels, folds: int) -> TaskLabels:
        """The labels, if they can be scored so.

        Raises:
            InvalidLabels: The kind of the task does not fit, or a class cannot fill the folds.
            ValueError: `folds` is no number of folds.
        """
        if labels.kind not in self.kinds:
            raise InvalidLabels(
                f"`probe={self.name!r}` scores {' and '.join(self.kinds)}; `y` is taken for "
                f'{labels.kind}. Use `probe="ridge"`, or pass `kind="classification"` if `y` holds '
                "classes."
            )
        if self.needs_folds:
            _check_folds(labels, folds)
        return labels


def _ridge(features: Floats, labels: TaskLabels, folds: int, seed: int) -> Outcome:
    predictions = held_out_predictions(features, labels.columns)
    return _outcome(labels.gains(predictions), labels.fit(predictions))


def _logistic(features: Floats, labels: TaskLabels, folds: int, seed: int) -> Outcome:
    from sklearn.linear_model import LogisticRegression

    estimator = LogisticRegression(max_iter=1000)
    return _cross_validated(estimator, features, labels, folds, seed)


def _knn(features: Floats, labels: TaskLabels, folds: int, seed: int) -> Outcome:
    from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

    largest = len(features) - -(-len(features) // folds)
    neighbours = min(5, largest)
    if labels.kind == "classification":
        estimator: Any = KNeighborsClassifier(neighbours)
    else:
        estimator = KNeighborsRegressor(neighbours)  # of 0 and 1: the share of yes
    return _cross_validated(estimator, features, labels, folds, seed)


def _logme(features: Floats, labels: TaskLabels, folds: int, seed: int) -> Outcome:
    if labels.kind == "classification":
        return Outcome(logme(features, labels.values, "classification"))
    return Outcome(logme(features, labels.values, "regression"))


def _h_score(features: Floats, labels: TaskLabels, folds: int, seed: int) -> Outcome:
    return Outcome(h_score(features, labels.values, shrinkage="auto"))


METHODS = (
    ProbeMethod("ridge", _ridge),
    ProbeMethod("logistic", _logistic, needs_folds=True, kinds=("classification",)),
    ProbeMethod("knn", _knn, needs_folds=True),
    ProbeMethod("logme", _logme, unit="LogME"),
    ProbeMethod("h_score", _h_score, kinds=("classification",), unit="H-score"),
)


def find_method(name: str) -> ProbeMethod:
    """The method of this name.

    Raises:
        ValueError: There is none; near names are suggested.
    """
    methods = {method.name: method for method in METHODS}
    if name in methods:
        return methods[name]
    hint = did_you_mean(name, methods)
    raise ValueError(f"`probe` is one of {tuple(methods)}. Received: {name!r}.{hint}")


def _check_folds(labels: TaskLabels, folds: int) -> None:
    """Refuse folds that some class cannot fill."""
    if isinstance(folds, bool) or not isinstance(folds, int) or folds < 2:
        raise ValueError(f"`folds` is a whole number, 2 at least. Received: {folds!r}.")
    if labels.smallest_class < folds:
        what = "smallest class" if labels.kind == "classification" else "data set"
        raise InvalidLabels(
            f"The {what} has {labels.smallest_class} samples, fewer than the {folds} folds. "
            'Pass a smaller `folds`, or `probe="ridge"`, which leaves out one sample at a time.'
        )


def _cross_validated(
    estimator: Any, features: Floats, labels: TaskLabels, folds: int, seed: int
) -> Outcome:
    from sklearn.model_selection import KFold, StratifiedKFold, cross_val_predict

    splitter = StratifiedKFold if labels.kind == "classification" else KFold
    predictions = cross_val_predict(
        estimator,
        standardise(features),
        labels.values,
        cv=splitter(folds, shuffle=True, random_state=seed),
    )
    if labels.kind == "classification":
        predictions = np.eye(labels.values.max() + 1)[predictions]
    return _outcome(labels.gains(predictions.reshape(labels.columns.shape)))


def _outcome(gains: Floats, fit: float | None = None) -> Outcome:
    error = float(gains.std(ddof=1) / np.sqrt(len(gains)))
    return Outcome(float(gains.mean()), error, fit)
