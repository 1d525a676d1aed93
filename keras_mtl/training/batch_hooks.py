"""Whether a callback acts at each batch, so that steps must not run in blocks."""

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
_MAY_RUN_BY_BLOCK = (keras.callbacks.ProgbarLogger, keras.callbacks.TerminateOnNaN)


def follows_batches(callback: keras.callbacks.Callback) -> bool:
    """Return whether the callback acts at each batch of training or validation."""
    # These callbacks of Keras override the hooks even where their frequency is an epoch.
    for kind, frequency in _BY_FREQUENCY.items():
        if isinstance(callback, kind):
            counts = getattr(callback, "write_steps_per_second", False)  # It counts hooks.
            return getattr(callback, frequency) != "epoch" or counts
    if isinstance(callback, _MAY_RUN_BY_BLOCK):
        return False
    return any(overrides(callback, hook) for hook in HOOKS)


def overrides(callback: keras.callbacks.Callback, hook: str) -> bool:
    """Return whether the callback overrides a hook."""
    own = getattr(callback, hook)
    # A LambdaCallback has functions where others have methods.
    return getattr(own, "__func__", own) is not getattr(keras.callbacks.Callback, hook)
