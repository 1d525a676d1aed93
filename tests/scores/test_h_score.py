import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.linalg import subspace_angles
from sklearn.covariance import LedoitWolf

from keras_mtl.scores.h_score import h_score


def example(seed=0, samples=40, width=5, classes=3):
    generator = np.random.default_rng(seed)
    labels = np.concatenate(
        [np.arange(classes), generator.integers(classes, size=samples - classes)]
    )
    return generator.normal(size=(samples, width)) + 0.5 * labels[:, None], labels


def canonical_correlations(features, labels):
    """The cosines between the two centred column spaces."""
    one_hot = np.equal.outer(labels, np.unique(labels)[1:]).astype(float)
    return np.cos(subspace_angles(features - features.mean(0), one_hot - one_hot.mean(0)))


def shrunk_by_the_formula(features, labels, amount):
    """The published formula, matrix by matrix."""
    centred = features - features.mean(axis=0)
    means = np.stack([centred[labels == label].mean(axis=0) for label in labels])
    covariance, between = centred.T @ centred / len(labels), means.T @ means / len(labels)
    identity = np.trace(covariance) / len(covariance) * np.eye(len(covariance))
    shrunk = (1 - amount) * covariance + amount * identity
    return np.trace(np.linalg.solve(shrunk, (1 - amount) * between))


@pytest.mark.parametrize(
    "features, expected",
    [
        ([[0], [0], [1], [1]], 1),
        ([[0], [1], [0], [1]], 0),
        ([[0], [1], [1], [1]], 1 / 3),
        ([[0], [1], [1], [2]], 1 / 2),
        ([[5], [5], [5], [5]], 0),
    ],
)
def test_values_by_hand(features, expected):
    assert h_score(features, [0, 0, 1, 1]) == pytest.approx(expected, abs=1e-12)


@given(st.integers(0, 1000), st.integers(1, 10), st.integers(2, 5))
def test_is_the_sum_of_squared_canonical_correlations(seed, width, classes):
    features, labels = example(seed, width=width, classes=classes)
    expected = (canonical_correlations(features, labels) ** 2).sum()
    assert h_score(features, labels) == pytest.approx(expected, abs=1e-9)


@pytest.mark.slow
@given(st.integers(0, 1000))
def test_invertible_maps_and_the_order_of_rows_do_not_matter(seed):
    features, labels = example(seed)
    generator = np.random.default_rng(seed)
    rotation = np.linalg.qr(generator.normal(size=(5, 5)))[0]
    mapped = features @ (rotation * generator.uniform(0.01, 100, size=5)) + generator.normal(size=5)
    order = generator.permutation(len(labels))
    expected = h_score(features, labels)
    assert h_score(mapped[order], labels[order]) == pytest.approx(expected, abs=1e-8)


def test_redundant_and_constant_columns_change_nothing():
    features, labels = example()
    redundant = np.hstack([features, features @ np.ones((5, 3)), np.full((40, 2), 1e6)])
    assert h_score(redundant, labels) == pytest.approx(h_score(features, labels), abs=1e-9)


def test_saturates_when_features_outnumber_samples():
    features, labels = example(width=100)
    assert h_score(features, labels) == pytest.approx(2, abs=1e-9)


@pytest.mark.parametrize("width", [5, 60])
@pytest.mark.parametrize("amount", [0.1, 0.7])
def test_shrinkage_follows_the_formula(width, amount):
    features, labels = example(width=width)
    expected = shrunk_by_the_formula(features, labels, amount)
    assert h_score(features, labels, shrinkage=amount) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("width", [1, 5, 60])
def test_automatic_shrinkage_is_ledoit_and_wolfs(width):
    features, labels = example(width=width)
    expected = h_score(features, labels, shrinkage=LedoitWolf().fit(features).shrinkage_)
    assert h_score(features, labels, shrinkage="auto") == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize("scale", [1e-200, 1e200])
@pytest.mark.parametrize("shrinkage", [0.0, "auto"])
def test_features_of_any_scale(scale, shrinkage):
    features, labels = example()
    expected = h_score(features, labels, shrinkage=shrinkage)
    assert h_score(scale * features, labels, shrinkage=shrinkage) == pytest.approx(expected)


@pytest.mark.parametrize("shrinkage", [-0.1, 1.1, "ledoit", np.nan, None])
def test_unknown_shrinkage_is_refused(shrinkage):
    with pytest.raises(ValueError, match=r"`shrinkage` is 'auto' or between 0 and 1\. Received"):
        h_score(*example(), shrinkage=shrinkage)
