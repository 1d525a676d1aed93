"""Gradient steps where the caller says neither how many nor at which rate."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from math import ceil, cos, pi
from typing import Any, NamedTuple

import keras
import numpy as np

from keras_mtl.models.transfer_model import TransferModel

STEPS = 1000
"""Steps at least, for few labels: a head with hidden layers is not done after fewer."""
EPOCHS = 20
"""Epochs at least, for many labels."""
COMPILED_RATE = float(np.float32(1e-3))
"""Learning rate of Adam as `transfer` compiles it; another one was chosen by the caller."""
FEW_STEPS = 200
"""Steps that are too few for a new head."""
RATE = 1e-2
"""Learning rate of Adam at the start, for a new head on features that do not change."""


class Length(NamedTuple):
    """How long, and at which rates, a training goes on.

    Attributes:
        rates: The callback that sets the learning rate, or none.
        epochs: As for `fit`.
        validation_freq: As for `fit`.
    """

    rates: list[keras.callbacks.Callback]
    epochs: int
    validation_freq: int | Sequence[int]


def length_of_training(
    model: keras.Model,
    callbacks: Any,
    steps: int,
    *,
    epochs: int | None,
    initial_epoch: int,
    validation_freq: int | Sequence[int],
) -> Length:
    """Return what the caller says of the length of a training, and the defaults for the rest.

    Args:
        model: The model.
        callbacks: The callbacks of the user.
        steps: Batches in an epoch.
        epochs: As for `fit`; None leaves the length to us.
        initial_epoch: As for `fit`.
        validation_freq: As for `fit`.
    """
    if epochs is not None:
        return Length([], epochs, validation_freq)
    epochs = initial_epoch + default_epochs(steps)
    if not callbacks and validation_freq == 1:
        validation_freq = default_validations(initial_epoch, epochs)
    return Length(default_rates(model), epochs, validation_freq)


def default_epochs(num_batches: int) -> int:
    """Return how many epochs to train for: with few labels so many that there are enough steps.

    Args:
        num_batches: Batches in an epoch.

    Returns:
        A multiple of `EPOCHS`.
    """
    return EPOCHS * max(1, ceil(STEPS / (EPOCHS * num_batches)))


def default_validations(initial_epoch: int, epochs: int) -> list[int]:
    """Return the epochs, counted from 1, after which to validate, where no callback looks on.

    Epochs of few labels are many and short: to validate after each would take most of the time.

    Args:
        initial_epoch: As for `fit`.
        epochs: As for `fit`; so much more than `initial_epoch` as `default_epochs` says.
    """
    every = (epochs - initial_epoch) // EPOCHS
    return list(range(initial_epoch + every, epochs + 1, every))


def warn_of_few_steps(model: keras.Model, steps: int) -> None:
    """Warn of a run of few steps, asked for by `epochs`, if the model has never been trained.

    Args:
        model: The model.
        steps: Steps of the run.
    """
    if steps < FEW_STEPS and not int(keras.ops.convert_to_numpy(model.optimizer.iterations)):
        warnings.warn(
            f"`{model.name}` has not been trained before, and this run has {steps} steps, too few "
            "for a new head: leave out `epochs`, which suits the training to the number of "
            "labels, or give more of them.",
            stacklevel=3,
        )


def default_rates(model: keras.Model) -> list[keras.callbacks.Callback]:
    """Return the callback that sets the learning rate, if the caller has left that to us.

    That is so where only a `Head` trains, by the optimizer and the rate with which `transfer` has
    compiled the model.
    """
    if not isinstance(model, TransferModel) or not model.has_default_optimizer:
        return []
    if model.trunk.trainable_variables or _rate(model) != COMPILED_RATE:
        return []
    return [FallingRate(RATE)]


def _rate(model: keras.Model) -> float:
    return float(keras.ops.convert_to_numpy(model.optimizer.learning_rate))


class FallingRate(keras.callbacks.Callback):
    """Lets the learning rate fall from a value to zero along half a cosine, epoch by epoch.

    The rate of the optimizer is put back when training ends.

    Args:
        start: The rate in the first epoch.
    """

    def __init__(self, start: float) -> None:
        super().__init__()
        self._start = start
        self._rate = 0.0

    def on_train_begin(self, logs: Any = None) -> None:
        """Remember the rate of the optimizer."""
        self._rate = _rate(self.model)

    def on_epoch_begin(self, epoch: int, logs: Any = None) -> None:
        """Set the rate."""
        share = epoch / self.params["epochs"]
        self.model.optimizer.learning_rate = self._start * (1 + cos(pi * share)) / 2

    def on_train_end(self, logs: Any = None) -> None:
        """Put the rate of the optimizer back."""
        self.model.optimizer.learning_rate = self._rate
