"""Small systems of equations, against NumPy."""

import keras
import numpy as np

from keras_mtl.balancing.linear_systems import solved


def test_it_solves_what_numpy_solves():
    generator = np.random.default_rng(0)
    factors = generator.normal(size=(50, 6, 9)).astype("float32")
    matrices = factors @ factors.transpose(0, 2, 1) + 0.1 * np.eye(6, dtype="float32")
    right = generator.normal(size=(50, 6, 2)).astype("float32")

    found = solved(keras.ops.convert_to_tensor(matrices), keras.ops.convert_to_tensor(right))

    expected = np.linalg.solve(matrices.astype(float), right)
    np.testing.assert_allclose(keras.ops.convert_to_numpy(found), expected, rtol=1e-2, atol=1e-3)


def test_one_that_is_not_finite_leaves_the_others():
    matrices = np.stack([np.full((2, 2), np.nan, "float32"), 2 * np.eye(2, dtype="float32")])
    right = np.ones((2, 2, 1), "float32")

    found = keras.ops.convert_to_numpy(solved(*map(keras.ops.convert_to_tensor, (matrices, right))))

    assert np.isnan(found[0]).all()
    np.testing.assert_array_equal(found[1], [[0.5], [0.5]])
