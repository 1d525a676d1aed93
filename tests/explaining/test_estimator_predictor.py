"""Objects that predict as those of scikit-learn do."""

import keras
import numpy as np
import pytest
from keras import layers
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.metrics import confusion_matrix
from sklearn.svm import LinearSVC

from _helpers import draw
from keras_mtl import TransferClassifier, errors, explain
from keras_mtl.explaining.class_explanation import ClassExplanation
from keras_mtl.explaining.number_explanation import NumberExplanation

ROWS = 70
X = draw(ROWS, 6)
Y = (np.abs(X[:, 0] * 2 + X[:, 1]) % 3).astype(int)
NAMES = ("cat", "dog", "owl")


def batches(y):
    for start in range(0, ROWS, 16):
        yield X[start : start + 16], y[start : start + 16]


@pytest.mark.parametrize("estimator", [LogisticRegression(), LinearSVC()])
def test_estimators_of_scikit_learn(estimator):
    y = np.array([2, 5, 9])[Y]
    estimator.fit(X, y)
    found = explain(estimator, X, y)
    assert np.array_equal(found.confusion, confusion_matrix(y, estimator.predict(X)))
    assert found.classes == ("2", "5", "9")
    assert (found.calibration is None) == isinstance(estimator, LinearSVC)
    assert repr(explain(estimator, batches(y))) == repr(found)
    with pytest.raises(errors.InvalidLabels, match="the class 0 in row"):
        explain(estimator, X, Y)


def test_an_object_that_predicts():
    class Guess:
        def predict(self, x):
            return np.array(["dog"] * len(x))

    found = explain(Guess(), X, np.array(NAMES)[Y])
    assert repr(explain(Guess(), [X], np.array(NAMES)[Y])) == repr(found)
    assert found.accuracy == np.mean(Y == 1) and found.classes == NAMES


def test_an_estimator_of_numbers():
    x, numbers = X.astype(float), Y + X[:, 3].astype(float)
    model = LinearRegression().fit(x, numbers)
    found = explain(model, x, numbers)
    assert isinstance(found, NumberExplanation)
    assert found.scores[0].r2 == pytest.approx(model.score(x, numbers))


def test_a_transfer_classifier():
    trained = keras.Sequential([keras.Input((6,)), layers.Dense(3)])
    estimator = TransferClassifier(trained, cut=0, strategy="frozen", random_state=0)
    names = np.array(NAMES)[Y]
    found = explain(estimator.fit(X, names), X, names)
    assert isinstance(found, ClassExplanation) and found.classes == NAMES
    assert found.accuracy == pytest.approx(estimator.score(X, names))
