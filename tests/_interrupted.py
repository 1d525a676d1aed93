"""Runs that are interrupted in the middle, with everything in them that has a state."""

import keras
import numpy as np

from _two_tasks import sex_and_hair, two_sets

STEPS, EPOCHS = 10, 4


class Killed(BaseException):
    """Nothing catches it but the test."""


class KillAt(keras.callbacks.Callback):
    """Ends the run after a step, in the middle of what the run does."""

    def __init__(self, step, kill):
        super().__init__()
        self.step = step
        self.kill = kill
        self.epoch = 0

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch

    def on_train_batch_end(self, batch, logs=None):
        if self.step is not None and self.epoch * STEPS + batch >= self.step:
            self.kill()


class Remembers(keras.callbacks.Callback):
    """Something of each kind that a callback may hold."""

    def __init__(self):
        super().__init__()
        self.seen = []
        self.sums = {"loss": np.zeros(2, "float32"), 3: (1.5, None)}

    def on_train_batch_end(self, batch, logs=None):
        self.seen.append(round(logs["loss"], 4))
        self.sums["loss"] += np.float32(logs["loss"])


def compiled_tasks(**options):
    """The small model, compiled where a run has many steps."""
    return sex_and_hair(run_eagerly=False, **options)


def kill_by_error():
    raise Killed


def arrays():
    return two_sets(24, 8)


def values(model):
    """The values of weights, seeds and the optimizer."""
    model.optimizer.build(model.trainable_variables)
    variables = [*model.variables, *model.optimizer.variables]
    return [np.array(keras.ops.convert_to_numpy(variable)) for variable in variables]


def put(model, values):
    keras.utils.set_random_seed(0)  # torch draws from it in Dropout
    for variable, value in zip([*model.variables, *model.optimizer.variables], values, strict=True):
        variable.assign(value)
    return model


FITTED = {"batch_size": 4, "epochs": 2, "seed": 1, "verbose": 0, "backup_every": 2}
