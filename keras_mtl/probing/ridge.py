"""Leave-one-out predictions of a ridge regression, in closed form."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from keras_mtl.probing.standardising import standardise
from keras_mtl.scores.spectrum import Floats

PENALTIES = 10.0 ** np.arange(-4, 4)
"""Penalties divided by the mean squared norm of a row of the standardised features."""


def held_out_predictions(features: Floats, targets: Floats) -> Floats:
    """Return for each row the prediction of a ridge regression fitted to all other rows.

    The features are standardised and an intercept is fitted; one eigendecomposition serves all
    rows and all penalties. The penalty with the smallest squared error over all rows and targets
    is chosen.

    Args:
        features: Finite floats of shape `(samples, width)`, two samples at least.
        targets: Floats of shape `(samples, targets)`.

    Returns:
        Predictions in the shape of `targets`.

    Source:
        Allen, "The relationship between variable selection and data augmentation and a method for
        prediction", 1974 (the residual of a row left out is its residual over one minus its
        leverage).
    """
    axes = _principal_axes(standardise(features))
    penalties = PENALTIES * (axes.variances.sum() / len(features) or 1.0)
    shrinkages = 1 / (axes.variances[:, None] + penalties)
    leverages = axes.coordinates**2 @ shrinkages + 1 / len(features)
    residuals = [
        _residuals(axes, targets, shrinkage) / (1 - leverage)[:, None]
        for shrinkage, leverage in zip(shrinkages.T, leverages.T, strict=True)
    ]
    return targets - min(residuals, key=lambda residual: float((residual**2).sum()))


class _Axes(NamedTuple):
    """The rows in the principal directions of the features."""

    coordinates: Floats  # (samples, rank)
    variances: Floats  # (rank,): squared norms of the columns


def _principal_axes(features: Floats) -> _Axes:
    """Return principal axes, from the smaller of the two Gram matrices."""
    samples, width = features.shape
    if width <= samples:
        values, directions = np.linalg.eigh(features.T @ features)
        return _Axes(features @ directions, values.clip(min=0))
    values, rows = np.linalg.eigh(features @ features.T)
    values = values.clip(min=0)
    return _Axes(rows * np.sqrt(values), values)


def _residuals(axes: _Axes, targets: Floats, shrinkage: Floats) -> Floats:
    """Return the residuals of the fit to all rows."""
    centred = targets - targets.mean(axis=0)
    return centred - axes.coordinates @ (shrinkage[:, None] * (axes.coordinates.T @ centred))
