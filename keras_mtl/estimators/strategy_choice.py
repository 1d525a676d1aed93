"""The strategy that suits some labels best, by cross-validation."""

from __future__ import annotations

from typing import Any

import numpy as np

from keras_mtl.estimators.samples import LabelledSamples
from keras_mtl.estimators.strategies.known_strategies import STRATEGIES
from keras_mtl.estimators.strategies.strategy import Setting, Strategy

MANY = 1000
"""Samples from which on one fold is enough to tell the strategies apart."""


def choose_strategy(
    setting: Setting, data: LabelledSamples, folds: int
) -> tuple[str, dict[str, Any]]:
    """Score on the same folds all strategies that are worth it.

    Of equal scores the cheaper strategy wins. With many samples only one fold is left out, since
    each fold trains a network.

    Args:
        setting: What the strategies are given.
        data: The samples, which have two classes at least.
        folds: Number of folds.

    Returns:
        The name of the best strategy, and how all scored, as `cv_results_` of a grid search.
    """
    every = sorted(map(STRATEGIES.find, STRATEGIES.names), key=lambda strategy: strategy.cost)
    candidates = [one for one in every if one.is_worth_trying(setting, len(data.values))]
    parts = _folds(setting, data, folds, seed=setting.seed)
    data.samples.features(setting.vectors)  # Once for all folds.
    scores = np.array([[_score(one, setting, data, fold) for fold in parts] for one in candidates])
    if not parts:
        scores = np.full((len(candidates), 1), np.nan)
    best = int(scores.mean(axis=1).argmax()) if parts else 0
    return candidates[best].name, _results(candidates, scores)


def _folds(setting: Setting, data: LabelledSamples, folds: int, seed: int) -> list[np.ndarray]:
    """Return the rows of each fold; classes, or small and large numbers, are spread evenly.

    Folds without which only one class is left are left out.
    """
    many = len(data.values) >= MANY
    count = min(folds, len(data.values))
    order = np.random.default_rng(seed).permutation(len(data.values))
    keys = data.values.reshape(len(order), -1)[order, 0]
    spread = order[np.argsort(keys, kind="stable")]
    parts = [np.sort(spread[start::count]) for start in range(1 if many else count)]
    return [rows for rows in parts if setting.labels.is_enough(np.delete(data.values, rows, 0))]


def _score(strategy: Strategy, setting: Setting, data: LabelledSamples, fold: np.ndarray) -> float:
    """Return the score on a fold of what was learnt from the others."""
    others = np.delete(np.arange(len(data.values)), fold)
    fitted = strategy.fit(setting, data.take(others))
    left_out = data.take(fold)
    scale = data.values.std(axis=0)  # Of all samples: those of a fold may be equal.
    gains = setting.labels.gains(left_out.values, fitted.outputs(left_out.samples), scale)
    return float(np.average(gains, weights=left_out.weights))


def _results(candidates: list[Strategy], scores: np.ndarray) -> dict[str, Any]:
    means = scores.mean(axis=1)
    splits = {f"split{i}_test_score": column for i, column in enumerate(scores.T)}
    return {
        "param_strategy": [one.name for one in candidates],
        "params": [{"strategy": one.name} for one in candidates],
        **splits,
        "mean_test_score": means,
        "std_test_score": scores.std(axis=1),
        "rank_test_score": (means[:, None] < means).sum(axis=1) + 1,
    }
