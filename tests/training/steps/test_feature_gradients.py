import keras
import pytest
from keras import ops

from _helpers import draw
from keras_mtl.training.steps.feature_gradients import gradient


def test_the_gradient_of_a_score():
    features = ops.convert_to_tensor(draw(3, 4))
    dense = keras.layers.Dense(1)
    dense.build((None, 4))
    found = gradient(lambda x: ops.sum(dense(x) ** 2) / 2, features)
    kernel = ops.convert_to_numpy(dense.kernel)
    assert ops.convert_to_numpy(found) == pytest.approx(draw(3, 4) @ kernel @ kernel.T, abs=1e-5)
    assert getattr(dense.kernel.value, "grad", None) is None or keras.backend.backend() != "torch"


def test_a_score_of_something_else():
    features = ops.ones((2, 3))
    found = gradient(lambda x: ops.sum(ops.ones((2,))), features)
    assert not ops.convert_to_numpy(found).any() and found.shape == (2, 3)
