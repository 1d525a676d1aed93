import keras
import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import GridSearchCV
from sklearn.utils.estimator_checks import check_estimator

from _estimators import assert_predicts_like, network
from keras_mtl import TransferRegressor
from keras_mtl.errors import InvalidLabels

SHORT = {"frozen": {}, "fine_tune": {"epochs": 2}}


def numbers(samples=48, targets=0, unit=1.0):
    """Samples, and numbers that a linear model on the features predicts well."""
    generator = np.random.default_rng(0)
    x = generator.normal(size=(samples, 4))
    hidden = keras.ops.convert_to_numpy(network().get_layer("first")(x))
    y = hidden @ generator.normal(size=(16, max(targets, 1))) + 3
    return x, unit * (y if targets else y[:, 0])


@pytest.mark.parametrize(
    "strategy, targets",
    [
        ("frozen", 0),
        ("frozen", 1),
        ("frozen", 2),
        pytest.param("fine_tune", 2, marks=pytest.mark.slow),
        pytest.param("fine_tune", 0, marks=pytest.mark.slow),
    ],
)
def test_numbers_of_any_unit_in_the_shape_of_the_labels(strategy, targets):
    x, y = numbers(targets=targets, unit=1e4)
    regressor = TransferRegressor(network(), "first", strategy, **SHORT[strategy]).fit(x, y)
    predictions = regressor.predict(x)
    assert predictions.shape == y.shape and predictions.dtype == "float64"
    assert regressor.score(x, y) > 0.95
    assert_predicts_like(regressor.model_, x, predictions.reshape(48, -1))


def test_targets_of_different_units_count_alike():
    x, y = numbers(targets=2)
    scaled = TransferRegressor(network(), "first", "frozen").fit(x, y * [1, 1e6])
    alone = TransferRegressor(network(), "first", "frozen").fit(x, y)
    np.testing.assert_allclose(scaled.predict(x), alone.predict(x) * [1, 1e6], rtol=1e-4)


@pytest.mark.slow
def test_the_best_depth_and_strategy():
    x, y = numbers(samples=60)
    regressor = TransferRegressor(network(), epochs=2, random_state=0).fit(x, y)
    assert regressor.cut_ == "first"
    results = regressor.cv_results_
    best = int(np.argmax(results["mean_test_score"]))
    assert regressor.strategy_ == results["param_strategy"][best]
    assert regressor.probes_.metric == "R²"


def test_in_a_search_with_weights_and_pandas():
    x, y = numbers()
    grid = {"cut": ["first", "second"]}
    search = GridSearchCV(TransferRegressor(network(), strategy="frozen"), grid, cv=2)
    search.fit(x, pd.Series(y, name="price"), sample_weight=1 + np.arange(48) % 2)
    assert search.best_params_ == {"cut": "first"}


def test_equal_numbers_are_predicted():
    x, _ = numbers()
    regressor = TransferRegressor(network()).fit(x, np.full(48, 7.5))
    np.testing.assert_allclose(regressor.predict(x), 7.5)


NOT_APPLICABLE = {
    "check_estimators_overwrite_params": "it compares a hash of the model with that of a deep "
    "copy, but Keras pickles memory addresses and the date",
    "check_sample_weight_equivalence_on_dense_data": "it gives `cv` a list of splits, which takes "
    "a number of folds; nor are folds of repeated samples those of weighted ones",
    "check_array_api_input": "scikit-learn skips it unless SCIPY_ARRAY_API is set",
}


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore")
def test_scikit_learn_accepts_it():
    stack = [
        keras.layers.Rescaling(0.5),
        *map(keras.layers.Activation, ["tanh", "relu"]),
    ]
    model = keras.Sequential([keras.Input((None,)), *stack])
    regressor = TransferRegressor(model)
    results = check_estimator(regressor, expected_failed_checks=NOT_APPLICABLE, on_skip=None)
    not_passed = {result["check_name"] for result in results if result["status"] != "passed"}
    assert len(results) > 55
    assert not_passed == set(NOT_APPLICABLE)


@pytest.mark.parametrize(
    "y, message",
    [
        (np.array(["a", "b"] * 3), "TransferClassifier"),
        ([1, 2, np.nan, 3, 4, 5], "NaN"),
        ([1, 2, np.inf, 3, 4, 5], "infinity"),
        (np.ones((6, 2, 2)), "dim 3"),
        (np.ones(5), "5 labels and 6 samples"),
        (None, "requires y"),
    ],
)
def test_bad_labels_are_refused(y, message):
    with pytest.raises(InvalidLabels, match=message):
        TransferRegressor(network(), "first").fit(np.zeros((6, 4)), y)


def test_one_sample_is_too_few():
    with pytest.raises(InvalidLabels, match="1 sample"):
        TransferRegressor(network(), "first").fit(np.zeros((1, 4)), [1.0])
