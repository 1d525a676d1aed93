"""A phase of fine-tuning, as it is asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras

from keras_mtl.common.arguments import is_number, is_whole_number, whole_number_or_none
from keras_mtl.optimizers.layer_multipliers import checked_decay
from keras_mtl.training.optimizer_arguments import known_optimizer

HEAD, ALL = "head", "all"
"""What `unfreeze` may be besides the name of a layer or a number of layers."""


@dataclass(frozen=True)
class Phase:
    """What trains in one phase of `fine_tune`, how long and how fast.

    Use a list of phases to unfreeze a trunk gradually: the head alone, then the last block too,
    then all of it. A phase may be used several times: what it holds is copied.

    Args:
        unfreeze: What trains besides the head: `"head"` for nothing, `"all"` for the whole trunk,
            the name of the first layer that trains (`"outer/inner"` inside a nested model), or the
            number of the last layers that train. Blocks stay whole, as for `unfreeze`.
        epochs: The number of epochs.
        steps: The number of steps instead, rounded up to whole epochs. An epoch is then a pass
            over the data; where a pass has fewer than 25 steps, several of them.
        learning_rate: The highest rate: the rate rises to it over the first tenth of the steps, and
            falls to zero as a cosine. A schedule of Keras is used as it is. By default the rate
            that the model is compiled with, unless there is an `optimizer`.
        optimizer: An optimizer by its name or as one, without state. With its own rate or schedule
            if `learning_rate` is None. By default one like the model is compiled with.
        decay: What the rate is multiplied with for each layer down from the outputs, in (0, 1], as
            for `layerwise`. None for no decay.
        until: A `keras.callbacks.EarlyStopping`, which may end the phase early. The phase then
            gives the model its best weights, whatever `restore_best_weights` says.
            `start_from_epoch` counts from the first epoch of the phase.

    Raises:
        ValueError: An argument is out of its range, both `epochs` and `steps` are given, or the
            optimizer has state.

    Example:
        >>> import keras_mtl
        >>> keras_mtl.Phase("conv5", epochs=3, learning_rate=1e-4).unfreeze
        'conv5'
    """

    unfreeze: str | int = ALL
    epochs: int | None = None
    steps: int | None = None
    learning_rate: float | keras.optimizers.schedules.LearningRateSchedule | None = None
    optimizer: str | keras.optimizers.Optimizer | None = None
    decay: float | None = None
    until: keras.callbacks.EarlyStopping | None = None

    def __post_init__(self) -> None:
        _check_unfreeze(self.unfreeze)
        whole_number_or_none("epochs", self.epochs)
        whole_number_or_none("steps", self.steps)
        if self.epochs is not None and self.steps is not None:
            raise ValueError(
                "A phase has `epochs` or `steps`, not both. "
                f"Received: epochs={self.epochs}, steps={self.steps}."
            )
        _check_rate(self.learning_rate)
        _check_optimizer(self.optimizer)
        checked_decay(self.decay)
        _check_until(self.until)

    @property
    def name(self) -> str:
        """What messages call the phase."""
        return f"Phase({self.unfreeze!r})"


def _check_unfreeze(unfreeze: object) -> None:
    named = isinstance(unfreeze, str) and unfreeze
    if not named and not is_whole_number(unfreeze, least=1):
        raise ValueError(
            '`unfreeze` is "head", "all", the name of the first layer that trains, or the number '
            f"of the last layers that train, at least 1. Received: {unfreeze!r}."
        )


def _check_rate(rate: object) -> None:
    is_schedule = isinstance(rate, keras.optimizers.schedules.LearningRateSchedule)
    if rate is not None and not is_schedule and not (is_number(rate) and rate > 0):
        raise ValueError(
            "`learning_rate` is a positive number, a schedule of Keras or None. "
            f"Received: {rate!r}."
        )


def _check_optimizer(optimizer: Any) -> None:
    if optimizer is None:
        return
    known = known_optimizer("`optimizer`", optimizer, "an optimizer or None")
    if known.built:
        raise ValueError(
            f"`{known.name}` is already built: it has state of variables that it has trained. Give "
            "the phase a new optimizer, such as `keras.optimizers.Adam(1e-3)`."
        )


def _check_until(until: object) -> None:
    if until is not None and not isinstance(until, keras.callbacks.EarlyStopping):
        raise ValueError(
            "`until` is a `keras.callbacks.EarlyStopping` or None, such as "
            '`EarlyStopping("val_loss", patience=3)`. '
            f"Received: {until!r}."
        )
