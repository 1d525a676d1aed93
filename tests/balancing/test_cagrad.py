import numpy as np
import pytest

from _gradient_matrices import (
    DTYPES,
    SHAPES,
    A,
    F,
    combined,
    lengths,
    many,
    products_of,
    updates_of,
    weights_of,
)
from _zoo import first_ones
from keras_mtl.balancing import CAGrad, DualProj


@pytest.mark.parametrize("dtype", first_ones(DTYPES, 1))
def test_golden_cases(dtype):
    for matrix, expected in ((A, [0.183503, 1.204124, 1.204124]), (F, [0.074915, 1 / 3, 2 / 3])):
        np.testing.assert_allclose(combined(CAGrad(0.5), matrix, dtype), expected, atol=1e-5)


@pytest.mark.slow
@pytest.mark.parametrize("dtype", DTYPES)
def test_small_idle_and_opposite_gradients(dtype):
    alone, opposite = [[0.0, 0, 0], [1, 2, 0]], [[1.0, 1, 0], [-1, -1, 0]]
    matrices = np.array([np.multiply(A, 1e-3), alone, opposite])
    updates = updates_of(weights_of(CAGrad(0.5), matrices, dtype), matrices)
    expected = np.array([0.183503, 1.204124, 1.204124])
    np.testing.assert_allclose(updates[0], expected * 1e-3, atol=1e-8)
    np.testing.assert_allclose(updates[1:], [[1.5, 3, 0], [0, 0, 0]], atol=1e-6)


def test_without_a_radius_it_is_the_mean():
    np.testing.assert_allclose(combined(CAGrad(0), A, "float64"), np.mean(A, axis=0))


@pytest.mark.slow
def test_where_no_update_lowers_all_losses_it_is_the_projection_of_the_mean():
    matrix = [[1.0, 0, 0], [-1, 0, 0], [0.5, 1, 0]]
    expected = combined(DualProj(), matrix, "float64")
    np.testing.assert_allclose(combined(CAGrad(0.6), matrix, "float64"), expected, atol=1e-6)


CASES = [*((shape, 0.5) for shape in SHAPES), *((SHAPES[0], c) for c in (0.1, 0.9))]


@pytest.mark.slow
@pytest.mark.parametrize(("shape", "c"), CASES)
def test_no_update_within_the_radius_has_a_larger_smallest_gain(shape, c):
    """The value of the dual problem, for an average of the gradients, bounds every gain."""
    matrices = many(np.random.default_rng(1), *shape, each=40)
    present = lengths(matrices) > 0
    count = present.sum(1, keepdims=True)
    squares = (matrices**2).sum((1, 2))
    mean = matrices.sum(1) / count
    weights = weights_of(CAGrad(c), matrices, "float64")
    updates = updates_of(weights, matrices)
    radius = c * lengths(mean)
    assert (lengths(updates - mean) <= radius * (1 + 1e-6)).all()
    added = weights - present / count
    average = updates_of(added / added.sum(1, keepdims=True), matrices)
    bound = (mean * average).sum(1) + radius * lengths(average)
    gains = np.where(present, products_of(matrices, updates), np.inf).min(1)
    assert ((bound - gains) / squares).max() < 1e-8
