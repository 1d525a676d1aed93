import numpy as np
import pytest

from _comparisons import named_blobs
from _estimators import network
from keras_mtl.comparing.cut_features import SharedSamples, Use, cut_features
from keras_mtl.errors import InvalidFeatures
from keras_mtl.estimators.pooled_trunk import PooledTrunk
from keras_mtl.estimators.samples import Samples

X = named_blobs()[0]


@pytest.fixture(scope="module")
def vectors():
    return PooledTrunk(network(), "first", "auto").vectors


def test_features_of_all_rows(vectors):
    found = cut_features(vectors, Samples([X[:40]], 32), Samples([X[40:]], 32))
    expected = vectors.outputs([X], 32)
    np.testing.assert_allclose(np.concatenate([found.drawn, found.test]), expected, rtol=1e-5)
    assert 0 < found.seconds < 1
    assert cut_features(vectors, Samples([X], 32), None).test is None


def test_known_features_are_taken(vectors):
    known = np.arange(120.0, dtype="float32").reshape(60, 2)
    found = cut_features(vectors, Samples([X], 32), None, known)
    assert np.array_equal(found.drawn, known)
    with pytest.raises(InvalidFeatures):
        cut_features(vectors, Samples([X], 32), None, np.full_like(known, np.nan))


def test_shared_samples_compute_nothing_and_tell_of_their_use(vectors):
    use, features = Use(), np.arange(120.0).reshape(60, 2)
    samples = SharedSamples([X], 32, vectors, features, use)
    part = samples.take(np.array([5, 3])).take(np.array([1]))
    assert not use.asked
    assert part.inputs[0].tolist() == X[[3]].tolist()
    assert part.features(vectors).tolist() == features[[3]].tolist()
    assert use.asked

    another = PooledTrunk(network(), "second", "auto").vectors
    assert part.features(another).shape == (1, 8)
    assert part.features(vectors).tolist() == features[[3]].tolist()
