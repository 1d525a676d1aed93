import pytest

from _probe_labels import FEATURES, TARGETS, score
from keras_mtl.probing.probes.known_probes import PROBES
from keras_mtl.probing.ridge import held_out_predictions

PROBE = PROBES.find("ridge")


def test_predictions_of_samples_left_out_are_scored():
    targets = TARGETS["classes"]
    predictions = held_out_predictions(FEATURES, targets.columns)
    found = score(PROBE, targets)
    assert found.score == targets.gains(predictions).mean()
    assert found.fit == targets.fit(predictions)


def test_numbers_that_the_features_explain_score_high():
    found = score(PROBE, TARGETS["numbers"])
    assert found.fit > 0.95
    assert found.score == pytest.approx(found.fit)
