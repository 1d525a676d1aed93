import numpy as np

from _estimators import blobs, network
from keras_mtl import FeatureExtractor, TransferClassifier
from keras_mtl.linear.losses import SoftmaxLoss
from keras_mtl.linear.minimum import Rows
from keras_mtl.linear.solving import solve


def test_it_is_the_solved_head_on_the_features():
    x, y = blobs()
    features = FeatureExtractor(network(), "second").transform(x)
    weights = np.linspace(1, 2, 48)
    logits = solve(SoftmaxLoss(), Rows(features, np.eye(3)[y], weights)).model.outputs(features)
    expected = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    classifier = TransferClassifier(network(), "second", "frozen").fit(x, y, weights)
    np.testing.assert_allclose(classifier.predict_proba(x), expected, rtol=1e-4)
    history = classifier.history_
    likelihoods = np.log(expected[np.arange(48), y])
    np.testing.assert_allclose(
        history["loss"], -np.average(likelihoods, weights=weights), rtol=1e-4
    )
    assert history["accuracy"] == [np.average(expected.argmax(1) == y, weights=weights)]


def test_the_model_is_static_and_compiled():
    x, y = blobs()
    model = TransferClassifier(network(), "second", "frozen").fit(x, y).model_
    assert model.name == "old_task_transfer"
    assert not model.trunk.trainable_variables
    assert model.evaluate(x, y, verbose=0, return_dict=True)["accuracy"] > 0.8
