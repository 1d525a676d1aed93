"""Random numbers are evenly spread, and known for each step alone."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from keras_mtl.schedules.spreading import LARGEST, SMALLEST, block_for, spread_numbers


def test_a_block_has_a_step_for_the_rarest_task():
    assert block_for(0.5) == SMALLEST
    assert block_for(0.01) * 0.01 >= 1
    assert block_for(1e-9) == LARGEST  # Beyond it memory would be needed for nothing.


@settings(max_examples=40)
@given(st.integers(0, 2**63), st.integers(0, 10**6), st.integers(1, 300))
def test_the_numbers_of_a_block_are_evenly_spread(seed, number, block):
    steps = np.arange(number * block, (number + 1) * block)
    drawn = np.sort(spread_numbers(steps, seed=seed, block=block))
    assert drawn[0] >= 0 and drawn[-1] < 1
    np.testing.assert_allclose(np.diff(drawn), 1 / block)


def test_numbers_depend_on_step_and_seed_only():
    steps = np.array([700, 3, 64, 3])
    drawn = spread_numbers(steps, seed=1, block=64)
    alone = [spread_numbers(np.array([step]), seed=1, block=64)[0] for step in steps]
    assert drawn.tolist() == alone
    assert drawn.tolist() != spread_numbers(steps, seed=2, block=64).tolist()
