"""Bad arguments of `fit_cached`: one error, which names the argument, before any work."""

import keras
import numpy as np
import pytest

from _fitting import CLASSES, EAGER, FAST, inputs, labels, trained
from keras_mtl.caching.fit_arguments import check_views_by_keras
from keras_mtl.caching.fit_cached import fit_cached
from keras_mtl.caching.model_parts import StaticPart
from keras_mtl.heads.head import Head
from keras_mtl.transferring import transfer

X, Y = inputs(), labels()


@pytest.fixture(scope="module")
def model():
    made = transfer(trained(), 1, head=Head(CLASSES), verify=False)
    made.run_eagerly = EAGER
    return made


NUMBERS = (0, -1, 1.5, "32", True, [32], float("nan"))
BAD = {
    "batch_size": NUMBERS,
    "validation_batch_size": NUMBERS,
    "steps_per_epoch": NUMBERS,
    "validation_steps": NUMBERS,
    "epochs": NUMBERS,
    "initial_epoch": (-1, 0.5, "0", None),
    "verbose": (3, -1, "loud", None, [1]),
    "callbacks": (5, "early", [5], [keras.callbacks.EarlyStopping(), print], keras.callbacks),
    "validation_split": (1.5, 1, -0.1, "0.2", None, float("nan")),
    "shuffle": (5, "yes", None, "batches"),
    "class_weight": (5, [1.0, 2.0], {0: "a"}, {0: float("nan")}, {"a": 2.0}, "balanced"),
    "validation_freq": (0, -1, 1.5, "1", [], [0], [1, "2"], None),
    "cache": (5, None, True, "", b"folder", ["memory"], "memroy"),
    "solver": ("lbfgs", None, 1, "exakt"),
    "views": (0, 1.5, "2", 2),  # the model has no random augmentation
}
CASES = [(name, value) for name, values in BAD.items() for value in values]


@pytest.mark.parametrize(("name", "value"), CASES, ids=[f"{n}={v!r:.20}" for n, v in CASES])
def test_bad_arguments_are_named(name, value, model, monkeypatch, tmp_path):
    monkeypatch.setattr(StaticPart, "predict_on_batch", None)
    monkeypatch.chdir(tmp_path)
    with pytest.raises((TypeError, ValueError), match=f"`{name}") as error:
        fit_cached(model, X, Y, **{"validation_data": (X, Y), name: value})
    assert repr(value) in str(error.value)
    assert list(tmp_path.iterdir()) == []


def test_the_class_of_a_callback_is_told_from_an_object(model):
    with pytest.raises(ValueError, match=r"Pass an object, `History\(\.\.\.\)`"):
        fit_cached(model, X, Y, callbacks=[keras.callbacks.History])


DATA = [
    ({"x": 5}, "`x` must hold one row for each sample"),
    ({"x": None}, "`x`"),
    ({"x": "text"}, "`x` must hold one row"),
    ({"y": 5}, "`y`"),
    ({"y": None}, "`y` is missing"),
    ({"sample_weight": 5}, "`sample_weight` must hold one row"),
    ({"sample_weight": np.ones(3)}, "same number of samples"),
    ({"validation_data": 5}, "`validation_data` is .* Received: `int`"),
    ({"validation_data": X}, "`validation_data` is .* Received: `ndarray`"),
    ({"validation_data": {"x": X}}, "`validation_data` is .* Received: `dict`"),
    ({"validation_data": ()}, "`validation_data` is .* Received: 0 values"),
    ({"validation_data": (X,)}, "`validation_data` has no labels"),
    ({"validation_data": (X, Y[1:])}, "same number of samples"),
    ({"validation_data": (X, Y, Y, Y)}, "`validation_data` is .* Received: 4 values"),
]


@pytest.mark.parametrize(("given", "message"), DATA, ids=[str(index) for index in range(len(DATA))])
def test_bad_data_are_named(given, message, model, monkeypatch):
    monkeypatch.setattr(StaticPart, "predict_on_batch", None)
    with pytest.raises((TypeError, ValueError), match=message):
        fit_cached(model, **{"x": X, "y": Y, **given})


@pytest.mark.parametrize("model", [5, None, "model", keras.layers.Dense(2), keras.Model])
def test_what_is_no_model(model):
    with pytest.raises(TypeError, match=r"Functional or Sequential `keras\.Model`"):
        fit_cached(model, X, Y)


def test_random_draws_are_made_by_keras_alone():
    with pytest.raises(ValueError, match=r"`views=2` draws .*Received: engine='openvino'"):
        check_views_by_keras("openvino", 2)
    check_views_by_keras("openvino", None)
    check_views_by_keras("auto", 2)


@pytest.mark.slow
def test_what_fit_takes_is_taken(model):
    options = {
        "batch_size": np.int64(20),
        "epochs": np.int32(2),
        "verbose": False,
        "callbacks": [[keras.callbacks.LambdaCallback()], keras.callbacks.LambdaCallback()],
        "shuffle": np.True_,
        "class_weight": {0: 1, 1: np.float32(2), 2: 1.0},
        "validation_split": np.float32(0.25),
        "validation_freq": (2,),
    }
    history = fit_cached(model, X, Y, **options)
    assert history.epoch == [0, 1]
    assert len(history.history["val_loss"]) == 1
    callbacks = keras.callbacks.CallbackList(add_history=True, model=model)
    fit_cached(model, X, Y, **{**FAST, "callbacks": callbacks})
    assert fit_cached(model, X, Y, callbacks=keras.callbacks.LambdaCallback(), **FAST)
