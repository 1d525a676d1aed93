import numpy as np
import pytest
from scipy.stats import binomtest

from keras_mtl.explaining.intervals import bootstrap, wilson


@pytest.mark.parametrize(("successes", "trials"), [(0, 4), (3, 3), (9, 10), (1, 500), (250, 500)])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_wilson_is_what_scipy_gives(successes, trials, confidence):
    expected = binomtest(successes, trials).proportion_ci(confidence, method="wilson")
    assert wilson(successes, trials, confidence) == pytest.approx(tuple(expected), abs=1e-12)


def test_without_trials_nothing_is_known():
    assert wilson(0, 0) == (0, 1)


def test_the_bootstrap_of_a_mean_has_the_width_of_its_standard_error():
    rows = np.random.default_rng(0).normal(5, 2, size=(400, 1))
    (interval,) = bootstrap(lambda means: means, rows)
    expected = 1.96 * rows.std() / 20
    assert interval.high - interval.low == pytest.approx(2 * expected, rel=0.1)
    assert interval.low < rows.mean() < interval.high
    assert bootstrap(lambda means: means, rows) == [interval]


def test_a_bootstrap_of_what_is_not_defined():
    nothing = bootstrap(lambda means: means * np.nan, np.ones((5, 1)))
    one_row = bootstrap(lambda means: means, np.ones((1, 1)))
    assert np.isnan([*nothing[0], *one_row[0]]).all()
