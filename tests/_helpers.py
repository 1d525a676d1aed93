"""What the tests of trunks, heads and freezing have in common."""

import contextlib
import warnings

import keras
import numpy as np

from _watching import as_numpy


def draw(*shape, seed=0):
    """Standard normal numbers, the same ones for the same shape."""
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


@contextlib.contextmanager
def moved_variables(model):
    """A list that holds the variables of the model that changed inside, once the block is left."""
    variables, moved = model.variables, []
    before = [as_numpy(variable).tobytes() for variable in variables]
    yield moved
    for variable, old in zip(variables, before, strict=True):
        if as_numpy(variable).tobytes() != old:
            moved.append(variable)


def paths(variables):
    return [variable.path for variable in variables]


def reload(model, folder, custom_objects=None):
    """The model saved and loaded."""
    model.save(folder / "model.keras")
    with warnings.catch_warnings():
        if not (model.compiled and model.optimizer and as_numpy(model.optimizer.iterations)):
            # Keras says so of every optimizer that was saved before its first step.
            warnings.filterwarnings("ignore", "Skipping variable loading for optimizer")
        return keras.models.load_model(folder / "model.keras", custom_objects)
