"""The number of training steps on features that run in one compiled call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl.training.batch_hooks import follows_batches

LIMIT = 64
"""Steps in one compiled call at most."""


def steps_per_execution(
    model: keras.Model, callbacks: Any, num_batches: int | None, *, parts: Sequence[int] = ()
) -> int:
    """Return the fastest number of steps per call that no callback can notice.

    On small features a step takes less time than its dispatch from Python. TensorFlow can run
    several steps in one call; other backends cannot. A number that the user compiled is kept.
    (`TerminateOnNaN` stops at the end of a call, so a few steps later than with `fit`.)

    Args:
        model: The whole model.
        callbacks: As for `fit`.
        num_batches: Batches in an epoch; None where it is not known.
        parts: Numbers of steps after which training or validation stops before the data end. The
            result divides them, as a call does not stop in the middle.
    """
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    if (
        model.steps_per_execution != 1
        or model.run_eagerly
        or keras.backend.backend() != "tensorflow"
        or any(map(follows_batches, keras.tree.flatten(callbacks or [])))
    ):
        return model.steps_per_execution
    most = min(num_batches or 1, LIMIT)
    return next(n for n in range(most, 0, -1) if all(steps % n == 0 for steps in parts))
