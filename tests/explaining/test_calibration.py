import numpy as np
import pytest
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss

from keras_mtl.explaining.calibration import Calibration, brier_score


def calibrated(rows, seed=0):
    generator = np.random.default_rng(seed)
    probabilities = generator.uniform(0.3, 1, rows)
    return probabilities, generator.random(rows) < probabilities


def summed_up(probabilities, right, bins=10):
    return Calibration.from_rows(probabilities, right, 0.0, bins=bins, confidence=0.95)


def test_bins_are_those_of_scikit_learn():
    probabilities, right = calibrated(300)
    probabilities[:4] = 1.0, 0.5, 0.4, 0.0  # edges of bins
    bins = summed_up(probabilities, right)
    accuracy, confidence = calibration_curve(right, probabilities, n_bins=10)
    assert [one.accuracy for one in bins] == pytest.approx(accuracy)
    assert [one.confidence for one in bins] == pytest.approx(confidence)
    assert sum(one.rows for one in bins) == 300
    weights = [one.rows / 300 for one in bins]
    assert bins.expected_error == pytest.approx(weights @ np.abs(accuracy - confidence))
    assert bins.overconfidence == pytest.approx(probabilities.mean() - right.mean())
    assert all(one.accuracy_low <= one.accuracy <= one.accuracy_high for one in bins)
    assert len(bins[:2]) == 2


@pytest.mark.parametrize("classes", [2, 4])
def test_the_brier_score_is_that_of_scikit_learn(classes):
    generator = np.random.default_rng(0)
    probabilities = generator.dirichlet(np.ones(classes), 50)
    true = generator.integers(classes, size=50)
    expected = brier_score_loss(true, probabilities, labels=range(classes))
    assert brier_score(probabilities, true) == pytest.approx(expected)


def test_the_error_by_chance_is_that_of_calibrated_probabilities():
    found = [summed_up(*calibrated(200, seed)) for seed in range(300)]
    errors = np.mean([one.expected_error for one in found])
    assert np.mean([one.error_by_chance for one in found]) == pytest.approx(errors, rel=0.05)


def test_too_much_confidence_shows():
    probabilities, right = np.full(100, 0.9), np.arange(100) < 60
    bins = summed_up(probabilities, right)
    assert bins.expected_error == pytest.approx(0.3) and bins.overconfidence == pytest.approx(0.3)
    assert "0.300 (about 0.024 by chance alone)" in repr(bins)
