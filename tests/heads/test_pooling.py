import keras
import numpy as np
import pytest

from _watching import as_numpy
from keras_mtl.heads.pooling import check_pooling, pooling_layer


@pytest.mark.parametrize("rank", [3, 4, 5])
def test_features_of_any_rank_become_vectors(rank):
    features = np.random.default_rng(0).normal(size=(2, *[3] * (rank - 2), 4)).astype("float32")
    places = tuple(range(1, rank - 1))
    means = as_numpy(pooling_layer("auto", rank)(features))
    np.testing.assert_allclose(means, features.mean(axis=places), atol=1e-6)
    largest = as_numpy(pooling_layer("max", rank)(features))
    np.testing.assert_array_equal(largest, features.max(axis=places))
    flat = as_numpy(pooling_layer("flatten", rank)(features))
    np.testing.assert_array_equal(flat, features.reshape(2, -1))
    assert isinstance(pooling_layer("avg", rank), type(pooling_layer("auto", rank)))


def test_vectors_and_features_at_every_place_need_no_layer():
    assert pooling_layer("auto", 2) is None and pooling_layer("none", 4) is None
    assert not isinstance(pooling_layer("avg", 3), keras.layers.Flatten)


def test_unknown_names_are_refused():
    check_pooling("auto")
    with pytest.raises(ValueError, match=r"`pooling` is one of .*Did you mean 'flatten'"):
        check_pooling("flaten")
