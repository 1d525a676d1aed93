"""Scores of predictions whose value can be worked out by hand."""

import numpy as np
import pytest

from keras_mtl.heads.probe_targets import ClassTargets, NumberTargets, YesOrNoTargets

CODES = np.array([0, 0, 1, 1])


def test_classes():
    targets = ClassTargets(CODES)
    perfect, useless = targets.columns, np.full((4, 2), 0.5)
    assert perfect.tolist() == [[1, 0], [1, 0], [0, 1], [0, 1]]
    assert targets.as_columns(np.array([1, 0, 1, 0])).tolist() == [[0, 1], [1, 0], [0, 1], [1, 0]]
    assert targets.gains(perfect).tolist() == [1, 1, 1, 1]
    assert targets.gains(targets.as_columns(np.array([0, 1, 1, 1]))).tolist() == [1, 0, 1, 1]
    assert targets.fit(useless) == pytest.approx(0)
    assert targets.fit(perfect) == pytest.approx(1, abs=1e-6)
    assert ClassTargets(np.array([0, 1, 1, 2, 2])).smallest_class == 1
    assert ClassTargets(np.array([0, 1, 1, 1, 2])).chance == pytest.approx(3 / 5)


def test_yes_or_no_labels():
    targets = YesOrNoTargets(np.array([[0.0, 1.0], [1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]))
    assert targets.gains(targets.values).tolist() == [1, 1, 1, 1]
    assert targets.gains(1 - targets.values).tolist() == [0, 0, 0, 0]
    assert targets.fit(targets.values) == 1
    assert targets.fit(np.full((4, 2), 0.5)) == 0
    assert targets.smallest_class == 4
    one_in_four = YesOrNoTargets(np.array([[0.0, 1.0], [0.0, 1.0], [0.0, 0.0], [1.0, 0.0]]))
    assert one_in_four.chance == pytest.approx((3 / 4 + 1 / 2) / 2)


def test_numbers_of_any_unit_count_alike():
    values = np.random.default_rng(0).normal(size=(50, 3)) * [1, 1, 1000]
    targets = NumberTargets(values)
    two_of_three = values * [1, 1, 0] + values.mean(axis=0) * [0, 0, 1]
    assert targets.fit(two_of_three) == pytest.approx(2 / 3)
    assert targets.gains(values).mean() == 1
    assert targets.gains(values.mean(axis=0) + 0 * values).mean() == pytest.approx(targets.chance)
    assert targets.as_columns(np.zeros(150)).shape == (50, 3)
    assert targets.units == pytest.approx(values.std(axis=0))
    for factor in (1e-200, 1e200):
        tiny = NumberTargets(values * factor)
        assert tiny.gains(two_of_three * factor) == pytest.approx(targets.gains(two_of_three))
