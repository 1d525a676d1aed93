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
from keras_mtl.balancing import NashMTL


@pytest.mark.parametrize("dtype", first_ones(DTYPES, 1))
def test_golden_case(dtype):
    direction = np.array([0.054153, 0.706069, 0.706069])
    np.testing.assert_allclose(combined(NashMTL(), A, dtype), direction, atol=1e-5)
    np.testing.assert_allclose(combined(NashMTL(0.1), A, dtype), direction / 10, atol=1e-6)
    np.testing.assert_array_equal(combined(NashMTL(), [[1.0, 1], [-1, -1]], dtype), 0)
    alone = combined(NashMTL(max_norm=100), [[0.0, 0], [1, 2]], dtype)
    np.testing.assert_allclose(alone, [1, 2], rtol=1e-5)


def test_the_gains_are_the_inverse_weights():
    for tasks, parameters in SHAPES:
        matrices = many(np.random.default_rng(tasks), tasks, parameters, each=20)
        weights = weights_of(NashMTL(1e30), matrices, "float64")
        products = weights * products_of(matrices, updates_of(weights, matrices))
        present = lengths(matrices) > 0
        ratio = products / np.maximum(products.max(1, keepdims=True), 1e-300)
        np.testing.assert_allclose(ratio[present], 1, atol=1e-5)


def test_a_task_times_a_number_does_not_change_the_direction():
    matrix = np.array(A) * [[1e4], [1e-3]]
    expected = combined(NashMTL(), A, "float64")
    np.testing.assert_allclose(combined(NashMTL(), matrix, "float64"), expected, rtol=1e-9)
