"""Runs by strategy and number of labels."""

import numpy as np
import pytest

from _measured_runs import run, runs
from keras_mtl.results.run_groups import RunGroups


def test_failed_runs_have_no_score_and_count_in_no_mean():
    groups = RunGroups([run("a", 20, 1, 0.4), run("a", 20, 0, np.nan), run("b", 20, 0, np.nan)])

    assert [one.seed for one in groups.all("a", 20)] == [0, 1]
    assert list(groups.scored("a", 20)) == [1]
    assert groups.mean("a", 20) == 0.4
    assert groups.measured(20) == ["a"]
    assert np.isnan(groups.mean("b", 20))


def test_two_runs_of_one_seed_are_refused():
    with pytest.raises(ValueError, match="'a' with 20 labels and seed 0"):
        RunGroups([run("a", 20, 0, 0.4), run("a", 20, 0, 0.4)])


def test_a_strategy_without_runs_is_refused():
    groups = RunGroups(runs({"frozen": {20: [0.5]}}))
    with pytest.raises(ValueError, match="Did you mean 'frozen'"):
        groups.check("frzen", 20)
    with pytest.raises(ValueError, match=r"runs with \[20\] labels. Received: 30"):
        groups.check("frozen", 30)
