import keras
import numpy as np
import pytest

from _engines import install
from keras_mtl.errors import EngineMismatch, InvalidFeatures, InvalidInputs, InvalidLabels
from keras_mtl.probing.one_pass import count_samples, run_over, split_features

X, Y = np.arange(30, dtype="float32").reshape(10, 3), np.arange(10) % 2


class Doubled(keras.Model):
    """What `DepthFeatures` is to a pass: it has a source and predicts."""

    def __init__(self, source):
        super().__init__()
        self.source = source
        self.run_eagerly = True

    def call(self, inputs):
        return 2 * inputs


@pytest.fixture(scope="module")
def model():
    return keras.Sequential([keras.Input((3,), name="rows"), keras.layers.Dense(2)])


def run(model, x, y=None):
    return run_over(Doubled(model), x, y, batch_size=None, verbose=0)[:2]


def test_features_and_labels_stay_together(model):
    batches = [(X[start : start + 4], Y[start : start + 4]) for start in (0, 4, 8)]
    for data in ((X, Y), (batches,), (iter(batches),)):
        features, labels = run(model, *data)
        np.testing.assert_array_equal(features, 2 * X)
        np.testing.assert_array_equal(labels, Y)


def test_an_engine_gives_the_same_and_each_depth_has_a_scale_of_its_own(model, monkeypatch):
    engine = install(monkeypatch)
    engine.error = 1e-5
    batches = [(X[start : start + 4], Y[start : start + 4]) for start in (0, 4, 8)]
    extractor = Doubled(model)
    extractor.widths = [1, 2]
    for x, y in ((X, Y), (batches, None)):
        calls = engine.calls
        seen = run_over(extractor, x, y, batch_size=4, verbose=0, engine="openvino")
        np.testing.assert_allclose(seen.features, 2 * X, rtol=1e-6, atol=1e-3)
        assert (seen.features != 2 * X).any() and engine.calls - calls == 3
        np.testing.assert_array_equal(seen.labels, Y)
    # The error is 1e-5 of the largest number of all, but much of that of the first depth.
    extractor.call = lambda inputs, training=None: inputs * np.array([1e-3, 1, 1], "float32")
    with pytest.raises(EngineMismatch, match=r"1e-04 is allowed"):
        run_over(extractor, X, Y, batch_size=4, verbose=0, engine="openvino")


def test_samples_are_counted(model):
    assert count_samples(model, X.tolist()) == 10
    with pytest.raises(InvalidFeatures, match="no samples"):
        count_samples(model, X[:0])
    with pytest.raises(ValueError, match=r"`y` goes with arrays.*leave `y` out"):
        count_samples(model, iter([(X, Y)]))


@pytest.mark.parametrize(
    ("x", "error", "message"),
    [
        (X, InvalidLabels, "must give batches.*`ndarray`"),
        (None, InvalidFeatures, "must give batches.*`NoneType`"),
        ([], InvalidFeatures, "no batches"),
        ([(X,)], InvalidLabels, "without labels"),
        ((one for one in [{"image": X}]), InvalidLabels, "as_supervised=True"),
        ([(X, {"digit": Y})], InvalidLabels, "Received: `dict`"),
        ([([None, None], Y)], InvalidInputs, "missing"),
    ],
)
def test_what_cannot_be_read_is_refused(model, x, error, message):
    with pytest.raises(error, match=message):
        run(model, x)


def test_features_that_are_not_finite_are_named_by_their_depth():
    features = np.ones((4, 5), dtype="float32")
    assert [part.shape for part in split_features(features, [2, 3], ["a", "b"])] == [(4, 2), (4, 3)]
    features[1, 3] = np.nan
    with pytest.raises(InvalidFeatures, match=r"at `b`, depth 2.* 1 NaN and 0 infinite"):
        split_features(features, [2, 3], ["a", "b"])
