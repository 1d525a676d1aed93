"""Which callbacks must see each batch."""

import keras
import pytest

from keras_mtl.training.batch_hooks import HOOKS, follows_batches

callbacks = keras.callbacks


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_of_its_own(hook):
    own = type("Own", (callbacks.Callback,), {hook: lambda self, batch, logs=None: None})
    assert follows_batches(own())


@pytest.mark.parametrize(
    ("callback", "follows"),
    [
        (callbacks.EarlyStopping(), False),
        (callbacks.TerminateOnNaN(), False),
        (callbacks.LambdaCallback(on_epoch_end=print), False),
        (callbacks.LambdaCallback(on_train_batch_end=print), True),
        (callbacks.ModelCheckpoint("m.keras"), False),
        (callbacks.ModelCheckpoint("m.keras", save_freq=5), True),
        (callbacks.BackupAndRestore("folder"), False),
        (callbacks.BackupAndRestore("folder", save_freq=5), True),
        (callbacks.TensorBoard("logs"), False),
        (callbacks.TensorBoard("logs", update_freq=5), True),
    ],
)
def test_those_of_keras(callback, follows):
    assert follows_batches(callback) is follows
