"""The minimum of a loss of linear outputs with an L2 penalty."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import minimize

from keras_mtl.linear.losses import OutputLoss
from keras_mtl.scores.spectrum import Floats

MOST_ITERATIONS = 1000
MEMORY = 20
"""Pairs of steps and gradients from which L-BFGS makes its picture of the curvature."""


class Rows(NamedTuple):
    """Samples with their targets.

    Attributes:
        features: Of shape `(samples, width)`, centred; in principal axes the minimum is found
            in few iterations.
        targets: Of shape `(samples, columns)`.
        weights: Of shape `(samples,)`, none negative, some positive.
    """

    features: Floats
    targets: Floats
    weights: Floats

    def of(self, chosen: np.ndarray) -> Rows:
        """Return some of the samples, by their numbers or by booleans."""
        return Rows(self.features[chosen], self.targets[chosen], self.weights[chosen])

    def astype(self, dtype: Any) -> Rows:
        """Return the samples in another precision."""
        return Rows(
            self.features.astype(dtype, copy=False),
            self.targets.astype(dtype, copy=False),
            self.weights.astype(dtype, copy=False),
        )


class Linear(NamedTuple):
    """A linear model: `features @ kernel + bias`."""

    kernel: Floats
    bias: Floats

    @classmethod
    def zeros(cls, width: int, columns: int) -> Linear:
        """Return the model whose outputs are 0."""
        return cls(np.zeros((width, columns)), np.zeros(columns))

    def outputs(self, features: Floats) -> Floats:
        """Return the outputs, of shape `(samples, columns)`."""
        return features @ self.kernel.astype(features.dtype) + self.bias.astype(features.dtype)


def minimum(
    loss: OutputLoss, rows: Rows, penalties: Floats, start: Linear, *, tolerance: float
) -> Linear:
    """Minimise the sum of weighted losses plus `penalties / 2` times the squared kernel.

    The variables are scaled by the square root of a guess of their curvature, which the squared
    norm of the column of features and the penalty give. In principal axes the guess is good, so
    that the number of iterations hardly depends on how correlated the features are.

    Args:
        loss: The loss of the outputs.
        rows: The samples.
        penalties: For each column of outputs, positive; of shape `(columns,)`.
        start: The model to start from.
        tolerance: The largest scaled derivative at the minimum, as a share of that at zero.

    Source:
        Liu and Nocedal, "On the limited memory BFGS method for large scale optimization", 1989.
    """
    total = float(rows.weights.sum())
    norms = np.einsum("nd,nd,n->d", rows.features, rows.features, rows.weights)
    scales = np.vstack(
        [
            np.sqrt(loss.curvature * norms[:, None] + penalties),
            np.full((1, len(penalties)), np.sqrt(loss.curvature * total)),
        ]
    )

    def objective(scaled: Floats) -> tuple[float, Floats]:
        model = _unscaled(scaled, scales)
        value, gradient = _regularised(loss, rows, penalties, model)
        return value / total, (gradient / scales).ravel() / total

    _, at_zero = objective(np.zeros(scales.size))
    found = minimize(
        objective,
        (np.vstack([start.kernel, start.bias]) * scales).ravel(),
        jac=True,
        method="L-BFGS-B",
        options={
            "maxiter": MOST_ITERATIONS,
            "maxcor": MEMORY,
            "gtol": tolerance * np.abs(at_zero).max(),
            "ftol": np.finfo(rows.features.dtype).eps / 10,
        },
    )
    return _unscaled(found.x, scales)


def _regularised(
    loss: OutputLoss, rows: Rows, penalties: Floats, model: Linear
) -> tuple[float, Floats]:
    """Return the penalised loss and its gradient, that of the bias in the last row."""
    losses, slopes = loss.slopes(model.outputs(rows.features), rows.targets)
    slopes = slopes * rows.weights[:, None]
    value = losses.sum(axis=1) @ rows.weights + (penalties * model.kernel**2).sum() / 2
    kernel = rows.features.T @ slopes + penalties * model.kernel
    return float(value), np.vstack([kernel, slopes.sum(axis=0)])


def _unscaled(scaled: Floats, scales: Floats) -> Linear:
    values = scaled.reshape(scales.shape) / scales
    return Linear(values[:-1], values[-1])
