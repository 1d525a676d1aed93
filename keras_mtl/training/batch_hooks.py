"""Whether a callback has something to do at each batch, so that batches must not run in blocks."""

from __future__ import annotations

import keras

HOOKS = tuple(
    f"on_{kind}batch_{moment}" for kind in ("", "train_", "test_") for moment in ("begin", "end")
)
_BY_FREQUENCY = {
    keras.callbacks.ModelCheckpoint: "save_freq",
    keras.callbacks.BackupAndRestore: "save_freq",
    keras.callbacks.TensorBoard: "update_freq",
}
_CONTENT_WITH_BLOCKS = (keras.callbacks.ProgbarLogger, keras.callbacks.TerminateOnNaN)


def follows_batches(callback: keras.callbacks.Callback) -> bool:
    """Whether the callback does something at each batch of training or validation."""
    # Keras's own have these hooks whether they are to do something there or not.
    for kind, frequency in _BY_FREQUENCY.items():
        if isinstance(callback, kind):
            return getattr(callback, frequency) != "epoch"
    if isinstance(callback, _CONTENT_WITH_BLOCKS):
        return False
    return any(overrides(callback, hook) for hook in HOOKS)


def overrides(callback: keras.callbacks.Callback, hook: str) -> bool:
    """Whether the callback has a hook of its own."""
    own = getattr(callback, hook)
    # A LambdaCallback has functions where others have methods.
    return getattr(own, "__func__", own) is not getattr(keras.callbacks.Callback, hook)
