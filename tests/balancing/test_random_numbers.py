import numpy as np
from keras import ops

from keras_mtl.balancing.random_numbers import normal_numbers, uniform_numbers

EXPECTED = [0.17310566, 0.46864504]


def drawn(seed, steps, shape):
    steps = [ops.convert_to_tensor(np.int32(step)) for step in steps]
    return np.stack([ops.convert_to_numpy(uniform_numbers(seed, one, shape)) for one in steps])


def test_the_same_on_every_backend():
    np.testing.assert_allclose(drawn(1, [5], (2,))[0], EXPECTED, rtol=1e-6)


def test_uniform_and_independent():
    numbers = drawn(0, range(60), (200,))
    assert ((numbers > 0) & (numbers < 1)).all()
    shares, _ = np.histogram(numbers, bins=10, range=(0, 1))
    np.testing.assert_allclose(shares / numbers.size, 0.1, atol=0.01)
    assert abs(np.corrcoef(numbers[:-1].ravel(), numbers[1:].ravel())[0, 1]) < 0.03
    assert abs(np.corrcoef(numbers[:, :-1].ravel(), numbers[:, 1:].ravel())[0, 1]) < 0.03
    assert not np.isin(numbers, drawn(2**32 - 1, range(1), (200,))).all()


def test_normal():
    numbers = ops.convert_to_numpy(normal_numbers(0, ops.convert_to_tensor(np.int32(7)), 20_000))
    np.testing.assert_allclose([numbers.mean(), numbers.std()], [0, 1], atol=0.03)
