"""Losses of the outputs of a linear model, with their gradients."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from keras_mtl.scores.spectrum import Floats

Columns = NDArray[np.bool_]


class Slopes(NamedTuple):
    """Losses with their derivatives by the outputs.

    Attributes:
        losses: Of shape `(samples, columns)`; `(samples, 1)` if the columns make up one loss.
        gradients: Of shape `(samples, columns)`.
    """

    losses: Floats
    gradients: Floats


class OutputLoss(ABC):
    """A convex loss of linear outputs.

    Attributes:
        curvature: A typical second derivative by one output.
        is_joint: Whether the columns of outputs make up one loss; else each has a loss of its own.
        has_units: Whether targets are numbers of any unit.
    """

    curvature: float
    is_joint = False
    has_units = False

    @abstractmethod
    def slopes(self, outputs: Floats, targets: Floats) -> Slopes:
        """Return the losses and gradients for outputs and targets of one shape."""

    @abstractmethod
    def has_minimum(self, targets: Floats) -> Columns:
        """Return the columns whose minimum is finite and depends on the features."""

    @abstractmethod
    def biases(self, targets: Floats) -> Floats:
        """Return outputs for the columns without a minimum, whatever the features are."""

    def classes(self, targets: Floats) -> NDArray[np.intp]:
        """Return what folds are to have in equal shares: a class for each sample."""
        return np.zeros(len(targets), np.intp)


class SoftmaxLoss(OutputLoss):
    """Cross-entropy of a softmax; each row of the targets has the shares of the classes."""

    curvature = 0.1
    is_joint = True

    def slopes(self, outputs: Floats, targets: Floats) -> Slopes:
        """Return a loss for each row; where shares add up to 1, gradients are errors of shares."""
        shifted = outputs - outputs.max(axis=1, keepdims=True)
        exponentials = np.exp(shifted)
        sums = exponentials.sum(axis=1, keepdims=True)
        shares = targets.sum(axis=1, keepdims=True)
        losses = shares * np.log(sums) - np.einsum("nk,nk->n", shifted, targets)[:, None]
        return Slopes(losses, shares * exponentials / sums - targets)

    def has_minimum(self, targets: Floats) -> Columns:
        """Return the classes that have samples."""
        return np.asarray(targets.any(axis=0))

    def biases(self, targets: Floats) -> Floats:
        """Return a logit of `-log(samples + 1)`.

        The logits of the other classes have mean 0, so that one of them is higher, and the
        probability of a class without samples is at most `1 / (samples + 1)`.
        """
        return np.full(targets.shape[1], -np.log(len(targets) + 1))

    def classes(self, targets: Floats) -> NDArray[np.intp]:
        """Return the likeliest class of each row."""
        return targets.argmax(axis=1)


class SigmoidLoss(OutputLoss):
    """Binary cross-entropy of a sigmoid; each target is a probability."""

    curvature = 0.25

    def slopes(self, outputs: Floats, targets: Floats) -> Slopes:
        """Return a loss for each output; gradients are probabilities minus targets."""
        losses = np.logaddexp(0, outputs) - outputs * targets
        return Slopes(losses, expit(outputs) - targets)

    def has_minimum(self, targets: Floats) -> Columns:
        """Return the columns that are neither all 0 nor all 1."""
        return np.logical_and((targets > 0).any(axis=0), (targets < 1).any(axis=0))

    def biases(self, targets: Floats) -> Floats:
        """Return the log-odds with half a sample added to either side."""
        yes = targets.sum(axis=0)
        return np.log(yes + 0.5) - np.log(len(targets) - yes + 0.5)

    def classes(self, targets: Floats) -> NDArray[np.intp]:
        """Return 0 and 1 where there is one column; several are not stratified."""
        return (targets[:, 0] > 0.5).astype(np.intp) * (targets.shape[1] == 1)


class SquaredLoss(OutputLoss):
    """Half of the squared error."""

    curvature = 1.0
    has_units = True

    def slopes(self, outputs: Floats, targets: Floats) -> Slopes:
        """Return a loss for each output; gradients are errors."""
        errors = outputs - targets
        return Slopes(errors**2 / 2, errors)

    def has_minimum(self, targets: Floats) -> Columns:
        """Return the columns that are not constant."""
        return np.asarray((targets != targets[:1]).any(axis=0))

    def biases(self, targets: Floats) -> Floats:
        """Return the constants."""
        return targets[0]
