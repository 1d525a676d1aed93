import numpy as np
import pytest

from keras_mtl.scores.spectrum import spectrum


@pytest.mark.parametrize("shape", [(12, 4), (4, 12), (6, 6)])
def test_it_is_the_singular_value_decomposition(shape):
    generator = np.random.default_rng(0)
    features, targets = generator.normal(size=shape), generator.normal(size=(shape[0], 2))
    directions, scales, _ = np.linalg.svd(features, full_matrices=False)
    found = spectrum(features, targets)
    np.testing.assert_allclose(found.scales, scales)
    np.testing.assert_allclose(found.energies, (targets.T @ directions) ** 2)
    outside = targets - directions @ (directions.T @ targets)
    np.testing.assert_allclose(found.residual, (outside**2).sum(axis=0), atol=1e-12)


def test_directions_that_are_null_are_left_out_and_their_residual_is_zero():
    column = np.arange(5.0)[:, None]
    found = spectrum(np.hstack([column, 2 * column]), column)
    assert len(found.scales) == 1
    assert found.residual.tolist() == [0]
