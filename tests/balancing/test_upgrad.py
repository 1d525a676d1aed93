"""`UPGrad` and `DualProj`: updates without conflict."""

import numpy as np
import pytest

from _gradient_matrices import (
    DTYPES,
    SHAPES,
    A,
    F,
    G,
    combined,
    lengths,
    many,
    products_of,
    updates_of,
    weights_of,
)
from _zoo import first_ones
from keras_mtl.balancing import DualProj, UPGrad

GOLDEN = [
    (UPGrad(), A, [0.292398, 1.900585, 1.900585]),
    (UPGrad(), F, [0.183908, 0.625287, 1.071264]),
    (UPGrad(), G, [25, 25.5]),
    (DualProj(), A, [5 / 9, 10 / 9, 10 / 9]),
    (DualProj(), F, [0, 1 / 3, 2 / 3]),
    (DualProj(), G, [25, 25]),
]


@pytest.mark.parametrize("dtype", first_ones(DTYPES, 1))
def test_golden_cases(dtype):
    for balancer, matrix, expected in GOLDEN:
        np.testing.assert_allclose(combined(balancer, matrix, dtype), expected, atol=1e-5)


@pytest.mark.parametrize("balancer", [UPGrad(), DualProj()], ids=str)
@pytest.mark.parametrize("dtype", DTYPES)
def test_small_idle_and_opposite_gradients(balancer, dtype):
    small, alone = np.array(G) * 1e-3, [[0.0, 0], [1, 2]]
    opposite = [[[1.0, 1], [-1, -1]], [[1.0, 1], [-2, -2]]]
    matrices = np.array([G, small, alone, *opposite])
    updates = updates_of(weights_of(balancer, matrices, dtype), matrices)
    np.testing.assert_allclose(updates[1], updates[0] * 1e-3, rtol=1e-6)
    np.testing.assert_allclose(updates[2], [1, 2], rtol=1e-6)
    np.testing.assert_array_equal(updates[3:], 0)


@pytest.mark.parametrize("dtype", first_ones(DTYPES, 1))
def test_no_update_conflicts_with_a_gradient(dtype):
    for tasks, parameters in SHAPES:
        matrices = many(np.random.default_rng(tasks), tasks, parameters, each=150)
        matrices = matrices.astype(dtype).astype("float64")
        norms = lengths(matrices)
        for balancer in (UPGrad(), DualProj()):
            updates = updates_of(weights_of(balancer, matrices, dtype), matrices)
            cosines = products_of(matrices, updates) / np.maximum(
                norms * lengths(updates)[:, None], 1e-300
            )
            assert cosines.min() > (-1e-4 if dtype == "float32" else -1e-9)


@pytest.mark.slow
def test_projections_fulfil_the_conditions_of_optimality():
    """Each is its vector plus non-negative multiples of gradients that it is orthogonal to."""
    for tasks, parameters in SHAPES:
        matrices = many(np.random.default_rng(tasks), tasks, parameters, each=20)
        norms = lengths(matrices)
        present = norms > 0
        mean = present / present.sum(1, keepdims=True)
        added = (weights_of(DualProj(), matrices, "float64") - mean) * norms
        scale = norms.max(1, keepdims=True)
        assert (added >= -1e-12 * scale).all()
        updates = updates_of(weights_of(DualProj(), matrices, "float64"), matrices)
        gains = products_of(matrices, updates) / np.maximum(norms, 1e-300)
        assert (gains >= -1e-9 * scale).all()
        np.testing.assert_allclose(added * gains / scale**2, 0, atol=1e-8)
        # `UPGrad` is the mean of the projections of the gradients, one by one.
        one_by_one = np.zeros_like(updates)
        for task in range(tasks):
            apart = np.eye(tasks)[task] * np.where(present, 1, 0)
            one_by_one += _projected(matrices, apart) / present.sum(1, keepdims=True)
        both = updates_of(weights_of(UPGrad(), matrices, "float64"), matrices)
        np.testing.assert_allclose(both / scale, one_by_one / scale, atol=1e-7)


def _projected(matrices, combinations):
    """By Dykstra's dual: non-negative least squares of SciPy, one matrix after the other."""
    from scipy.optimize import nnls

    found = []
    for matrix, combination in zip(matrices, combinations, strict=True):
        norms = np.linalg.norm(matrix, axis=1, keepdims=True)
        unit = matrix / np.where(norms > 0, norms, 1)
        vector = combination @ matrix
        scale = np.linalg.norm(vector) or 1.0
        basis, triangle = np.linalg.qr(unit.T)  # As small as the number of tasks.
        multiples, _ = nnls(triangle, -basis.T @ vector / scale)
        found.append(vector + scale * multiples @ unit)
    return np.array(found)
