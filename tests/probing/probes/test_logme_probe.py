import numpy as np
import pytest

from _probe_labels import CODES, FEATURES, TARGETS, score
from keras_mtl.heads.probe_targets import YesOrNoTargets
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.scores.logme import logme


def test_it_is_the_score_of_classes_and_of_numbers():
    probe, numbers = PROBES.find("logme"), TARGETS["numbers"]
    assert score(probe, TARGETS["classes"]).score == pytest.approx(logme(FEATURES, CODES))
    expected = logme(FEATURES, numbers.values, "regression")
    assert score(probe, numbers).score == pytest.approx(expected)


def test_a_label_that_is_always_the_same_does_not_count():
    probe, labels = PROBES.find("logme"), TARGETS["yes or no"].values
    with_constant = YesOrNoTargets(np.hstack([labels, np.zeros((len(labels), 1))]))
    expected = score(probe, TARGETS["yes or no"]).score
    assert score(probe, with_constant).score == pytest.approx(expected)
