"""What twice the labels would bring."""

import numpy as np
import pytest

from _measured_runs import runs
from keras_mtl.results.expected_gain import expected_gain
from keras_mtl.results.run_groups import RunGroups


def curve(scores, counts=(100, 200, 400), noise=0.001, seeds=4):
    """Runs whose seeds lie a little around given means."""
    apart = noise * np.random.default_rng(0).standard_normal((len(counts), seeds))
    means = np.array(scores)[:, None] + apart - apart.mean(axis=1, keepdims=True)
    return RunGroups(runs({"a": dict(zip(counts, means.tolist(), strict=True))}))


def test_errors_that_halve_go_on_to_halve():
    gain = expected_gain(curve([0.6, 0.8, 0.9]), "a", 1.0, None)
    assert (gain.strategy, gain.labels) == ("a", 800)
    assert gain.mean == pytest.approx(0.05, abs=1e-4)
    assert gain.is_clear
    uneven = expected_gain(curve([0.6, 0.9], counts=(100, 400)), "a", 1.0, None)
    assert uneven.mean == pytest.approx(0.05, abs=1e-4)


def test_a_score_without_a_bound_goes_on_as_a_line():
    gain = expected_gain(curve([1.0, 3.0, 5.0]), "a", None, None)
    assert gain.mean == pytest.approx(2.0, abs=1e-4)


def test_no_gain_leads_above_a_perfect_score():
    gain = expected_gain(curve([0.5, 0.6, 0.9999], noise=0.05), "a", 1.0, None)
    assert gain.high <= 0.1 + 1e-4
    perfect = expected_gain(curve([0.98, 1.0], counts=(100, 200)), "a", 1.0, None)
    assert perfect.mean == pytest.approx(0, abs=1e-9)


def test_a_flat_or_noisy_curve_promises_nothing():
    assert not expected_gain(curve([0.9, 0.9, 0.9]), "a", 1.0, None).is_clear
    assert not expected_gain(curve([0.8, 0.82, 0.84], noise=0.05), "a", 1.0, None).is_clear


def test_too_few_runs_say_nothing():
    assert expected_gain(curve([0.9], counts=(100,)), "a", 1.0, None) is None
    assert expected_gain(curve([0.8, 0.9], counts=(100, 200), seeds=1), "a", 1.0, None) is None
    longer = [*runs({"a": {100: [0.8, 0.81], 200: [0.9, 0.92]}, "b": {400: [0.9, 0.9]}})]
    assert expected_gain(RunGroups(longer), "a", 1.0, None) is None
