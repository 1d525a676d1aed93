import numpy as np
import pytest
from keras import Input, Sequential, layers

from _watching import as_numpy
from keras_mtl import probe_cuts
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.probe_targets import ClassTargets
from keras_mtl.probing.candidates import find_candidates
from keras_mtl.probing.depth_scores import score_depths
from keras_mtl.probing.probes.known_probes import PROBES


@pytest.mark.parametrize("probe", ["ridge", "knn", "logme"])
def test_features_that_are_there_score_as_those_of_the_pass(probe):
    model = Sequential([Input((4,)), layers.Dense(3, name="a"), layers.Dense(2, name="b")])
    x, y = np.random.default_rng(0).normal(size=(30, 4)), np.arange(30) % 3
    parts = [model.layers[0](x), model(x)]
    candidates = find_candidates(Graph.of(model), None)
    found = score_depths(
        model.name,
        PROBES.find(probe),
        candidates,
        [as_numpy(part).astype(float) for part in parts],
        ClassTargets(y),
        folds=5,
        seed=0,
    )
    expected = probe_cuts(model, x, y, probe=probe, verbose=0)
    assert [one.score for one in found] == pytest.approx([one.score for one in expected], rel=1e-4)
    assert (found.best.layer, found.metric, found.chance) == (
        expected.best.layer,
        expected.metric,
        expected.chance,
    )
