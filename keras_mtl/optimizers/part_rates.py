"""The learning rate of each part of a model: a share of the leading rate, or a schedule."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.keras_private.optimizers import rate_as_given


class PartRate(keras.optimizers.schedules.LearningRateSchedule):
    """The learning rate of one part: one of its arguments says how it is found.

    The optimizer of the part calls it with its own number of steps, which is ignored: rates follow
    the steps of the whole model.

    Args:
        owner: The optimizer of the whole model.
        schedule: A schedule or a function.
        ratio: The rate as a multiple of the rate of `owner`.
        constant: The rate itself.
    """

    def __init__(
        self,
        owner: keras.optimizers.Optimizer,
        schedule: Any = None,
        ratio: float | None = None,
        constant: float | None = None,
    ) -> None:
        self.owner = owner
        self.schedule = schedule
        self.ratio = ratio
        self.constant = constant

    def __call__(self, step: Any) -> Any:
        """Return the rate at the current step of the whole model."""
        if isinstance(self.schedule, keras.optimizers.schedules.LearningRateSchedule):
            return self.schedule(self.owner.iterations)
        if self.schedule is not None:
            return self.schedule()
        if self.ratio is not None:
            return self.owner.learning_rate * self.ratio
        return keras.ops.convert_to_tensor(self.constant, dtype=keras.config.floatx())


def part_rate(
    owner: keras.optimizers.Optimizer,
    source: keras.optimizers.Optimizer,
    leading_rate: float | None,
) -> PartRate:
    """Return the rate of a part that `source` was given for.

    Args:
        owner: The optimizer of the whole model.
        source: The optimizer that was given for the part.
        leading_rate: The rate of `owner` when it was made; None if a schedule gives it.
    """
    own = rate_of(source)
    if callable(own):
        return PartRate(owner, schedule=own)
    # As a ratio, so that callbacks that change the rate of the whole model (ReduceLROnPlateau,
    # LearningRateScheduler) change the rates of all parts. No ratio leads from 0 to another rate;
    # where both begin with 0, as in a warm-up, the part follows the leading rate.
    if leading_rate is not None and (leading_rate or not own):
        return PartRate(owner, ratio=own / leading_rate if leading_rate else 1.0)
    return PartRate(owner, constant=own)


def rate_of(optimizer: keras.optimizers.Optimizer) -> Any:
    """Return the schedule or function of an optimizer, or its learning rate as a number."""
    rate = rate_as_given(optimizer)
    if isinstance(rate, keras.Variable):
        return float(keras.ops.convert_to_numpy(rate))
    return rate


def constant_rate(optimizer: keras.optimizers.Optimizer) -> float | None:
    """Return the learning rate as a number; None if a schedule or a function gives it."""
    rate = rate_of(optimizer)
    return None if callable(rate) else rate


def current_rate(part: keras.optimizers.Optimizer) -> float | None:
    """Return the current rate of the optimizer of a part; None if a schedule gives it."""
    rate: PartRate = rate_as_given(part)
    return None if rate.schedule else float(keras.ops.convert_to_numpy(rate(0)))


def serialized_at_rate(optimizer: keras.optimizers.Optimizer, rate: float | None) -> dict[str, Any]:
    """Return the config of an optimizer as Keras saves it, with another learning rate if given."""
    serialized: dict[str, Any] = keras.saving.serialize_keras_object(optimizer)
    if rate is not None:
        serialized["config"]["learning_rate"] = rate
    return serialized
