"""Gram matrices and weighted sums of gradients, some of which are missing."""

import keras
import numpy as np
import pytest
from keras import ops

from _helpers import draw
from _watching import as_numpy
from keras_mtl.training.steps import gramian


def test_rows_products_and_sums():
    one, other = draw(3, 2), draw(3, 2, seed=1)
    rows = gramian.stacked([ops.convert_to_tensor(one), None, ops.convert_to_tensor(other)])
    expected = np.stack([one.ravel(), np.zeros(6, "float32"), other.ravel()])
    np.testing.assert_array_equal(as_numpy(rows), expected)
    assert gramian.stacked([None, None]) is None

    longer = gramian.with_row(rows, ops.ones((3, 2)))
    assert as_numpy(longer)[3].tolist() == [1.0] * 6
    weights = np.float32([0.5, 7.0, -2.0])
    for rounds in (False, True):  # as on a GPU, without products of matrices
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gramian, "_rounds_products", lambda rounds=rounds: rounds)
            products = as_numpy(gramian.inner_products(rows))
            total = as_numpy(gramian.weighted_sum(ops.convert_to_tensor(weights), rows))
        np.testing.assert_allclose(products, expected @ expected.T, rtol=1e-5)
        np.testing.assert_allclose(total, weights @ expected, rtol=1e-5, atol=1e-6)


def test_half_precision_is_summed_in_float32():
    rows = ops.cast(ops.full((2, 3), 300.0), "float16")
    products = gramian.inner_products(rows)
    assert as_numpy(products).tolist() == [[270000.0] * 2] * 2  # float16 ends at 65504
    total = gramian.weighted_sum(ops.convert_to_tensor([0.5, 0.5]), rows)
    assert keras.backend.standardize_dtype(total.dtype) == "float16"
