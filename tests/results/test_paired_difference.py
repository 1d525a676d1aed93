"""Paired differences with confidence intervals."""

import numpy as np
import pytest
from scipy import stats

from _measured_runs import run, run_of_rows, runs
from keras_mtl.results.paired_difference import paired_difference

A, B = [0.7, 0.8, 0.72, 0.9], [0.65, 0.7, 0.71, 0.8]


def test_without_rows_it_is_the_paired_t_test():
    found = paired_difference(runs({"a": {20: A}, "b": {20: B}}), "a", "b", 20, confidence=0.9)

    peer = stats.ttest_rel(A, B)
    assert found.p_value == pytest.approx(peer.pvalue)
    assert (found.low, found.high) == pytest.approx(tuple(peer.confidence_interval(0.9)))
    assert (found.mean, found.seeds, found.rows) == (pytest.approx(np.mean(A) - np.mean(B)), 4, 0)


def test_seeds_are_paired_and_failed_or_missing_ones_left_out():
    whole = runs({"a": {20: A}, "b": {20: B}})
    more = [run("a", 20, 7, 0.1), run("a", 20, 8, np.nan), run("b", 20, 8, 0.9)]
    expected = paired_difference(whole, "a", "b", 20)
    assert paired_difference([*more, *whole[::-1]], "a", "b", 20) == expected


def test_the_difference_changes_its_sign_with_the_order():
    whole = runs({"a": {20: A}, "b": {20: B}})
    one, other = (paired_difference(whole, *names, 20) for names in ("ab", "ba"))
    assert (one.mean, one.low, one.high) == pytest.approx((-other.mean, -other.high, -other.low))
    assert one.p_value == pytest.approx(other.p_value)


def test_strategies_that_suit_other_rows_are_equal_although_each_seed_says_the_same():
    """Every seed of one is right on the same 33 of 60 rows, of the other on 27 others."""
    suits = np.arange(60) < 33
    both = [
        run_of_rows(name, 20, seed, gains)
        for seed in range(5)
        for name, gains in (("a", suits ^ (np.arange(60) == seed)), ("b", ~suits))
    ]
    without = [run(one.strategy, 20, one.seed, one.score) for one in both]
    by_seeds = [run("b", 20, s, one.score + 1e-3 * s) for s, one in enumerate(without[1::2])]

    assert paired_difference([*without[::2], *by_seeds], "a", "b", 20).p_value < 1e-3
    assert paired_difference(both, "a", "b", 20).p_value > 0.3


def test_a_few_rows_are_no_proof():
    """Four rows of 50, all in favour of one: the exact test of McNemar says p = 0.125."""
    ones, others = np.ones(50), np.ones(50)
    others[:4] = 0
    both = [run_of_rows(n, 20, s, g) for s in range(5) for n, g in (("a", ones), ("b", others))]
    assert 0.05 < paired_difference(both, "a", "b", 20).p_value < 0.2


def test_classifiers_that_agree_on_all_rows_may_differ_on_others():
    both = [run_of_rows(name, 20, seed, np.ones(50)) for seed in range(3) for name in "ab"]
    found = paired_difference(both, "a", "b", 20)
    assert found.mean == 0
    assert -0.1 < found.low < 0 < found.high < 0.1


@pytest.mark.parametrize(
    "scores", [([0.9], [0.5]), ([0.7, 0.7, 0.7], [0.2, 0.2, 0.2]), ([np.nan, 0.5], [0.5, np.nan])]
)
def test_without_noise_to_measure_there_is_no_interval(scores):
    found = paired_difference(runs({"a": {20: scores[0]}, "b": {20: scores[1]}}), "a", "b", 20)
    assert not found.is_known
    assert found.p_value == 1


def test_cross_validation_is_less_certain():
    rng = np.random.default_rng(0)
    both = [
        run_of_rows(name, 20, s, rng.random(100) < p) for s in range(5) for name, p in ("a5", "b4")
        for p in [int(p) / 10]
    ]  # fmt: skip
    plain, validated = (
        paired_difference(both, "a", "b", 20, cross_validated=flag) for flag in (False, True)
    )
    assert validated.high - validated.low > 1.3 * (plain.high - plain.low)


def test_an_unknown_strategy_is_refused():
    with pytest.raises(ValueError, match="No strategy is called 'c'"):
        paired_difference(runs({"a": {20: A}}), "a", "c", 20)
