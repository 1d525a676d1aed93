import numpy as np
import pytest
from keras import ops

from keras_mtl.balancing import RandomWeighting

BALANCER = RandomWeighting(seed=4).for_tasks(["a", "b", "c"])


def steps(state, count, present=(True, True, True)):
    drawn = []
    for _ in range(count):
        found, state = BALANCER.balance(np.ones(3, "float32"), np.array(present), state)
        drawn.append(ops.convert_to_numpy(found))
    return np.array(drawn), state


def test_positive_with_the_mean_1_and_different_at_each_step():
    drawn, _ = steps(BALANCER.initial_state(), 20)
    assert (drawn > 0).all()
    np.testing.assert_allclose(drawn.mean(axis=1), 1, rtol=1e-5)
    assert len(np.unique(drawn.round(4))) > 50


def test_a_resumed_run_draws_what_an_unbroken_one_draws():
    whole, _ = steps(BALANCER.initial_state(), 6)
    first, state = steps(BALANCER.initial_state(), 3)
    kept = {key: ops.convert_to_numpy(one) for key, one in state.items()}
    rest, _ = steps(kept, 3)
    np.testing.assert_array_equal(whole, np.concatenate([first, rest]))


def test_absent_tasks():
    drawn, _ = steps(BALANCER.initial_state(), 5, present=(True, False, True))
    np.testing.assert_array_equal(drawn[:, 1], 0)
    np.testing.assert_allclose(drawn.sum(axis=1), 2, rtol=1e-5)


def test_bad_seed():
    with pytest.raises(ValueError, match="`seed`"):
        RandomWeighting(seed=-1)
