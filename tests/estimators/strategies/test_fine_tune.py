import keras
import numpy as np
import pytest
from keras import layers
from sklearn.metrics import log_loss

from _estimators import blobs, network
from keras_mtl import TransferClassifier
from keras_mtl.estimators.strategies.fine_tune import FEWEST, FineTune
from keras_mtl.estimators.strategies.strategy import Setting
from keras_mtl.estimators.trunk_cache import TrunkCache


def is_worth_trying(model, samples):
    vectors = TrunkCache(model).take(1, "auto").vectors
    setting = Setting(vectors, "auto", None, "name", epochs=None, verbose=0, seed=0)
    return FineTune().is_worth_trying(setting, samples)


def test_it_is_tried_with_labels_and_weights_enough():
    assert is_worth_trying(network(), FEWEST)
    assert not is_worth_trying(network(), FEWEST - 1)
    weightless = keras.Sequential([keras.Input((4,)), layers.Activation("tanh"), layers.Dense(2)])
    assert not is_worth_trying(weightless, FEWEST)
    x, y = blobs()
    fitted = [TransferClassifier(weightless, 1, way).fit(x, y) for way in ("fine_tune", "frozen")]
    np.testing.assert_array_equal(*(one.predict_proba(x) for one in fitted))


@pytest.mark.slow
def test_the_trunk_trains_from_the_solved_head_on():
    x, y = blobs(120)
    y = (y + (x[:, 0] > 0)) % 3  # No linear model on the features predicts it well.
    ways = ("frozen", "fine_tune")
    fitted = {way: TransferClassifier(network(), "first", way).fit(x, y) for way in ways}
    history = fitted["fine_tune"].history_
    solved = fitted["frozen"].history_["loss"][0]
    np.testing.assert_allclose(history["loss"][0], solved, rtol=1e-5)
    assert history["phase"][:2] == [1, 2]
    kernels = [keras.ops.convert_to_numpy(one.model_.trunk.weights[0]) for one in fitted.values()]
    assert not np.allclose(*kernels)
    assert log_loss(y, fitted["fine_tune"].predict_proba(x)) < 0.95 * solved
