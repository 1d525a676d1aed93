import keras
import numpy as np
import pytest

from keras_mtl.batches.sample_weights import read_weights
from keras_mtl.errors import InvalidTaskData


def test_weights_are_in_the_precision_of_the_model():
    for weights in ([1, 2], np.array([1.0, 2.0]), np.array([True, True])):
        assert read_weights(weights, "sex").dtype == keras.config.floatx()
    assert read_weights(None, "sex") is None


@pytest.mark.parametrize("weights", [np.ones((2, 1)), [1, np.inf], ["a", "b"], [1, np.nan]])
def test_weights_are_finite_numbers_one_for_each_sample(weights):
    with pytest.raises(InvalidTaskData, match="`sex` must be finite numbers, one for each sample"):
        read_weights(weights, "sex")
