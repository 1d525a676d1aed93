import pytest

from _probe_labels import CODES, FEATURES, TARGETS, score
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.scores.h_score import h_score


def test_it_is_the_score_with_shrinkage():
    expected = h_score(FEATURES, CODES, shrinkage="auto")
    assert score(PROBES.find("h_score"), TARGETS["classes"]).score == pytest.approx(expected)
