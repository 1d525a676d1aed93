import keras
import numpy as np

from keras_mtl.tuning.data_identity import identity_of_data

X, Y = np.arange(12.0).reshape(6, 2), np.arange(6) % 2


def test_the_same_values_are_the_same_data():
    assert identity_of_data(X, Y) == identity_of_data(X.copy(), Y.copy())
    assert identity_of_data(keras.ops.convert_to_tensor(X), Y) == identity_of_data(
        keras.ops.convert_to_numpy(keras.ops.convert_to_tensor(X)), Y
    )


def test_other_values_shapes_and_structures_are_other_data():
    others = [(X + 1, Y), (X, 1 - Y), (X.T.copy(), Y), (X[:5], Y[:5]), ([X, X], Y)]
    identities = {identity_of_data(x, y) for x, y in [(X, Y), *others]}
    assert len(identities) == 1 + len(others)


def test_nothing_is_known_of_batches():
    assert identity_of_data([(X, Y)], None) == ""
