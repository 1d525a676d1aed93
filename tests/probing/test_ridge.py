"""Ridge regression in closed form: the same as scikit-learn's, fitted once for each row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import LeaveOneOut, cross_val_predict

from keras_mtl.linear.standardisation import Standardisation
from keras_mtl.probing.ridge import PENALTIES, held_out_predictions

SHAPES = pytest.mark.parametrize(("samples", "width"), [(24, 5), (12, 40), (9, 9)])


def standardised(features):
    return Standardisation.of(features).apply(features)


def draw(samples, width, targets=3, seed=0):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(samples, width)) * generator.uniform(0.1, 10, size=width)
    weights = generator.normal(size=(width, targets)) / width
    return features, features @ weights + 0.3 * generator.normal(size=(samples, targets)) + 5


def penalties(features):
    return PENALTIES * (standardised(features) ** 2).sum() / len(features)


def one_by_one(features, targets, alpha):
    """scikit-learn's ridge, fitted anew without each row."""
    return cross_val_predict(Ridge(alpha), features, targets, cv=LeaveOneOut())


@SHAPES
def test_equals_ridge_fitted_without_each_row(samples, width):
    features, targets = draw(samples, width)
    by_hand = [one_by_one(standardised(features), targets, alpha) for alpha in penalties(features)]
    best = min(by_hand, key=lambda predictions: ((targets - predictions) ** 2).sum())

    np.testing.assert_allclose(held_out_predictions(features, targets), best, rtol=1e-6)


@SHAPES
def test_the_error_is_that_of_scikit_learn_s_ridge_cv(samples, width):
    features, targets = draw(samples, width)
    inputs = standardised(features)
    peer = RidgeCV(penalties(features), scoring="neg_mean_squared_error").fit(inputs, targets)

    error = ((held_out_predictions(features, targets) - targets) ** 2).mean()

    assert error == pytest.approx(-peer.best_score_, rel=1e-6)


@given(scale=st.sampled_from([1e-150, 1e-12, 1e6]), shift=st.sampled_from([0.0, -3.0]))
def test_scale_and_shift_of_the_features_do_not_matter(scale, shift):
    features, targets = draw(20, 6)

    moved = held_out_predictions((features + shift) * scale, targets)

    np.testing.assert_allclose(moved, held_out_predictions(features, targets), rtol=1e-6)


def test_constant_features_change_nothing():
    features, targets = draw(20, 6)
    with_constant = np.hstack([features, np.full((20, 1), 0.1)])

    expected = held_out_predictions(features, targets)

    np.testing.assert_allclose(held_out_predictions(with_constant, targets), expected, rtol=1e-9)


def test_only_constant_features_predict_the_mean_of_the_others():
    targets = np.array([[0.0], [3.0], [6.0]])

    predictions = held_out_predictions(np.ones((3, 2)), targets)

    np.testing.assert_allclose(predictions, [[4.5], [3.0], [1.5]])


def test_the_label_of_a_row_does_not_leak_into_its_prediction():
    features, targets = draw(12, 40)
    predictions = held_out_predictions(features, targets)
    # More than a single row may decide the penalty; with one penalty nothing else can.
    changed = targets.copy()
    changed[3] += 1e-9

    np.testing.assert_allclose(held_out_predictions(features, changed)[3], predictions[3])
