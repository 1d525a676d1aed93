"""A learning rate whose course is set anew for each run, without a new trace."""

from __future__ import annotations

import math
from typing import Any

import keras
from keras import ops

from keras_mtl.finetuning.stages import WARM_UP


class RunRate(keras.optimizers.schedules.LearningRateSchedule):
    """A rate that rises in the first tenth of the steps of a run and falls to zero as a cosine.

    It is the rate of `cosine_with_warm_up`, whose numbers a compiled step holds as constants. Here
    they are variables, among those of the optimizer, so that the same compiled step serves runs of
    any length.
    """

    def __init__(self) -> None:
        self._peak: keras.Variable | None = None
        self._rising: keras.Variable | None = None
        self._steps: keras.Variable | None = None

    def bind(self, optimizer: keras.optimizers.Optimizer) -> None:
        """Make the variables, which the optimizer owns: on JAX a step takes them from there."""
        self._peak, self._rising, self._steps = (
            optimizer.add_variable((), name=name, dtype="float32")
            for name in ("peak", "rising", "steps")
        )

    def set(self, peak: float, steps: int) -> None:
        """Set the highest rate and the number of steps of the next run."""
        assert self._peak is not None and self._rising is not None and self._steps is not None
        self._peak.assign(peak)
        self._rising.assign(int(WARM_UP * steps))
        self._steps.assign(steps)

    def __call__(self, step: Any) -> Any:
        """Return the rate at a step."""
        assert self._peak is not None and self._rising is not None and self._steps is not None
        peak, rising, steps = map(ops.convert_to_tensor, (self._peak, self._rising, self._steps))
        step = ops.minimum(ops.cast(step, "float32"), steps)
        first = peak / (rising + 1)
        up = first + (peak - first) * step / ops.maximum(rising, 1)
        share = (step - rising) / ops.maximum(steps - rising, 1)
        down = peak * 0.5 * (1 + ops.cos(math.pi * share))
        return ops.where(step < rising, up, down)

    def get_config(self) -> dict[str, Any]:
        """Return no arguments: variables belong to one optimizer."""
        return {}
