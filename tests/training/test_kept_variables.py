import keras
import numpy as np
from keras import layers

from _transfer_tasks import X, learnt
from _watching import as_numpy
from keras_mtl.training.kept_variables import KeptVariables


class Noise(keras.Layer):
    """Draws from the global generator."""

    def call(self, x):
        return x + keras.random.normal(keras.ops.shape(x))


def test_all_is_put_back_and_the_seed_decides_what_is_drawn():
    # On JAX Keras refuses to draw from the global generator in a model.
    noise = [] if keras.backend.backend() == "jax" else [Noise()]
    model = learnt(layers.Dropout(0.5), *noise)
    model.optimizer.build(model.trainable_variables)
    kept = KeptVariables(model)
    variables = [*model.weights, *model.optimizer.variables]
    before = [as_numpy(variable).copy() for variable in variables]
    drawn = []
    for seed in (1, 2, 1):
        for variable in variables:
            variable.assign(keras.ops.ones(variable.shape))
        kept.reset(seed)
        for variable, value in zip(variables, before, strict=True):
            np.testing.assert_array_equal(as_numpy(variable), value)
        with kept.drawing(seed):
            drawn.append(as_numpy(model(X, training=True)))
    np.testing.assert_array_equal(drawn[0], drawn[2])
    assert np.abs(drawn[0] - drawn[1]).max() > 0.01
    weights = sum(value.nbytes for value in before)
    assert weights < kept.num_bytes < 2 * weights  # Slots before the first step are one number.
