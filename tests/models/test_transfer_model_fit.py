"""A `TransferModel` trains and scores as `keras.Model` does, in our loop."""

import keras
import numpy as np
import pytest
from keras import layers

from _helpers import draw
from _interrupted import Killed, kill_by_error
from _watching import as_numpy, same_bits
from _zoo import first_ones
from keras_mtl import transfer

ROWS = 20
X, Y = draw(ROWS, 4), np.arange(ROWS) % 3
WEIGHTS = np.linspace(0.5, 2, ROWS).astype("float32")
BACKEND = keras.backend.backend()


def trained():
    return keras.Sequential(
        [
            keras.Input((4,)),
            layers.Dense(5, "tanh", kernel_regularizer="l2", activity_regularizer="l2"),
            layers.BatchNormalization(),
            layers.Dense(2),
        ]
    )


def made(**compiled):
    """A model to train whole, the same one at each call."""
    keras.utils.set_random_seed(0)
    model = transfer(trained(), 1, freeze=False, head=3, batchnorm="train", verify=False)
    weighted = [keras.metrics.SparseCategoricalCrossentropy(name="nats")]
    model.compile("adam", model.loss, metrics=["accuracy"], weighted_metrics=weighted, **compiled)
    return model


def batched(size, *arrays):
    import tensorflow as tf

    return tf.data.Dataset.from_tensor_slices(arrays).batch(size)


def by_keras(model):
    return keras.Model.fit.__get__(model), keras.Model.evaluate.__get__(model)


class Hooks(keras.callbacks.Callback):
    """Writes down all that is called, and stops training in the middle of an epoch."""

    def __init__(self, stop_at=None):
        super().__init__()
        self.called, self.epoch, self.stop_at = [], 0, stop_at

    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
        self.called.append(("epoch begins", epoch))

    def on_epoch_end(self, epoch, logs=None):
        self.called.append(("epoch ends", epoch, logs))

    def on_train_batch_begin(self, batch, logs=None):
        self.called.append(("batch begins", batch))

    def on_train_batch_end(self, batch, logs=None):
        self.called.append(("batch ends", batch, logs))
        self.model.stop_training = (self.epoch, batch) == self.stop_at

    def on_test_batch_end(self, batch, logs=None):
        self.called.append(("test batch ends", batch, logs))

    def on_test_end(self, logs=None):
        self.called.append(("test ends", logs))

    def on_train_end(self, logs=None):
        self.called.append(("ends", logs))


def assert_nearly(found, expected):
    """Two structures have the same keys and, but for rounding, the same numbers."""
    keras.tree.assert_same_structure(found, expected)
    for one, other in zip(keras.tree.flatten(found), keras.tree.flatten(expected), strict=True):
        if isinstance(other, float):
            assert one == pytest.approx(other, rel=1e-4, abs=1e-6)
        else:
            assert one == other


def assert_same_state(ours, theirs):
    variables = [*ours.variables, *ours.optimizer.variables, *ours.metrics_variables]
    others = [*theirs.variables, *theirs.optimizer.variables, *theirs.metrics_variables]
    for one, other in zip(variables, others, strict=True):
        np.testing.assert_allclose(
            as_numpy(one), as_numpy(other), rtol=1e-4, atol=1e-6, err_msg=one.path
        )


HELD_OUT = draw(6, 4, seed=1), np.arange(6) % 3
CALLS = [
    lambda: {"epochs": 2, "validation_split": 0.3},
    lambda: {"shuffle": False, "sample_weight": WEIGHTS},
    lambda: {"class_weight": {0: 2.0, 2: 0.5}, "epochs": 5, "initial_epoch": 3},
    lambda: {"batch_size": None, "steps_per_epoch": 4, "epochs": 2},
    lambda: {"steps_per_epoch": 1, "epochs": 6, "validation_data": HELD_OUT},
    lambda: {
        "epochs": 4,
        "validation_data": (*HELD_OUT, WEIGHTS[:6]),
        "validation_freq": [1, 4],
        "validation_batch_size": 2,
        "validation_steps": 2,
    },
    lambda: {
        "epochs": 9,
        "callbacks": [keras.callbacks.ReduceLROnPlateau("loss", patience=0, min_delta=9.0)],
    },
    lambda: {
        "epochs": 9,
        "validation_split": 0.3,
        "callbacks": [keras.callbacks.EarlyStopping("val_accuracy", patience=1, min_delta=2.0)],
    },
    lambda: {"epochs": 3, "validation_data": HELD_OUT, "callbacks": [Hooks(stop_at=(1, 2))]},
]
"""Arguments of `fit`, made anew for each call, as callbacks have a state."""


# Several calls in one test, because the steps of both models are compiled once for all of them.
@pytest.mark.parametrize("calls", first_ones([CALLS[:2], CALLS[2:]], 1), ids=["few", "others"])
def test_what_fit_does_is_what_keras_does(calls):
    ours, theirs = made(), made()
    for make_call in calls:
        results = []
        for fit in (ours.fit, by_keras(theirs)[0]):
            call = {"batch_size": 4, "verbose": 0, **make_call()}
            keras.utils.set_random_seed(7)
            history = fit(X, Y, **call)
            hooks = [one.called for one in call.get("callbacks", []) if isinstance(one, Hooks)]
            results.append((history.epoch, history.history, hooks))
        assert_nearly(*results)
        assert_same_state(ours, theirs)


@pytest.mark.slow
@pytest.mark.skipif(BACKEND != "tensorflow", reason="other backends read a data set in Python")
def test_a_data_set_gives_what_it_gives_keras():
    ours, theirs = made(), made()
    held_out = batched(3, X[:8], Y[:8])
    for options in (
        {"epochs": 2, "validation_data": held_out, "validation_steps": 2},
        {"epochs": 3, "initial_epoch": 2},
        {"epochs": 4, "steps_per_epoch": 1},
        {"epochs": 3, "steps_per_epoch": 4, "passes": None},
    ):
        passes = options.pop("passes", 1)
        data = [batched(5, X, Y, WEIGHTS).repeat(passes) for _ in range(2)]
        own = ours.fit(data[0], verbose=0, **options)
        expected = by_keras(theirs)[0](data[1], verbose=0, **options)
        assert_nearly(own.history, expected.history)
        assert_same_state(ours, theirs)


@pytest.mark.slow
def test_evaluate_is_that_of_keras():
    model = made()
    calls = ({}, {"sample_weight": WEIGHTS, "return_dict": True}, {"steps": 2, "batch_size": 3})
    for options in calls:
        found = model.evaluate(X, Y, verbose=0, **options)
        assert_nearly(found, by_keras(model)[1](X, Y, verbose=0, **options))


@pytest.mark.slow
def test_later_fits_trace_nothing():
    model = made()
    calls = []
    head_call = model.head.call
    model.head.call = lambda *args, **kwargs: calls.append(1) or head_call(*args, **kwargs)
    model.fit(X, Y, verbose=0, batch_size=4)
    traced = len(calls)
    for rows in (ROWS, 9, 4):
        model.fit(X[:rows], Y[:rows], verbose=0, batch_size=rows // 2)
    assert BACKEND != "tensorflow" or len(calls) == traced
    state = model.training_state
    model.compile("sgd", model.loss)
    model.fit(X, Y, verbose=0)
    assert BACKEND == "torch" or model.training_state is not state


@pytest.mark.slow
def test_a_loss_that_is_not_finite_goes_on_as_in_keras():
    model = made()
    model.head.trainable_weights[0].assign(np.full(model.head.weights[0].shape, np.inf, "float32"))
    history = model.fit(X, Y, epochs=3, verbose=0, callbacks=[keras.callbacks.TerminateOnNaN()])
    assert len(history.epoch) == 1 and np.isnan(history.history["loss"]).all()


@pytest.mark.slow
def test_a_callback_that_compiles_the_model_is_refused():
    class Compiles(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            self.model.compile("sgd", self.model.loss)

    with pytest.raises((RuntimeError, TypeError), match=r"compiled|callable"):
        made().fit(X, Y, epochs=2, verbose=0, callbacks=[Compiles()])


class KillAtEpoch(keras.callbacks.Callback):
    def __init__(self, epoch):
        super().__init__()
        self.last = epoch

    def on_epoch_end(self, epoch, logs=None):
        if epoch == self.last:
            kill_by_error()


@pytest.mark.slow
def test_a_run_with_backups_goes_on_where_it_was_killed(tmp_path):
    options = {"batch_size": 4, "epochs": 4, "verbose": 0, "validation_split": 0.2}
    whole = made()
    expected = whole.fit(X, Y, seed=3, **options)

    for kill in (2, None):
        keras.utils.set_random_seed(kill or 9)  # Nothing global decides how it goes on.
        model = made()
        callbacks = [] if kill is None else [KillAtEpoch(kill)]
        call = {**options, "callbacks": callbacks, "seed": 3, "backup": tmp_path / "run"}
        if kill is None:
            history = model.fit(X, Y, **call, backup_every=3)
        else:
            with pytest.raises(Killed):
                model.fit(X, Y, **call, backup_every=3)
    assert same_bits(model.variables, whole.variables)
    assert history.history == expected.history


def test_what_only_our_loop_has_is_refused_where_keras_trains(tmp_path):
    model = made(run_eagerly=True)
    message = r"`backup` .* Keras's own loop, .* because it is compiled with `run_eagerly=True`"
    with pytest.raises(ValueError, match=message):
        model.fit(X, Y, backup=tmp_path / "run")
    assert not list(tmp_path.iterdir())
