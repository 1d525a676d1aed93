"""The inputs that the verbs of a `TransferModel` take, beside those of Keras."""

import keras
import numpy as np
import pandas
import pytest

from keras_mtl import Head, transfer
from keras_mtl.errors import InvalidFeatures, InvalidLabels

X = np.random.default_rng(0).normal(size=(8, 3)).astype("float32")
Y = np.arange(8) % 3


@pytest.fixture(scope="module")
def trained():
    return keras.Sequential([keras.Input((3,)), keras.layers.Dense(4), keras.layers.Dense(2)])


@pytest.fixture
def model(trained):
    model = transfer(trained, 1, head=Head(3), verify=False)
    model.compile("sgd", model.loss, run_eagerly=True)
    return model


def test_arrays_reach_keras_as_they_are(model, monkeypatch):
    given = []
    for verb in ("fit", "evaluate", "predict"):
        monkeypatch.setattr(keras.Model, verb, lambda self, x, *args, **kwargs: given.append(x))
    stream = iter([(X, Y)])
    for x in (X, keras.ops.array(X), stream, {"input": X}):
        given.clear()
        model.fit(x)
        model.evaluate(x, verbose=0)
        model.predict(x, 4)
        assert [one is x for one in given] == [True, True, True]


def test_the_arguments_of_keras_go_through(model):
    frame = pandas.DataFrame(X)
    expected = model.predict(X, 4, 0)
    np.testing.assert_array_equal(model.predict(x=frame, batch_size=4, verbose=0), expected)
    loss = model.evaluate(X, Y, 4, 0)
    assert model.evaluate(x=frame, y=Y, batch_size=4, verbose=0, return_dict=False) == loss
    history = model.fit(X, Y, 4, 2, 0, validation_data=(frame, Y))
    assert len(history.history["val_loss"]) == 2


def test_inputs_that_do_not_fit_are_refused_before_training(model):
    gap = pandas.DataFrame(X).convert_dtypes()
    gap.iloc[5, 1] = pandas.NA
    for verb in (model.predict, lambda x: model.fit(x, Y), lambda x: model.evaluate(x, Y)):
        with pytest.raises(InvalidFeatures, match="row 5 is missing"):
            verb(gap)
    with pytest.raises(InvalidFeatures, match=r"`validation_data`.*row 5"):
        model.fit(X, Y, validation_data=(gap, Y))


@pytest.mark.slow
def test_labels_of_every_kind_are_evaluated_as_they_are_trained_on(model):
    expected = model.evaluate(X, Y, verbose=0)
    for kind in ("Int64", "float64", "category"):
        labels = pandas.Series(Y, index=range(5, 13)).astype(kind)
        assert model.evaluate(X, labels, verbose=0) == pytest.approx(expected)
        assert model.evaluate(X, labels, 4, 0) == pytest.approx(expected)
    assert model.evaluate(X, pandas.DataFrame({"y": Y}), verbose=0) == pytest.approx(expected)
    with pytest.raises(InvalidLabels, match="holds the class 3"):
        model.evaluate(X, Y + 3, verbose=0)
