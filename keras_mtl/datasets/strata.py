"""Draws of rows that keep the proportions of labels."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from keras_mtl.datasets.budgets import nested_budget
from keras_mtl.datasets.task_labels import BINARY, CLASSIFICATION, TaskLabels


def drawn_rows(known: TaskLabels, budget: int, seed: int, task: str) -> np.ndarray:
    """Return the places of the rows that a budget of labels draws.

    Args:
        known: Labels, of which none is missing.
        budget: The number of rows.
        seed: Seed of the draw.
        task: The name of the task, for messages.

    Raises:
        TypeError: The budget is no whole number.
        ValueError: It is smaller than the number of classes, or larger than the number of rows; the
            message says how many rows each class has.
    """
    strata = _strata(known, gaps=False)
    try:
        return nested_budget(strata, budget, seed, name=f"labels[{task!r}]")
    except ValueError as error:
        raise ValueError(f"{error}{_counts(known)}") from error


def stratified_order(labels: Mapping[str, TaskLabels], seed: int) -> np.ndarray:
    """Return all places in an order each beginning of which has the proportions of the whole.

    Args:
        labels: By task the labels of the rows, of which some may be missing.
        seed: Seed of the draw.
    """
    _, combined = np.unique(strata_of(labels), axis=0, return_inverse=True)
    return nested_budget(combined.reshape(-1), len(combined), seed)


def strata_of(labels: Mapping[str, TaskLabels]) -> np.ndarray:
    """Return for each row and task a number from 0 on, other ones for each task.

    Rows of one number have the same class of that task, or none.

    Args:
        labels: By task the labels of the rows, of which some may be missing.

    Returns:
        Whole numbers of shape `(rows, tasks)`.
    """
    columns, used = [], 0
    for known in labels.values():
        found, codes = np.unique(_strata(known, gaps=True), return_inverse=True)
        columns.append(codes + used)
        used += len(found)
    return np.stack(columns, axis=1)


def _strata(known: TaskLabels, *, gaps: bool) -> np.ndarray:
    """Return a number for each row; rows of one number are alike."""
    classes = known.kind in (CLASSIFICATION, BINARY)
    codes = known.values.astype(np.int64) if classes else np.zeros(len(known.values), np.int64)
    return np.where(known.present, codes, -1) if gaps else codes


def _counts(known: TaskLabels) -> str:
    if known.kind not in (CLASSIFICATION, BINARY):
        return ""
    codes, counts = np.unique(known.values.astype(int), return_counts=True)
    named = {
        known.classes[code] if known.classes else str(code): int(count)
        for code, count in zip(codes.tolist(), counts.tolist(), strict=True)
    }
    return f" Labels by class: {named}."
