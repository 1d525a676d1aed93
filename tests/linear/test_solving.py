"""Solved linear models: gradients worked out by hand, and the predictions of scikit-learn."""

import numpy as np
import pytest
from scipy.special import expit, softmax
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from keras_mtl.linear.losses import SigmoidLoss, SoftmaxLoss, SquaredLoss
from keras_mtl.linear.minimum import Rows
from keras_mtl.linear.solving import MOST_AXES, solve

SOFTMAX, SIGMOID, SQUARED = SoftmaxLoss(), SigmoidLoss(), SquaredLoss()
SHAPES = pytest.mark.parametrize(("samples", "width"), [(120, 8), (30, 60)])


def drawn(samples, width, columns=4, seed=0):
    """Features of various units, one of them constant, and noisy linear outputs."""
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(samples, width)) * generator.uniform(0.1, 10, size=width) + 5
    features[:, 0] = 2.0
    kernel = generator.normal(size=(width, columns)) / features.std(axis=0).clip(0.1)[:, None]
    outputs = (features - features.mean(axis=0)) @ kernel / np.sqrt(width)
    outputs += generator.normal(size=outputs.shape)
    return features, outputs, generator.uniform(0.2, 3, size=samples)


def one_hot(outputs):
    return np.eye(outputs.shape[1])[outputs.argmax(axis=1)]


def gradient_by_hand(features, targets, weights, link, model, strengths):
    """Of the penalised loss, by the kernel and bias on standardised features."""
    deviations = features.std(axis=0)
    standardised = np.where(deviations > 0, (features - features.mean(axis=0)), 0)
    standardised /= np.where(deviations > 0, deviations, 1)
    kernel = model.kernel * deviations[:, None]
    slopes = (link(features @ model.kernel + model.bias) - targets) * weights[:, None]
    return np.vstack([standardised.T @ slopes + strengths * kernel, slopes.sum(axis=0)])


@SHAPES
@pytest.mark.parametrize("loss", [SOFTMAX, SIGMOID, SQUARED])
def test_the_gradient_at_the_solution_is_a_fraction_of_that_at_zero(loss, samples, width):
    features, outputs, weights = drawn(samples, width)
    targets, link = {
        SOFTMAX: (one_hot(outputs), lambda z: softmax(z, axis=1)),
        SIGMOID: ((outputs > 0).astype(float), expit),
        SQUARED: (outputs / outputs.std(axis=0), lambda z: z),
    }[loss]
    weights /= weights.mean()

    model, strengths = solve(loss, Rows(features, targets, weights))

    at_solution, at_zero = (
        gradient_by_hand(features, targets, weights, link, one, strengths)
        for one in (model, type(model).zeros(width, 4))
    )
    assert np.abs(at_solution).max() < 1e-4 * np.abs(at_zero).max()
    assert not model.kernel[0].any()  # the constant feature


@SHAPES
def test_probabilities_are_those_of_scikit_learn(samples, width):
    features, outputs, weights = drawn(samples, width)
    labels = outputs.argmax(axis=1)
    weights /= weights.mean()
    model, strengths = solve(SOFTMAX, Rows(features, one_hot(outputs), weights))
    peer = LogisticRegression(C=1 / strengths[0], tol=1e-8, max_iter=10_000)
    pipeline = make_pipeline(StandardScaler(), peer)
    pipeline.fit(features, labels, logisticregression__sample_weight=weights)

    probabilities = softmax(model.outputs(features), axis=1)

    np.testing.assert_allclose(probabilities, pipeline.predict_proba(features), atol=1e-3)


@SHAPES
def test_each_column_of_yes_and_no_is_a_logistic_regression(samples, width):
    features, outputs, weights = drawn(samples, width)
    targets = (outputs > 0.3).astype(float)
    model, strengths = solve(SIGMOID, Rows(features, targets, weights / weights.mean()))
    inputs = StandardScaler().fit_transform(features)
    for column, strength in enumerate(strengths):
        peer = LogisticRegression(C=1 / strength, tol=1e-8, max_iter=10_000)
        peer.fit(inputs, targets[:, column], weights / weights.mean())
        expected = peer.predict_proba(inputs)[:, 1]
        got = expit(model.outputs(features)[:, column])
        np.testing.assert_allclose(got, expected, atol=1e-3)


@SHAPES
def test_numbers_of_any_unit_are_a_ridge_regression(samples, width):
    features, outputs, weights = drawn(samples, width)
    targets = outputs * [1e-3, 1.0, 1e4, 1.0] + [0.0, 1e5, 0.0, -3.0]
    weights /= weights.mean()
    model, strengths = solve(SQUARED, Rows(features, targets, weights))
    inputs = StandardScaler().fit_transform(features)

    expected = Ridge(strengths).fit(inputs, targets, weights).predict(inputs)

    errors = (model.outputs(features) - expected) / targets.std(axis=0)
    assert np.abs(errors).max() < 1e-3


def test_many_features_need_no_axes():
    samples, width = MOST_AXES + 10, MOST_AXES + 1
    features, outputs, _ = drawn(samples, width)
    model, strengths = solve(SQUARED, Rows(features, outputs, np.ones(samples)))
    inputs = StandardScaler().fit_transform(features)
    expected = Ridge(strengths).fit(inputs, outputs).predict(inputs)
    np.testing.assert_allclose(model.outputs(features), expected, atol=1e-3 * outputs.std())


def test_the_strength_is_that_of_the_smallest_loss_on_the_validation_data():
    features, outputs, _ = drawn(200, 8)
    parts = [
        Rows(features[rows], one_hot(outputs)[rows], np.ones(len(features[rows])))
        for rows in (slice(0, 40), slice(40, 200))
    ]
    _, strengths = solve(SOFTMAX, *parts)

    losses = {}
    for strength in 10.0 ** np.arange(-2, 4.5, 0.5):
        peer = make_pipeline(StandardScaler(), LogisticRegression(C=1 / strength, max_iter=10_000))
        peer.fit(parts[0].features, parts[0].targets.argmax(axis=1))
        shares = peer.predict_proba(parts[1].features)
        losses[strength] = -np.log((shares * parts[1].targets).sum(axis=1)).mean()
    best = min(losses, key=losses.get)

    assert np.log10(strengths[0]) == pytest.approx(np.log10(best), abs=0.51)


def test_a_class_without_samples_is_never_likely():
    features, outputs, _ = drawn(30, 8)
    targets = np.insert(one_hot(outputs), 2, 0.0, axis=1)

    model, _ = solve(SOFTMAX, Rows(features, targets, np.ones(30)))

    assert np.isfinite(model.kernel).all() and np.isfinite(model.bias).all()
    elsewhere = 100 * np.random.default_rng(1).normal(size=(500, 8))
    assert softmax(model.outputs(elsewhere), axis=1)[:, 2].max() <= 1 / 31
    without, _ = solve(SOFTMAX, Rows(features, one_hot(outputs), np.ones(30)))
    np.testing.assert_allclose(np.delete(model.kernel, 2, axis=1), without.kernel)


def test_columns_that_say_nothing_do_not_depend_on_the_features():
    features, outputs, _ = drawn(30, 8, columns=3)
    targets = (outputs > 0).astype(float)
    targets[:, 0], targets[:, 1] = 0, 1

    model, strengths = solve(SIGMOID, Rows(features, targets, np.ones(30)))

    assert not model.kernel[:, :2].any() and model.kernel[:, 2].any()
    np.testing.assert_allclose(expit(model.bias[:2]), [0.5 / 31, 30.5 / 31])
    assert strengths[0] == strengths[1] == 0 < strengths[2]
    constant, _ = solve(SQUARED, Rows(features, np.full((30, 1), 7.0), np.ones(30)))
    assert constant.bias == [7.0] and not constant.kernel.any()


@pytest.mark.parametrize("samples", [1, 2, 4])
def test_a_few_samples(samples):
    features, targets = np.eye(4)[:samples], np.eye(4)[:samples]
    for loss in (SOFTMAX, SIGMOID, SQUARED):
        model, _ = solve(loss, Rows(features, targets, np.ones(samples)))
        assert np.isfinite(model.kernel).all()
        assert (model.outputs(features).argmax(axis=1) == np.arange(samples)).all()


def test_samples_of_weight_zero_are_left_out():
    features, outputs, weights = drawn(40, 8)
    targets = one_hot(outputs)
    weights[:10] = 0
    model, _ = solve(SOFTMAX, Rows(features, targets, weights))
    features[:10] = 1e6
    moved, _ = solve(SOFTMAX, Rows(features, targets, weights))
    np.testing.assert_array_equal(moved.kernel, model.kernel)


def test_much_data_in_single_precision(monkeypatch):
    features, outputs, weights = drawn(120, 8)
    rows = Rows(features.astype("float32"), one_hot(outputs), weights)
    model, strengths = solve(SOFTMAX, rows)
    monkeypatch.setattr("keras_mtl.linear.solving.LARGE", 0)
    single, others = solve(SOFTMAX, rows)
    np.testing.assert_array_equal(strengths, others)
    np.testing.assert_allclose(single.outputs(features), model.outputs(features), atol=1e-2)
