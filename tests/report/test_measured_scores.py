"""Means and spreads over seeds."""

import statistics

import pytest

from keras_mtl.report.measured_scores import Score, crossovers, summarise


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


def means(**by_strategy):
    """Summaries of strategies at 10, 100 and 1,000 labels."""
    return summarise(
        Score(strategy, labels, 0, mean)
        for strategy, values in by_strategy.items()
        for labels, mean in zip((10, 100, 1000), values, strict=False)
    )


def test_a_crossover_stands_where_the_lines_cross():
    (crossing,) = crossovers(means(frozen=[0.7, 0.8, 0.8], tuned=[0.5, 0.7, 0.9]))

    assert (crossing.before, crossing.after) == ("frozen", "tuned")
    # Both lead by 0.1, so the lines cross in the middle between 100 and 1,000 on a log axis.
    assert crossing.labels == pytest.approx(10**2.5)


def test_the_best_may_change_twice_or_never():
    twice = crossovers(means(a=[0.9, 0.1, 0.9], b=[0.5, 0.5, 0.5]))
    assert [(one.before, one.after) for one in twice] == [("a", "b"), ("b", "a")]
    assert crossovers(means(a=[0.9, 0.9], b=[0.5, 0.5])) == []
    assert crossovers(means(a=[0.5, 0.5], b=[0.5, 0.5])) == []
    assert crossovers([]) == []


def test_a_strategy_that_was_not_measured_everywhere_counts_in_no_crossover():
    assert crossovers(means(a=[0.5, 0.5], b=[0.9])) == []
    assert crossovers(means(a=[0.5], b=[0.1, 0.2])) == []
