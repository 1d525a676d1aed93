"""Neighbours and (logistic) regression: against scikit-learn on the features, by hand."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, RidgeCV
from sklearn.metrics import log_loss
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor

from _helpers import draw
from _transfer_tasks import CLASSES, NUMBERS, X, classes_of, learnt, numbers_of
from _watching import unchanged
from keras_mtl import FeatureExtractor
from keras_mtl.comparing.strategies.features_knn import FeaturesKnn
from keras_mtl.comparing.strategies.features_logistic import FeaturesLogistic
from keras_mtl.comparing.strategies.shrunk_scaler import shrunk_scaler
from keras_mtl.linear.folds import stratified_folds

NEW = draw(30, 4, seed=1)


def fitted(strategy, task_of, y, rows=slice(None)):
    network = learnt()
    task, data = task_of(X[rows], y[rows], network)
    features = FeatureExtractor(network, "second").transform(X[rows]).astype(float)
    new = FeatureExtractor(network, "second").transform(NEW).astype(float)
    with unchanged(network):
        found = strategy.fit(task, "second", data, 0)
        predicted = found.predict(task_of(NEW, y[:30], network)[1].samples)
        pipeline = found.model()
        np.testing.assert_array_equal(pipeline.predict(NEW), predicted)
    return found, predicted, features, new


@pytest.mark.parametrize(
    ("make", "task_of", "y"),
    [
        (KNeighborsClassifier, classes_of, CLASSES),
        pytest.param(KNeighborsRegressor, numbers_of, NUMBERS, marks=pytest.mark.slow),
    ],
)
def test_neighbours_are_as_many_as_predict_best_the_sample_left_out(make, task_of, y):
    found, predicted, features, new = fitted(FeaturesKnn(), task_of, y)
    scaled = shrunk_scaler(features)
    best = None
    for count in (1, 3, 5, 9, 15):
        for change in (lambda f: f, scaled.transform):
            left_out = []
            for i in range(len(y)):
                others = np.arange(len(y)) != i
                near = make(count).fit(change(features)[others], y[others])
                left_out.append(near.predict(change(features)[[i]])[0])
            left_out = np.array(left_out)
            is_class = y.dtype.kind == "U"
            score = (left_out == y).mean() if is_class else -((left_out - y) ** 2).mean()
            if best is None or score > best[0] + 1e-9:
                best = score, make(count).fit(change(features), y).predict(change(new))
    if is_class:
        np.testing.assert_array_equal(predicted, best[1])
    else:  # The labels are float32, whose mean is rounded in another order.
        np.testing.assert_allclose(predicted, best[1], rtol=1e-6)
    assert found.parameters == 0


@pytest.mark.parametrize("rows", [slice(None), slice(5)], ids=["many", "fewer than features"])
def test_the_penalty_of_the_logistic_regression_is_cross_validated(rows):
    found, predicted, features, new = fitted(FeaturesLogistic(), classes_of, CLASSES, rows)
    y = CLASSES[rows]
    scaler = shrunk_scaler(features)
    scaled = scaler.transform(features)
    folds = stratified_folds(np.unique(y, return_inverse=True)[1], 5)
    losses = {}

    def try_out(strength):
        losses[strength] = 0
        for fold in set(folds) - {-1}:
            out = folds == fold
            model = LogisticRegression(C=1 / strength, max_iter=1000, tol=1e-6)
            model.fit(scaled[~out], y[~out])
            probabilities = model.predict_proba(scaled[out])
            losses[strength] += log_loss(
                y[out], probabilities, normalize=False, labels=model.classes_
            )

    for strength in 10.0 ** np.arange(4, -3, -1):
        try_out(strength)
    best = min(losses, key=losses.get)
    for strength in (best * 10**0.5, best * 10**-0.5):
        try_out(strength)
    # Strengths are compared by fits that end early, so one that is nearly as good may win.
    chosen = 1 / found.model()[-1].C
    try_out(chosen)
    assert losses[chosen] <= min(losses.values()) + 0.05 * len(y)
    expected = LogisticRegression(C=1 / chosen, max_iter=1000, tol=1e-8).fit(scaled, y)
    probabilities = found.model().predict_proba(NEW)
    np.testing.assert_allclose(
        probabilities, expected.predict_proba(scaler.transform(new)), atol=1e-3
    )
    np.testing.assert_array_equal(predicted, expected.predict(scaler.transform(new)))
    assert found.parameters == expected.coef_.size + expected.intercept_.size


def test_numbers_are_predicted_by_ridge_regression():
    several = np.stack([NUMBERS, -2 * NUMBERS], axis=1)
    found, predicted, features, new = fitted(FeaturesLogistic(), numbers_of, several)
    scaler = shrunk_scaler(features)
    strengths = 10.0 ** np.arange(4, -3, -1)
    for column in range(2):
        expected = RidgeCV(strengths).fit(scaler.transform(features), several[:, column])
        np.testing.assert_allclose(
            predicted[:, column], expected.predict(scaler.transform(new)), rtol=1e-6
        )
    assert found.parameters == 14
    one = fitted(FeaturesLogistic(), numbers_of, NUMBERS)[1]
    np.testing.assert_allclose(one, predicted[:, 0], rtol=1e-6)


@pytest.mark.parametrize("strategy", [FeaturesKnn(), FeaturesLogistic()])
def test_one_sample_of_each_class_is_enough(strategy):
    rows = np.unique(CLASSES, return_index=True)[1]
    _, predicted, _, _ = fitted(strategy, classes_of, CLASSES, rows)
    assert set(predicted) <= set(CLASSES)
