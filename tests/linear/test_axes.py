import numpy as np
import pytest

from keras_mtl.linear.axes import principal_axes


@pytest.mark.parametrize("shape", [(20, 4), (4, 20)])
def test_coordinates_are_the_rows_in_orthonormal_directions(shape):
    matrix = np.random.default_rng(0).normal(size=shape)

    axes = principal_axes(matrix)

    np.testing.assert_allclose(axes.coordinates @ axes.directions.T, matrix, atol=1e-9)
    np.testing.assert_allclose(matrix @ axes.directions, axes.coordinates, atol=1e-9)
    np.testing.assert_allclose(axes.directions.T @ axes.directions, np.eye(4), atol=1e-9)
    np.testing.assert_allclose((axes.coordinates**2).sum(axis=0), axes.variances)


def test_directions_without_variance_are_left_out():
    column = np.arange(6.0)[:, None]
    assert principal_axes(np.hstack([column, 2 * column])).coordinates.shape == (6, 1)
    assert principal_axes(np.zeros((6, 2))).coordinates.shape == (6, 0)
