"""A small network that has learnt a task, and others of which few labels are known."""

import contextlib
from importlib import import_module

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw
from keras_mtl.comparing.strategies.strategy import TransferTask
from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.labels.number_form import NumberForm
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.estimators.trunk_cache import TrunkCache

STEPS = {"tensorflow": "tf_step", "jax": "jax_step", "torch": "torch_steps"}
ROWS, WIDTH = 48, 4
X = draw(ROWS, WIDTH)
CLASSES = np.array(["owl", "cat", "dog"])[np.digitize(X[:, 0] * X[:, 1], [-0.3, 0.3])]
NUMBERS = 1000 + 50 * (X[:, 0] * X[:, 1])
FIRST = (X[:, 0] > 0).astype(int)


def learnt(*more, inputs=None):
    """A network that has learnt something about the first input."""
    keras.utils.set_random_seed(0)
    hidden = [
        layers.Dense(8, "tanh", name="first"),
        layers.BatchNormalization(name="norm"),
        *more,
        layers.Dense(6, "tanh", name="second"),
    ]
    model = keras.Sequential(
        [inputs or keras.Input((WIDTH,)), *hidden, layers.Dense(2, "softmax", name="old")],
        name="learnt",
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def classes_of(x, y, model=None, auxiliary=None, batch_size=8):
    """The shared part of a comparison, and the labelled samples, for classes."""
    return _task(ClassForm, x, y, model, auxiliary, batch_size)


def numbers_of(x, y, model=None, auxiliary=None, batch_size=8):
    """The same for numbers."""
    return _task(NumberForm, x, y, model, auxiliary, batch_size)


def _task(form, x, y, model, auxiliary, batch_size):
    inputs = x if isinstance(x, list) else [x]
    labels, values = form.read(y, len(y))
    model = model or learnt()
    task = TransferTask(TrunkCache(model), "auto", labels, auxiliary, batch_size)
    return task, LabelledSamples(Samples(inputs, batch_size), values, None)


@contextlib.contextmanager
def counted_traces():
    """A list that grows whenever a step of training is traced, or run eagerly."""
    steps = import_module(f"keras_mtl.training.steps.{STEPS[keras.backend.backend()]}")
    forward, traces = steps.forward, []

    def counted(*args, **kwargs):
        traces.append(args)
        return forward(*args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(steps, "forward", counted)
        yield traces


def assert_traced_no_more(traces, before):
    """On JAX the last batch of a pass has a shape of its own; torch runs each step eagerly."""
    allowed = {"tensorflow": 0, "jax": 1, "torch": np.inf}
    assert len(traces) - before <= allowed[keras.backend.backend()]
