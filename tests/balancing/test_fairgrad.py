import numpy as np
import pytest

from _gradient_matrices import (
    DTYPES,
    SHAPES,
    A,
    combined,
    lengths,
    many,
    products_of,
    updates_of,
    weights_of,
)
from _zoo import first_ones
from keras_mtl.balancing import FairGrad, NashMTL


@pytest.mark.parametrize("dtype", first_ones(DTYPES, 1))
def test_golden_case(dtype):
    expected = [0.031274, 0.790817, 0.790817]
    np.testing.assert_allclose(combined(FairGrad(2), A, dtype), expected, atol=1e-5)
    np.testing.assert_array_equal(combined(FairGrad(2), [[1.0, 1], [-1, -1]], dtype), 0)
    alone = combined(FairGrad(1), [[0.0, 0], [3, 4]], dtype)
    np.testing.assert_allclose(alone, [0.6, 0.8], rtol=1e-5)


@pytest.mark.parametrize("alpha", first_ones([2, 0.5], 1))
def test_the_gains_are_powers_of_the_weights(alpha):
    for tasks, parameters in SHAPES[::2]:
        matrices = many(np.random.default_rng(tasks), tasks, parameters, each=20)
        weights = weights_of(FairGrad(alpha), matrices, "float64")
        present = lengths(matrices) > 0
        gains = products_of(matrices, updates_of(weights, matrices))
        equal = gains * np.where(present, weights, 1) ** (1 / alpha)
        np.testing.assert_allclose(equal[present], 1, atol=1e-3)


@pytest.mark.slow
def test_extreme_arguments_give_finite_weights():
    matrices = many(np.random.default_rng(0), 4, 100, each=20)
    for alpha in (0.01, 100):
        assert np.isfinite(weights_of(FairGrad(alpha), matrices, "float32")).all()


def test_with_alpha_1_it_is_the_direction_of_nash_mtl():
    update = combined(FairGrad(1), A, "float64")
    expected = combined(NashMTL(), A, "float64")
    np.testing.assert_allclose(update / np.linalg.norm(update), expected, rtol=1e-6)
