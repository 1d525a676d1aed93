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


@pytest.mark.parametrize(
    ("shape", "labels", "read"),
    [
        ((4, 2), (4, 2), (4, 2)),
        ((4, 2), (4, 2, 3), (4, 2)),
        ((4, 2, 1), (4, 2, 1), (4, 2)),
        ((4, 1), (4, 1), (4,)),
        ((4,), (4, 2), (4,)),
    ],
)
def test_weights_of_the_steps_of_labels(shape, labels, read):
    assert read_weights(np.ones(shape), "sex", labels).shape == read


@pytest.mark.parametrize("shape", [(4, 3), (4, 2, 3, 1)])
def test_weights_have_the_shape_of_the_labels(shape):
    with pytest.raises(InvalidTaskData, match=r"one for each sample, or of the shape of the lab"):
        read_weights(np.ones(shape), "sex", (4, 2, 3))
