import keras
import numpy as np

from _watching import assert_close
from keras_mtl.estimators.labels.unit import Unit


def test_a_layer_that_predicts_scaled_numbers_comes_to_predict_the_numbers():
    values = np.array([[1e6, 5.0], [3e6, 5.0], [2e6, 5.0]])
    unit = Unit.of(values)
    scaled = unit.scaled(values)
    np.testing.assert_allclose(scaled.std(axis=0), [1, 0])
    layer = keras.layers.Dense(2)
    outputs = keras.ops.convert_to_numpy(layer(np.eye(3, dtype="float32")))
    unit.put_into(layer)
    assert_close(layer(np.eye(3, dtype="float32")), (outputs * unit.scale + unit.mean).astype("f4"))
