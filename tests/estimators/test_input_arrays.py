import keras
import numpy as np
import pandas
import pytest
import scipy.sparse

from keras_mtl.errors import InvalidFeatures
from keras_mtl.estimators.input_arrays import check_inputs

X = np.ones((4, 3))


@pytest.fixture(scope="module")
def model():
    return keras.Sequential([keras.Input((3,), name="rows"), keras.layers.Dense(2)])


def test_arrays_come_in_the_order_of_the_inputs(model):
    (array,) = check_inputs(model, pandas.DataFrame(X))
    np.testing.assert_array_equal(array, X)
    a, b = keras.Input((1,), name="a"), keras.Input((3,), name="b")
    two = keras.Model([b, a], keras.layers.Concatenate()([a, b]))
    first, second = check_inputs(two, {"a": X[:, 0], "b": X})
    assert (first.shape, second.shape) == ((4, 3), (4,))


@pytest.mark.parametrize(
    ("X", "error", "message"),
    [
        (scipy.sparse.csr_matrix(X), TypeError, "Sparse data"),
        (scipy.sparse.dok_matrix(X), TypeError, "Sparse data"),
        (X * np.nan, InvalidFeatures, "`rows` in `X`: .*NaN"),
        (X[:0], InvalidFeatures, "0 sample"),
        (X * 1j, InvalidFeatures, "Complex"),
        (X[:, :2], InvalidFeatures, "`X` does not fit the input `rows`"),
        (pandas.DataFrame({"a": [None], "b": ["x"]}), InvalidFeatures, "column 'a'.*missing"),
    ],
)
def test_what_scikit_learn_or_the_model_refuses(model, X, error, message):
    with pytest.raises(error, match=message):
        check_inputs(model, X)
