"""The last part of a step: scale the losses, and apply the gradients of the update."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.training.one_device import without_sums_over_devices
from keras_mtl.training.steps.step import Step


def loss_scale(step: Step, weight: Any) -> Any:
    """Return what to multiply a loss with before it is differentiated: its weight, scaled.

    The optimizer scales losses under mixed precision, and divides the gradients again.
    """
    return step.state.model.optimizer.scale_loss(weight)


def skips_non_finite_gradients(step: Step) -> bool:
    """Return whether the optimizer itself skips an update with non-finite gradients.

    A `LossScaleOptimizer` does, and halves its scale: overflows of float16 are expected, and are no
    reason to stop.
    """
    return isinstance(step.state.model.optimizer, keras.optimizers.LossScaleOptimizer)


def apply(
    step: Step,
    present: Mapping[str, Any],
    gradients: Sequence[Any],
    variables: Sequence[keras.Variable],
) -> None:
    """Update the variables; the parts of tasks without a label are left alone.

    Args:
        step: The step.
        present: What `tasks_present` returns.
        gradients: The gradients.
        variables: Their variables.
    """
    with step.state.updating(present):
        if variables:
            with without_sums_over_devices(step.state.model):
                step.state.model.optimizer.apply(gradients, variables)
