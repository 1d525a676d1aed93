import numpy as np

from keras_mtl.probing.standardising import standardise


def test_columns_have_mean_zero_and_deviation_one_whatever_their_size():
    drawn = np.random.default_rng(0).normal(size=(40, 3))
    for scale in (1e-160, 1.0, 1e150):
        columns = standardise(drawn * scale)
        np.testing.assert_allclose(columns.mean(axis=0), 0, atol=1e-12)
        np.testing.assert_allclose(columns.std(axis=0), 1, rtol=1e-12)


def test_constant_columns_become_zero():
    assert not standardise(np.full((5, 2), 0.1)).any()
