"""Probabilities move from one exponent to another."""

import numpy as np
import pytest

from _schedules import BATCHES, picked
from keras_mtl.schedules import Annealed, Proportional


def test_annealed_moves_from_one_exponent_to_the_other():
    batches, schedule = {"a": 900, "b": 100}, Annealed(steps=6400, end=0)
    found = picked(schedule, 12800, batches).reshape(20, 640)
    share = (found == 1).mean(axis=1)
    assert share[0] == pytest.approx(0.105, abs=0.01)
    assert (np.diff(share[:10]) > 0).all()
    np.testing.assert_allclose(share[10:], 0.5)


def test_annealed_follows_proportional_at_both_ends():
    schedule = Annealed(steps=64, end=0.5)
    np.testing.assert_array_equal(picked(schedule, 64), picked(Proportional(), 64))
    later = np.arange(64, 640)
    np.testing.assert_array_equal(
        schedule.tasks(later, batches=BATCHES, seed=0),
        Proportional(0.5).tasks(later, batches=BATCHES, seed=0),
    )


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: Annealed(0), "`steps`"),
        (lambda: Annealed(5, end=-1), "`end`"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
