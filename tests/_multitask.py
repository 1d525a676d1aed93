"""What the tests of training have in common: two tasks, their data, and how runs are compared."""

import keras
import numpy as np
from keras import layers

import keras_mtl
from _helpers import draw
from _watching import as_numpy

EAGER = keras.backend.backend() == "tensorflow"  # where tracing takes longer than a test


def two_tasks(heads=None, extra=(), seed=0, run_eagerly=EAGER, **compiled):
    """A small compiled model of the tasks `sex` and `hair`, the same one for the same seed."""
    keras.utils.set_random_seed(seed)
    trunk = keras.Sequential([keras.Input((4,)), layers.Dense(6, "relu"), *extra])
    model = keras_mtl.MultiTaskModel(trunk, heads or {"sex": 2, "hair": 3})
    model.compile(compiled.pop("optimizer", "sgd"), run_eagerly=run_eagerly, **compiled)
    return model


def classes(count, num_classes):
    return np.arange(count) % num_classes


def two_sets(sex=24, hair=10):
    """Arrays of both tasks: 24 and 10 rows, by default."""
    return {
        "sex": (draw(sex, 4), classes(sex, 2)),
        "hair": (draw(hair, 4, seed=1), classes(hair, 3)),
    }


def bits(model):
    """The bytes of all weights and seeds."""
    return [as_numpy(variable).tobytes() for variable in model.variables]


def same_logs(history, other):
    """Whether two histories hold the same numbers, NaN included."""
    return history.epoch == other.epoch and repr(history.history) == repr(other.history)
