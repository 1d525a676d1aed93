import keras
import numpy as np
import pandas
import pytest

from keras_mtl.batches.model_data import as_model_input, as_validation_data
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.errors import InvalidFeatures, InvalidLabels

X = np.ones((4, 1))
NUMBERS = ModelInputs(keras.Input((1,), name="age"))
NAMED = ModelInputs({"age": keras.Input((1,), name="age"), "height": keras.Input((1,), name="h")})


@pytest.mark.parametrize("x", [X, keras.ops.array(X), {"age": X}, iter([X]), [(X, X)]])
def test_what_keras_takes_stays_as_it_is(x):
    assert as_model_input(NUMBERS, x) is x


def test_what_keras_does_not_take_becomes_arrays():
    for x in (X.tolist(), pandas.Series(X[:, 0], dtype="category"), X.astype(object)):
        given = as_model_input(NUMBERS, x)
        assert isinstance(given, np.ndarray)
        np.testing.assert_array_equal(given, X)
    frame = pandas.DataFrame({"height": [1, 2], "age": [3, 4]})
    given = as_model_input(NAMED, frame)
    assert given["age"].tolist() == [[3], [4]]
    with pytest.raises(InvalidFeatures, match="row 1 is missing"):
        as_model_input(NUMBERS, ["red", None])


@pytest.mark.parametrize("x", [None, [], {}])
def test_no_data_are_refused(x):
    with pytest.raises(InvalidFeatures, match="`x`"):
        as_model_input(NUMBERS, x)


@pytest.mark.backend("tensorflow", reason="a `tf.data.Dataset` tells its shapes before it is read")
def test_a_data_set_is_checked_before_it_is_read():
    import tensorflow as tf

    data = tf.data.Dataset.from_tensor_slices((X, X[:, 0]))
    assert as_model_input(NUMBERS, data.batch(2), labelled=True) is not None
    with pytest.raises(InvalidLabels, match=r"The labels in `x` are single values.*batch\(32\)"):
        as_model_input(NUMBERS, data)
    with pytest.raises(InvalidLabels, match="`validation_data` has no labels"):
        as_validation_data(NUMBERS, data.batch(2).map(lambda x, y: x), labelled=True)
    with pytest.raises(InvalidFeatures, match="no samples in `x`"):
        as_model_input(NUMBERS, data.take(0))


@pytest.mark.backend("tensorflow", reason="other backends have no string tensors")
def test_text_becomes_a_tensor():
    words = ModelInputs(keras.Input((1,), dtype="string"))
    given = as_model_input(words, np.array(["red", "blue"]))
    assert given.dtype == "string"
    assert given.shape == (2, 1)


def test_the_inputs_of_validation_data():
    stream = iter([(X, X)])
    assert as_validation_data(NUMBERS, stream) is stream
    assert as_validation_data(NUMBERS, None) is None
    x, y = as_validation_data(NUMBERS, (X.tolist(), X))
    np.testing.assert_array_equal(x, X)
    assert y is X
