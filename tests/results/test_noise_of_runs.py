"""The noise of sums of scores."""

import numpy as np
import pytest

from _measured_runs import run, run_of_rows
from keras_mtl.results.noise_of_runs import noise_of_sum, shared_rows


def test_a_sum_of_means_over_rows_has_the_noise_of_its_rows():
    gains = np.random.default_rng(0).normal(size=(4, 3, 200))
    by_seed = [[run_of_rows("a", 20, s, row) for row in of_seed] for s, of_seed in enumerate(gains)]

    noise = noise_of_sum(by_seed, (1, -2, 1), None)

    sums = gains[:, 0] - 2 * gains[:, 1] + gains[:, 2]
    assert noise.mean == pytest.approx(sums.mean(), abs=1e-6)
    assert noise.error == pytest.approx(np.sqrt(6 / 800), rel=0.3)


def test_scores_have_parts_only_if_all_have_the_same_rows():
    four, five = run_of_rows("a", 20, 0, np.ones(4)), run_of_rows("a", 20, 0, np.ones(5))
    plain = run("a", 20, 0, 0.5)
    assert shared_rows([[four, four]]) == 4
    assert [shared_rows(one) for one in ([[four, five]], [[four, plain]], [[plain]])] == [0, 0, 0]


def test_rounding_is_no_noise():
    """The mean of three times 0.1 is not 0.1, so the variance is not quite 0."""
    same = [[run("a", 20, seed, 0.1), run("b", 20, seed, 0.3)] for seed in range(3)]
    assert noise_of_sum(same, (1, -1), None) is None
    assert noise_of_sum(same[:1], (1, -1), None) is None
