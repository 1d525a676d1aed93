import numpy as np
import pytest

from _comparisons import experiment, named_blobs
from _estimators import network
from keras_mtl import FeatureExtractor, probe_cuts
from keras_mtl.comparing.depth_choice import DepthChoice
from keras_mtl.estimators.labels.number_form import NumberForm
from keras_mtl.estimators.samples import LabelledSamples

X, Y = named_blobs()


@pytest.fixture(scope="module")
def choice():
    one = experiment(cut="auto")
    return DepthChoice(one.task.model, one.task.labels, one.data, "auto", verbose=0)


@pytest.mark.parametrize("rows", [np.arange(60), np.arange(8, 30)[::-1]])
def test_it_is_that_of_probe_cuts_for_the_rows_alone(choice, rows):
    codes = np.unique(Y, return_inverse=True)[1]
    expected = probe_cuts(network(), X[rows], codes[rows], verbose=0)
    layer, probes = choice.best(rows, seed=0)
    assert layer == expected.best.layer
    assert [one.score for one in probes] == pytest.approx([one.score for one in expected])


def test_labels_that_tell_nothing_apart(choice):
    assert choice.best(np.arange(3), seed=0) == ("second", None)


def test_features_come_from_the_same_pass(choice):
    features = FeatureExtractor(network(), "second").transform(X)
    np.testing.assert_allclose(choice.features_of("second"), features, rtol=1e-5)


def test_features_that_were_projected_are_not_those_of_the_trunk(monkeypatch):
    from keras_mtl.comparing import depth_choice

    monkeypatch.setattr(depth_choice, "MAX_WIDTH", 10)
    one = experiment(cut="auto")
    data = LabelledSamples(one.data.samples, X[:, :1], None)
    form = NumberForm(1, is_flat=False)
    narrow = DepthChoice(one.task.model, form, data, "auto", verbose=0)
    assert narrow.features_of("first") is None
    assert narrow.features_of("second").shape == (60, 8)
