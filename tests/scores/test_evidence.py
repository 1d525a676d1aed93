"""The evidence equals its direct maximisation, in every shape that features come in."""

import numpy as np
import pytest
from scipy.optimize import minimize
from scipy.stats import multivariate_normal

from _zoo import first_ones
from keras_mtl.scores.evidence import maximum_evidence


def direct_maximum(features, target):
    """Maximise log N(y; 0, I / beta + F F^T / alpha) / n by simplex search from many starts."""
    kernel, identity = features @ features.T, np.eye(len(target))
    kernel = kernel / max(np.trace(kernel), 1e-300)

    def loss(logs):
        noise, signal = np.exp(np.clip(logs, -40, 40))
        covariance = noise * identity + signal * kernel
        return -multivariate_normal.logpdf(target, cov=covariance, allow_singular=True)

    starts = [(noise, signal) for noise in (-6, 0) for signal in (-8, 0, 4)]
    options = {"xatol": 1e-9, "fatol": 1e-11, "maxiter": 2000}
    fits = [minimize(loss, s, method="Nelder-Mead", options=options) for s in starts]
    return -min(fit.fun for fit in fits) / len(target)


def linear_problem(samples, width, noise, seed):
    generator = np.random.default_rng(seed)
    features = generator.normal(size=(samples, width)) * generator.lognormal(size=width)
    target = features @ generator.normal(size=width) + noise * generator.normal(size=samples)
    return features, target


def only(features, target):
    return maximum_evidence(features, target[:, None])[0]


@pytest.mark.parametrize("samples, width", [(20, 3), (12, 12), (10, 40)])
@pytest.mark.parametrize("noise", [0.1, 3.0])
def test_equals_direct_maximisation(samples, width, noise):
    features, target = linear_problem(samples, width, noise, seed=samples + width)
    expected = direct_maximum(features, target)
    assert only(features, target) == pytest.approx(expected, abs=1e-6)


def test_equals_direct_maximisation_of_low_rank_features():
    features, target = linear_problem(20, 3, 1.0, seed=0)
    wide = features @ np.random.default_rng(1).normal(size=(3, 50))
    assert only(wide, target) == pytest.approx(direct_maximum(wide, target), abs=1e-6)


def test_is_the_limit_without_noise_when_features_outnumber_samples():
    """Where beta has no optimum, the supremum is the density under the features' kernel."""
    generator = np.random.default_rng(0)
    features = generator.normal(size=(8, 30))
    target = features @ generator.normal(size=30)
    kernel = features @ features.T
    scale = target @ np.linalg.solve(kernel, target) / 8
    limit = multivariate_normal.logpdf(target, cov=scale * kernel) / 8
    assert only(features, target) == pytest.approx(limit, abs=1e-8)


def test_is_the_limit_without_signal_for_useless_features():
    target = np.array([1.0, -1.0, 2.0, -2.0])
    orthogonal = np.array([[1.0], [1.0], [0.0], [0.0]])
    limit = -0.5 * (np.log(2 * np.pi * 2.5) + 1)
    assert only(orthogonal, target) == pytest.approx(limit, abs=1e-9)
    assert only(np.zeros((4, 3)), target) == pytest.approx(limit, abs=1e-12)


@pytest.mark.parametrize("strong, weak", [(300.0, 1.0), (10.0, 1.0), (0.01, 1.0)])
def test_finds_the_highest_of_two_peaks(strong, weak):
    """A ratio that fits two strong directions and one that fits thirty weak ones compete."""
    scales = np.repeat([1.0, 1e-5], [2, 30])
    features = np.vstack([np.diag(scales), np.zeros((8, 32))])
    target = np.repeat([strong, weak, 1e-3], [2, 30, 8])
    assert only(features, target) == pytest.approx(direct_peak(scales, target), abs=1e-8)


def direct_peak(scales, target):
    """Maximise over a dense grid of the ratio; the features are diagonal."""
    ratios = np.exp(np.linspace(-60, 30, 400_001))
    energies, rest = target[: len(scales)] ** 2, (target[len(scales) :] ** 2).sum()
    misfit, log_determinant = np.full(len(ratios), rest), np.zeros(len(ratios))
    for scale, energy in zip(scales, energies, strict=True):
        share = ratios / (ratios + scale**2)
        misfit += energy * share
        log_determinant += np.log(share)
    samples = len(target)
    heights = log_determinant / samples - np.log(2 * np.pi * misfit / samples) - 1
    return 0.5 * heights.max()


@pytest.mark.parametrize("seed", first_ones(range(20), 6))
def test_equals_a_dense_search_over_spectra_of_many_decades(seed):
    generator = np.random.default_rng(seed)
    scales = np.sort(10 ** generator.uniform(-6, 0, size=12))[::-1]
    target = 10 ** generator.uniform(-4, 1, size=16)
    features = np.vstack([np.diag(scales), np.zeros((4, 12))])
    expected = direct_peak(scales, target)
    assert only(features, target) == pytest.approx(expected, abs=1e-7)


@pytest.mark.parametrize("factor", [1e-150, 1e-20, 1e20, 1e150])
def test_does_not_depend_on_the_scale_of_the_features(factor):
    features, target = linear_problem(20, 5, 1.0, seed=0)
    assert only(features * factor, target) == pytest.approx(only(features, target), abs=1e-9)


def test_zero_columns_and_rotations_change_nothing():
    features, target = linear_problem(20, 5, 1.0, seed=0)
    rotation = np.linalg.qr(np.random.default_rng(0).normal(size=(5, 5)))[0]
    padded = np.hstack([np.zeros((20, 30)), features @ rotation])
    assert only(padded, target) == pytest.approx(only(features, target), abs=1e-9)


def test_columns_of_targets_are_separate_problems():
    features, target = linear_problem(15, 4, 1.0, seed=0)
    other = np.random.default_rng(1).normal(size=15)
    both = maximum_evidence(features, np.stack([target, other], axis=1))
    assert both == pytest.approx([only(features, target), only(features, other)], abs=1e-12)


def test_is_infinite_where_few_features_reproduce_the_target():
    features, _ = linear_problem(20, 5, 1.0, seed=0)
    exact, other = features @ np.arange(1.0, 6.0), np.random.default_rng(1).normal(size=20)
    evidence = maximum_evidence(features, np.stack([exact, other], axis=1))
    assert evidence[0] == np.inf
    assert evidence[1] == pytest.approx(only(features, other), abs=1e-12)
