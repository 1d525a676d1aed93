"""Quadratic programs over non-negative numbers, against SciPy."""

import keras
import numpy as np
from scipy.optimize import nnls

from keras_mtl.balancing.nonnegative_minimum import nonnegative_minimum


def test_it_is_the_minimum_that_scipy_finds():
    generator = np.random.default_rng(0)
    factors = generator.normal(size=(40, 5, 8))
    factors /= np.linalg.norm(factors, axis=2, keepdims=True)
    targets = generator.normal(size=(40, 8))
    matrices = (factors @ factors.transpose(0, 2, 1)).astype("float32")
    linear = -np.einsum("knd,kd->kn", factors, targets).astype("float32")

    tensors = map(keras.ops.convert_to_tensor, (matrices[:, None], linear[:, None]))
    found = keras.ops.convert_to_numpy(nonnegative_minimum(*tensors))[:, 0]

    # The same problem as least squares: |factors' x - target| is smallest.
    expected = [nnls(f.T, target)[0] for f, target in zip(factors, targets, strict=True)]
    np.testing.assert_allclose(found, expected, rtol=1e-4, atol=1e-4)
    assert (found >= 0).all() and (found == 0).any() and (found > 0).any()
