import numpy as np

from keras_mtl.batches.orders import order_of_pass, seed_of_draws, unshuffled


def test_an_order_is_a_function_of_its_arguments():
    first = order_of_pass(50, 0, name="sex", seed=1)
    assert sorted(first) == list(range(50))
    np.testing.assert_array_equal(first, order_of_pass(50, 0, name="sex", seed=1))
    others = [("sex", 1, 1), ("hair", 0, 1), ("sex", 0, 2)]
    for name, number, seed in others:
        assert (order_of_pass(50, number, name=name, seed=seed) != first).any()


def test_orders_are_those_of_earlier_versions():
    """A backup goes on in the middle of a pass."""
    assert order_of_pass(6, 2, name="sex", seed=3).tolist() == [3, 2, 1, 4, 0, 5]


def test_row_numbers_are_small():
    assert unshuffled(3).dtype == np.int32


def test_each_batch_and_each_hook_has_a_seed_of_its_own():
    places = [(0, "sex", 0, what) for what in ("begin", "end", 0, 1)]
    places += [(1, "sex", 0, 0), (0, "hair", 0, 0), (0, "sex", 1, 0)]
    seeds = {tuple(seed_of_draws(*place).generate_state(4)) for place in places}
    assert len(seeds) == len(places)
    again = seed_of_draws(0, "sex", 0, "begin").generate_state(4)
    assert tuple(again) in seeds
