"""One vector of a bounded width for each sample."""

import keras
import numpy as np
import pytest

from keras_mtl.probing.reduction import Reduction


def draw(*shape):
    return np.random.default_rng(0).normal(size=shape).astype("float32")


def test_narrow_features_are_only_pooled():
    features = draw(3, 4, 4, 6)

    reduced = Reduction(features.shape, "auto", 6, seed=0)(features)

    np.testing.assert_allclose(reduced, features.mean(axis=(1, 2)), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("features", [7, 8, 9, 16, 100])
def test_wide_features_are_narrowed_and_none_is_lost(features):
    reduction = Reduction((None, features), "auto", 8, seed=0)

    matrix = keras.ops.convert_to_numpy(reduction(np.eye(features, dtype="float32")))

    assert matrix.shape == (features, min(features, 8)) == (features, reduction.width)
    np.testing.assert_array_equal(np.abs(matrix).sum(axis=1), 1)
    groups = np.abs(matrix).sum(axis=0)
    assert groups.max() - groups.min() <= 1


def test_inner_products_are_kept_on_average():
    features = draw(2, 50)
    reduced = [
        keras.ops.convert_to_numpy(Reduction((None, 50), "auto", 16, seed)(features))
        for seed in range(100)
    ]

    products = np.mean([pair @ pair.T for pair in reduced], axis=0)

    np.testing.assert_allclose(products, features @ features.T, atol=12)


def test_masked_steps_do_not_count():
    features = draw(2, 3, 4)
    mask = np.array([[True, False, True], [True, True, True]])

    reduced = Reduction(features.shape, "auto", None, seed=0)(features, mask=mask)

    np.testing.assert_allclose(reduced[0], features[0, [0, 2]].mean(axis=0), rtol=1e-5)


def test_half_precision_is_pooled_in_single_precision():
    features = np.full((1, 300, 300, 2), 60000, "float16")

    reduced = Reduction(features.shape, "auto", None, seed=0)(keras.ops.convert_to_tensor(features))

    np.testing.assert_allclose(reduced, [[60000, 60000]], rtol=1e-3)
