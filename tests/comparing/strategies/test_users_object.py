import keras
import numpy as np
import pandas as pd
import pytest

from _transfer_tasks import CLASSES, NUMBERS, X, classes_of, learnt, numbers_of
from _watching import unchanged
from keras_mtl import transfer
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.comparing.strategies.given_inputs import back_to_given
from keras_mtl.comparing.strategies.users_object import UsersObject
from keras_mtl.errors import InvalidLabels


class Careless:
    """Changes what it is given, and remembers it."""

    def fit(self, model, cut, x, y, seed):
        assert not hasattr(self, "y"), "a copy of the object for each run"
        self.cut, self.x, self.y, self.seed = cut, x, y, seed
        for weight in model.weights:
            weight.assign(keras.ops.zeros(weight.shape))
        model.trainable = False
        model.compile("sgd", "mse")
        keras.Model(model.inputs, model.layers[0].output)
        return self

    def predict(self, x):
        return np.repeat(self.y[:1], len(x), axis=0)


def users_object(learner, x):
    return UsersObject("mine", learner, back_to_given(ModelInputs.of(learnt()), x))


def test_the_object_gets_its_own_copies_and_labels_as_given():
    network, learner = learnt(), Careless()
    task, data = classes_of(X, CLASSES, network)
    strategy = users_object(learner, X)
    with unchanged(network):
        fitted = [strategy.fit(task, "second", data.take(np.arange(5 + s)), s) for s in range(2)]
    for seed, one in enumerate(fitted):
        mine = one.model()
        assert (mine.cut, mine.seed) == ("second", seed)
        np.testing.assert_array_equal(mine.x, X[: 5 + seed])
        np.testing.assert_array_equal(mine.y, CLASSES[: 5 + seed])
        np.testing.assert_array_equal(one.predict(data.samples), [CLASSES[0]] * len(X))
    assert not vars(learner)


@pytest.mark.parametrize("y", [NUMBERS, np.stack([NUMBERS] * 2, axis=1)], ids=["one", "two"])
def test_numbers_keep_their_shape(y):
    task, data = numbers_of(X, y)
    fitted = users_object(Careless(), X).fit(task, "second", data, 0)
    np.testing.assert_array_equal(fitted.model().y, y)
    assert fitted.predict(data.samples).shape == y.shape


@pytest.mark.parametrize(
    "returned", [np.zeros((48, 3)), np.zeros(47), np.full(48, np.nan)], ids=["wide", "few", "nan"]
)
def test_what_is_not_a_label_for_each_sample_is_refused(returned):
    class Wrong(Careless):
        def predict(self, x):
            return returned

    task, data = numbers_of(X, NUMBERS)
    fitted = users_object(Wrong(), X).fit(task, "second", data, 0)
    with pytest.raises(InvalidLabels, match=r"`mine\.predict`"):
        fitted.predict(data.samples)


def test_an_object_that_cannot_be_copied_is_refused():
    learner = Careless()
    learner.lines = (line for line in "abc")
    task, data = classes_of(X, CLASSES)
    with pytest.raises(TypeError, match="'mine' cannot be copied"):
        users_object(learner, X).fit(task, "second", data, 0)


def test_a_transfer_of_the_user_s_own_runs():
    class Own:
        def fit(self, model, cut, x, y, seed):
            self.names = np.unique(y)
            self.model = transfer(model, cut, head=keras.layers.Dense(3))

        def predict(self, x):
            return self.names[self.model.predict(x, verbose=0).argmax(1)]

    task, data = classes_of(X, CLASSES)
    fitted = users_object(Own(), X).fit(task, "second", data, 0)
    assert set(fitted.predict(data.samples)) <= set(CLASSES)


def test_inputs_come_back_in_the_form_in_which_they_were_given():
    wide, deep = keras.Input((2,), name="w"), keras.Input((1,), name="d")
    joined = keras.layers.Concatenate()([wide, deep])
    inputs = ModelInputs.of(keras.Model({"w": wide, "d": deep}, joined))
    given = {"w": np.ones((3, 2)), "d": np.ones((3, 1))}
    in_order = [given[key] for key in inputs.keys]
    found = back_to_given(inputs, {**given, "else": 1})(in_order)
    assert {key: value.shape for key, value in found.items()} == {"w": (3, 2), "d": (3, 1)}
    one = ModelInputs.of(learnt())
    frame = pd.DataFrame(X, columns=list("abcd"))
    back = back_to_given(one, frame)([X[:3]])
    assert list(back.columns) == list("abcd") and len(back) == 3
    assert back_to_given(one, X.tolist())([X]) is X
