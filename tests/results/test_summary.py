"""Means and spreads over seeds."""

import statistics

import numpy as np
import pytest

from _measured_runs import run, runs
from keras_mtl.results.summary import summarise


def test_a_summary_holds_what_the_runs_have_in_common():
    values, seconds = [0.5, 0.6, 0.9], [3.0, 1.0, 2.0]
    cuts = ["conv", "flatten", "flatten"]
    all_runs = [
        run("frozen", 20, seed, value, cut=cut, seconds=time, parameters=100)
        for seed, (value, cut, time) in enumerate(zip(values, cuts, seconds, strict=True))
    ]

    (summary,) = summarise([*all_runs, run("frozen", 20, 3, np.nan, error="died", seconds=99.0)])

    assert (summary.strategy, summary.labels) == ("frozen", 20)
    assert (summary.runs, summary.failures) == (3, 1)
    assert summary.mean == pytest.approx(sum(values) / 3)
    assert summary.spread == pytest.approx(statistics.stdev(values))
    assert (summary.seconds, summary.parameters, summary.cut) == (2.0, 100, "flatten")


def test_what_is_not_known_is_nan():
    (single,) = summarise([run("frozen", 20, 0, 0.5)])
    assert single.mean == 0.5
    assert np.isnan(single.spread)

    (failed,) = summarise([run("frozen", 20, 0, np.nan)])
    assert np.isnan([failed.mean, failed.spread, failed.seconds]).all()
    assert (failed.runs, failed.failures, failed.cut) == (0, 1, None)


def test_strategies_keep_their_order_and_labels_grow():
    summaries = summarise(runs({"b": {100: [0.1], 20: [0.2]}, "a": {20: [0.3]}}))
    assert [(s.strategy, s.labels) for s in summaries] == [("b", 20), ("b", 100), ("a", 20)]
