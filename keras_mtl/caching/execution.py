"""How many steps of the training on features run in one compiled call."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras

from keras_mtl.training.batch_hooks import follows_batches

LIMIT = 64


def steps_per_execution(
    model: keras.Model, callbacks: Any, num_batches: int | None, *, parts: Sequence[int] = ()
) -> int:
    """The number that is fastest and shows to no callback, but that `TerminateOnNaN` stops later.

    On small features a step takes less time than its dispatch from Python. TensorFlow can run
    several steps in one call; other backends cannot. What the user compiled counts for more.

    Args:
        model: The whole model.
        callbacks: What `fit` takes.
        num_batches: Steps in an epoch, if that is known.
        parts: Numbers of steps after which training or validation may stop before the data end,
            so that the last call must not run on.
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
