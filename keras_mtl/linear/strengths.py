"""The strength of an L2 penalty, chosen on samples that are left out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from keras_mtl.linear.losses import OutputLoss
from keras_mtl.linear.minimum import Linear, Rows, minimum
from keras_mtl.scores.spectrum import Floats

STRENGTHS = 10.0 ** np.arange(4, -3, -1)
"""Penalties of the sum of the losses, on standardised features, from the strongest down."""
DEFAULT = 1.0
"""The strength where no sample can be left out: scikit-learn's default."""
TOLERANCE = 3e-3


class Split(NamedTuple):
    """Samples to fit to, and others to measure the loss on."""

    fitted: Rows
    held_out: Rows


def best_strengths(loss: OutputLoss, splits: Sequence[Split], columns: int) -> Floats:
    """Return the strength of the smallest loss on what is left out, for each column of outputs.

    Strengths go down by powers of ten, each fit starting from the one before, until no column
    gets better. Between the best one and its neighbours the half powers are tried.

    Args:
        loss: The loss of the outputs.
        splits: What is fitted and what is left out; may be empty.
        columns: Number of columns; columns of one joint loss have one strength.
    """
    if not splits:
        return np.full(columns, DEFAULT)
    search = _Search(loss, splits, columns)
    for strength in STRENGTHS:
        if not search.improves(np.full(columns, strength)) and strength < DEFAULT:
            break
    best = search.best
    for factor in (10**0.5, 10**-0.5):
        search.improves(best * factor)
    return search.best


class _Search:
    """The losses of the strengths tried so far."""

    def __init__(self, loss: OutputLoss, splits: Sequence[Split], columns: int) -> None:
        self._loss = loss
        self._splits = splits
        width = splits[0].fitted.features.shape[1]
        self._models = [Linear.zeros(width, columns)] * len(splits)
        self._least = np.full(columns, np.inf)
        self.best = np.full(columns, DEFAULT)

    def improves(self, strengths: Floats) -> bool:
        """Try a strength for each column; return whether some column has its smallest loss yet."""
        self._models = [
            minimum(self._loss, split.fitted, strengths, model, tolerance=TOLERANCE)
            for split, model in zip(self._splits, self._models, strict=True)
        ]
        losses = sum(
            _held_out_losses(self._loss, split.held_out, model)
            for split, model in zip(self._splits, self._models, strict=True)
        )
        better = losses < self._least
        self._least = np.where(better, losses, self._least)
        self.best = np.where(better, strengths, self.best)
        return bool(better.any())


def _held_out_losses(loss: OutputLoss, rows: Rows, model: Linear) -> Floats:
    """Return the sum of the weighted losses for each column, or of the joint loss for all."""
    losses = loss.slopes(model.outputs(rows.features), rows.targets).losses
    return rows.weights @ losses
