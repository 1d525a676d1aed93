"""How many steps of the training on features run in one compiled call."""

from __future__ import annotations

from typing import Any

import keras

LIMIT = 64
_SAVING = (keras.callbacks.ModelCheckpoint, keras.callbacks.BackupAndRestore)
_HOOKS = tuple(
    f"on_{kind}batch_{moment}" for kind in ("", "train_", "test_") for moment in ("begin", "end")
)


def steps_per_execution(
    model: keras.Model, callbacks: Any, num_batches: int | None, *, divides: bool = False
) -> int:
    """The number that is fastest and shows to no callback.

    On small features a step takes less time than its dispatch from Python. TensorFlow can run
    several steps in one call; other backends cannot. What the user compiled counts for more.

    Args:
        model: The whole model.
        callbacks: What `fit` takes.
        num_batches: Steps in an epoch, if that is known.
        divides: Whether an epoch may end before the data, so that the last call must not run on.
    """
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    if (
        model.steps_per_execution != 1
        or model.run_eagerly
        or keras.backend.backend() != "tensorflow"
        or any(_follows_batches(callback) for callback in keras.tree.flatten(callbacks or []))
    ):
        return model.steps_per_execution
    steps = num_batches or 1
    most = min(steps, LIMIT)
    if not divides:
        return most
    return next(number for number in range(most, 0, -1) if steps % number == 0)


def _follows_batches(callback: keras.callbacks.Callback) -> bool:
    """Whether the callback does something at each batch."""
    if isinstance(callback, _SAVING) and callback.save_freq == "epoch":
        return False  # It looks at each batch, and waits.
    default = keras.callbacks.Callback
    return any(
        getattr(getattr(callback, hook), "__func__", None) is not getattr(default, hook)
        for hook in _HOOKS
    )
