"""The rows that are labelled in each run: nested, stratified, the same for all strategies."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keras_mtl.comparing.planned_run import Rows
from keras_mtl.datasets.budgets import nested_budget

FOLDS = 5
"""Folds of the cross-validation if there are no test rows."""


class Draw(NamedTuple):
    """Rows to train on, and rows to judge on.

    Attributes:
        rows: Rows to train on, in the order of the draw.
        judged: Rows to judge on; None for the test rows.
    """

    rows: Rows
    judged: Rows | None


def draw(strata: np.ndarray, labels: int, seed: int, folds: int | None) -> list[Draw]:
    """Return the rows of a run, one draw for each fold.

    With the same seed, a larger number of labels only adds rows.

    Args:
        strata: A whole number for each row, of which each draw holds its share.
        labels: Number of rows to train on.
        seed: Seed of the draw and of the folds.
        folds: Number of folds of a cross-validation; None if there are test rows.
    """
    if folds is None:
        return [Draw(nested_budget(strata, labels, seed), None)]
    every = np.arange(len(strata))
    draws = []
    for judged in folded(strata, folds, seed):
        others = np.delete(every, judged)
        draws.append(Draw(others[nested_budget(strata[others], labels, seed)], judged))
    return draws


def folded(strata: np.ndarray, folds: int, seed: int) -> list[Rows]:
    """Return the rows of each fold, among which each stratum is shared out evenly."""
    shuffled = np.random.default_rng(seed).permutation(len(strata))
    in_order = shuffled[np.argsort(strata[shuffled], kind="stable")]
    return [np.sort(in_order[start::folds]) for start in range(folds)]


def most_labels(samples: int, folds: int | None) -> int:
    """Return the largest number of labels that each training can have."""
    return samples if folds is None else samples - -(-samples // folds)
