import numpy as np

from _estimators import blobs, network
from keras_mtl import probe_cuts
from keras_mtl.estimators.best_depth import best_depth
from keras_mtl.estimators.labels.class_form import ClassForm
from keras_mtl.estimators.samples import LabelledSamples, Samples


def depth(x, y):
    form, values = ClassForm.read(y, len(y))
    data = LabelledSamples(Samples([x], 32), values, None)
    return best_depth(network(), form, data, "auto", seed=0)


def test_it_is_that_of_probe_cuts():
    x, y = blobs()
    layer, probes = depth(x, np.array(["a", "b", "c"])[y])
    expected = probe_cuts(network(), x, y, verbose=0)
    assert layer == probes.best.layer == expected.best.layer
    assert [probe.score for probe in probes] == [probe.score for probe in expected]


def test_labels_that_tell_nothing_apart():
    x, y = blobs(samples=3)
    assert depth(x, y) == ("second", None)
