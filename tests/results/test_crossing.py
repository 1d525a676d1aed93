"""Where strategies cross."""

import pytest

from _measured_runs import runs
from keras_mtl.results.crossing import crossings
from keras_mtl.results.run_groups import RunGroups
from keras_mtl.results.standing import standings


def found(**means):
    """Crossings of strategies whose three seeds are within 0.01 of their means."""
    scores = {
        name: {10 * 10**place: [mean, mean + 0.001 * len(name), mean - 0.002] for place, mean in e}
        for name, e in ((name, list(enumerate(values))) for name, values in means.items())
    }
    return crossings(standings(RunGroups(runs(scores)), 0.05, None))


def test_a_crossing_lies_between_counts_that_are_beyond_the_noise():
    (crossing,) = found(frozen=[0.7, 0.8, 0.8], tuned=[0.5, 0.7, 0.9])

    assert (crossing.before, crossing.after) == ("frozen", "tuned")
    assert (crossing.low, crossing.high) == (100, 1000)
    # Both lead by about 0.1, so the lines cross in the middle on a logarithmic axis.
    assert crossing.labels == pytest.approx(10**2.5, rel=0.02)


def test_counts_within_the_noise_widen_the_range():
    (crossing,) = found(frozen=[0.7, 0.7999, 0.8], tuned=[0.5, 0.8, 0.9])
    assert (crossing.low, crossing.high) == (10, 1000)


def test_a_change_within_the_noise_is_no_crossing():
    assert found(frozen=[0.7, 0.8, 0.8999], tuned=[0.5, 0.7, 0.9]) == []
    assert found(frozen=[0.7, 0.8], tuned=[0.5, 0.7]) == []


def test_the_best_may_change_twice():
    crossed = found(a=[0.9, 0.1, 0.9], bb=[0.5, 0.5, 0.5])
    ranges = [(one.before, one.low, one.high) for one in crossed]
    assert ranges == [("a", 10, 100), ("bb", 100, 1000)]
