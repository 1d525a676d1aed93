"""Leave-one-out predictions of a ridge regression, in closed form."""

from __future__ import annotations

import numpy as np

from keras_mtl.linear.axes import Axes, principal_axes
from keras_mtl.linear.standardisation import Standardisation
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
    axes = principal_axes(Standardisation.of(features).apply(features))
    penalties = PENALTIES * (axes.variances.sum() / len(features) or 1.0)
    shrinkages = 1 / (axes.variances[:, None] + penalties)
    leverages = axes.coordinates**2 @ shrinkages + 1 / len(features)
    residuals = [
        _residuals(axes, targets, shrinkage) / (1 - leverage)[:, None]
        for shrinkage, leverage in zip(shrinkages.T, leverages.T, strict=True)
    ]
    return targets - min(residuals, key=lambda residual: float((residual**2).sum()))


def _residuals(axes: Axes, targets: Floats, shrinkage: Floats) -> Floats:
    """Return the residuals of the fit to all rows."""
    centred = targets - targets.mean(axis=0)
    return centred - axes.coordinates @ (shrinkage[:, None] * (axes.coordinates.T @ centred))
