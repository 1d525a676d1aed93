import keras
import numpy as np

from _engines import PlainNetwork


def test_inputs_are_read_in_the_dtypes_of_the_model():
    inputs = [keras.Input((2,), name="a"), keras.Input((2,), dtype="int32", name="b")]
    model = keras.Model(inputs, keras.layers.Add()(inputs))
    arrays = [np.ones((1, 2), "uint8"), keras.ops.ones((1, 2), "float32")]
    network = PlainNetwork(model, inputs)
    given = network.by_name(arrays)
    assert {name: array.dtype.name for name, array in given.items()} == {
        "input_0": "float32",
        "input_1": "int32",
    }
