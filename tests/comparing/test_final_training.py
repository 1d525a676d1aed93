import numpy as np
import pytest

from _comparisons import Majority, experiment, named_blobs
from _estimators import network
from keras_mtl import TransferClassifier
from keras_mtl.comparing.final_training import depths_for_all, train_on_all


@pytest.mark.slow
def test_all_labels_are_used_and_the_depth_is_theirs():
    x, y = named_blobs()
    one = experiment(cut="auto", strategies=["frozen", Majority()], labels=6)
    model = train_on_all(one, "frozen")
    expected = TransferClassifier(network(), strategy="frozen").fit(x, y)
    assert depths_for_all(one).best.layer == expected.cut_
    found = model.predict(x, verbose=0)
    np.testing.assert_allclose(found, expected.predict_proba(x), rtol=1e-3, atol=1e-5)
    assert train_on_all(one, "Majority").label == "ash"
