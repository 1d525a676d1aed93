"""A linear model on features, solved: standardisation, strength of the penalty, minimum."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple

import numpy as np

from keras_mtl.common.blas_threads import one_blas_thread
from keras_mtl.linear.axes import principal_axes
from keras_mtl.linear.folds import stratified_folds
from keras_mtl.linear.losses import Columns, OutputLoss
from keras_mtl.linear.minimum import Linear, Rows, minimum
from keras_mtl.linear.standardisation import Standardisation
from keras_mtl.linear.strengths import Split, best_strengths
from keras_mtl.scores.spectrum import Floats

FOLDS = 5
MOST_COMPARED = 1000
"""Samples on which strengths are compared at most; with more of them the strength matters less."""
MOST_AXES = 512
"""Samples or features up to which the principal axes take less time than they save."""
LARGE = 2**22
"""Numbers in the features beyond which they are kept in single precision, and threads pay."""
TOLERANCE = 1e-5


class Solution(NamedTuple):
    """A solved linear model.

    Attributes:
        model: The model on the features as they were given.
        strengths: The L2 penalty of each column, of the sum of the losses (weights of mean 1), on
            standardised features and, for squared errors, standardised targets; 0 for columns
            that do not depend on the features.
    """

    model: Linear
    strengths: Floats


def solve(loss: OutputLoss, rows: Rows, validation: Rows | None = None) -> Solution:
    """Fit a linear model with an L2 penalty of the kernel on standardised features.

    Deviations that come from few samples are shrunk, see `Standardisation.shrunk`.

    The strength of the penalty is that of the smallest loss on `validation`, or else in 5-fold
    cross-validation, stratified by class, on at most 1000 samples.

    Args:
        loss: The loss of the outputs.
        rows: The samples, of weights that are not negative; those of weight 0 are left out.
        validation: Other samples.

    Returns:
        The model on the features as they are. Columns that say nothing (a class without samples,
        labels that are all the same) do not depend on the features; see `OutputLoss.biases`.
    """
    rows = _weighted(rows)
    columns = loss.has_minimum(rows.targets)
    width, count = rows.features.shape[1], len(columns)
    model = Linear(np.zeros((width, count)), loss.biases(rows.targets).astype(np.float64))
    strengths = np.zeros(count)
    if columns.any():
        with suited_threads(rows.features):
            solved = _solve_columns(loss, rows, validation, columns)
        model.kernel[:, columns], model.bias[columns] = solved.model
        strengths[columns] = solved.strengths
    return Solution(model, strengths)


def suited_threads(features: Floats) -> AbstractContextManager[Any]:
    """Return a context in which BLAS has one thread, but for many features.

    There are many products of small matrices: on a busy machine threads wait longer than they work.
    """
    return one_blas_thread() if features.size <= LARGE else nullcontext()


def suited_directions(features: Floats) -> Floats | None:
    """Return the principal directions of standardised features, None where they cost too much."""
    return principal_axes(features).directions if min(features.shape) <= MOST_AXES else None


def _solve_columns(
    loss: OutputLoss, rows: Rows, validation: Rows | None, columns: Columns
) -> Solution:
    space = _Space(loss, rows, columns)
    inner = space.of(rows)
    held_out = [] if validation is None else [space.of(_weighted(validation))]
    if held_out and len(held_out[0].weights):
        strengths = best_strengths(loss, [Split(inner, held_out[0])], int(columns.sum()))
    else:
        strengths = cross_validated_strengths(loss, inner)
    start = Linear.zeros(inner.features.shape[1], len(strengths))
    found = minimum(loss, inner, strengths, start, tolerance=TOLERANCE)
    return Solution(space.back(found), strengths)


class _Space:
    """Where a problem is solved: standardised features, in principal axes if these are cheap."""

    def __init__(self, loss: OutputLoss, rows: Rows, columns: Columns) -> None:
        self._loss = loss
        self._columns = columns
        # Half the memory and time where there is much; the sums over many rows stay exact enough.
        self._dtype = np.float64 if rows.features.size <= LARGE else np.float32
        self._features = Standardisation.of(rows.features).shrunk(len(rows.features))
        self._targets = Standardisation.none(int(columns.sum()))
        if loss.has_units:
            self._targets = Standardisation.of(rows.targets[:, columns])
        self._directions = suited_directions(self._features.apply(rows.features))

    def of(self, rows: Rows) -> Rows:
        """Return samples in this space, without those of which no column says anything."""
        targets = rows.targets[:, self._columns]
        if self._loss.is_joint:  # Nothing is known of a class that `rows` has no samples of.
            known = np.asarray(targets.any(axis=1))
            rows, targets = rows.of(known), targets[known]
        features = self._features.apply(rows.features)
        if self._directions is not None:
            features = features @ self._directions
        targets = self._targets.apply(targets)
        return Rows(features, targets, rows.weights).astype(self._dtype)

    def back(self, model: Linear) -> Linear:
        """Return the model on the features as they are."""
        kernel, bias = model
        if self._loss.is_joint:  # The same probabilities, from logits of mean 0.
            kernel, bias = kernel - kernel.mean(axis=1, keepdims=True), bias - bias.mean()
        if self._directions is not None:
            kernel = self._directions @ kernel
        kernel = kernel * self._targets.deviations
        bias = bias * self._targets.deviations + self._targets.means
        return Linear(*self._features.fold(kernel, bias))


def _weighted(rows: Rows) -> Rows:
    """Return the samples with a weight, of which the mean is 1."""
    kept = rows.of(rows.weights > 0)
    return kept._replace(weights=kept.weights / (kept.weights.mean() if len(kept.weights) else 1))


def cross_validated_strengths(loss: OutputLoss, rows: Rows) -> Floats:
    """Return the strength of each column of outputs with the smallest cross-validated loss.

    Args:
        loss: The loss of the outputs.
        rows: The samples, of weights with mean 1; fastest in principal axes.
    """
    return best_strengths(loss, list(_folds(loss, rows)), rows.targets.shape[1])


def _folds(loss: OutputLoss, rows: Rows) -> Iterator[Split]:
    """Yield folds of some of the samples."""
    classes = loss.classes(rows.targets)
    parts = -(-len(classes) // MOST_COMPARED)
    if parts > 1:
        chosen = stratified_folds(classes, parts) == 0
        rows, classes = rows.of(chosen), classes[chosen]
    dealt = stratified_folds(classes, FOLDS)
    for fold in range(min(FOLDS, len(classes))):
        held_out = dealt == fold
        if held_out.any():
            yield Split(rows.of(~held_out), rows.of(held_out))
