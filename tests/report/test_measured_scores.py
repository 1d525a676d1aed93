"""Means and spreads over seeds."""

import statistics

import pytest

from keras_mtl.report.measured_scores import Score, summarise


def test_a_summary_holds_the_mean_and_the_sample_deviation_over_seeds():
    values = [0.5, 0.6, 0.9]
    scores = [Score("frozen", 20, seed, value) for seed, value in enumerate(values)]

    (summary,) = summarise(scores)

    assert (summary.strategy, summary.labels, summary.runs) == ("frozen", 20, 3)
    assert summary.mean == pytest.approx(sum(values) / 3)
    assert summary.spread == pytest.approx(statistics.stdev(values))


def test_a_single_run_has_no_spread():
    assert summarise([Score("frozen", 20, 0, 0.5)])[0].spread == 0


def test_strategies_and_label_counts_keep_their_order():
    scores = [Score("b", 20, 0, 0.1), Score("a", 10, 0, 0.2), Score("b", 20, 1, 0.3)]

    assert [(s.strategy, s.labels) for s in summarise(scores)] == [("b", 20), ("a", 10)]
