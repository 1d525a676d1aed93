"""Tasks are drawn with the stated probabilities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from _schedules import named, picked, sizes
from keras_mtl.schedules import Proportional


@settings(max_examples=40)
@given(sizes, st.floats(0, 2), st.integers(0, 1000))
def test_proportional_has_the_stated_frequencies(numbers, alpha, seed):
    """In every block of steps, to within one step."""
    batches = named(numbers)
    chances = np.array(numbers, dtype=float) ** alpha
    chances /= chances.sum()
    block = max(64, int(np.ceil(round(1 / chances.min(), 6))) + 1)
    found = picked(Proportional(alpha), 3 * block, batches, seed).reshape(3, block)
    for steps in found:
        served = np.bincount(steps, minlength=len(numbers))
        assert (np.abs(served - chances * block) <= 1 + 1e-6).all()
        assert served.min() >= 1


def test_the_chances_of_one_step_are_the_stated_ones():
    """Over seeds: no step is bound to a task by its place in the block."""
    drawn = [
        Proportional().tasks([5, 70], batches={"a": 3, "b": 1}, seed=seed) for seed in range(600)
    ]
    np.testing.assert_allclose(np.mean(drawn, axis=0), 0.25, atol=0.07)


def test_proportional_does_not_repeat_itself():
    found = picked(Proportional(), 6400, {"a": 1, "b": 1}).reshape(100, 64)
    assert len(np.unique(found, axis=0)) == 100


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Proportional(-0.1), "`alpha` is a number, at least 0"),
        (lambda: Proportional(float("nan")), "`alpha`"),
        (lambda: Proportional(float("inf")), "`alpha`"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
