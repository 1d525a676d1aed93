import pytest

from _probe_labels import CODES, FEATURES, TARGETS, score
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.scores.logme import logme


def test_it_is_the_score_of_classes_and_of_numbers():
    probe, numbers = PROBES.find("logme"), TARGETS["numbers"]
    assert score(probe, TARGETS["classes"]).score == pytest.approx(logme(FEATURES, CODES))
    expected = logme(FEATURES, numbers.values, "regression")
    assert score(probe, numbers).score == pytest.approx(expected)
