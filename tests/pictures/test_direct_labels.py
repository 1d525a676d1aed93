"""Names at the ends of lines."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize

from keras_mtl.pictures.canvas import new_picture
from keras_mtl.pictures.direct_labels import label_ends, shortened, spread_out

PLACES = st.lists(st.floats(0, 1, width=16), max_size=12)


@given(PLACES, st.floats(0.01, 0.2))
def test_places_are_apart_in_the_same_order(places, gap):
    spread = spread_out(places, gap)
    room = min(gap, 1 / max(1, len(places) - 1))
    order = sorted(range(len(places)), key=lambda number: (places[number], number))
    assert all(-1e-9 <= place <= 1 + 1e-9 for place in spread)
    assert all(spread[above] - spread[below] >= room - 1e-9 for below, above in pairwise(order))


def test_places_move_as_little_as_can_be():
    places, gap = [0.1, 0.11, 0.5, 0.52, 0.53, 0.97], 0.1
    apart = [{"type": "ineq", "fun": lambda x: np.diff(x) - gap}]
    best = minimize(lambda x: ((x - places) ** 2).sum(), places, constraints=apart).x
    best = np.clip(best, np.arange(6) * gap, 1 - np.arange(6)[::-1] * gap)
    np.testing.assert_allclose(spread_out(places, gap), best, atol=1e-4)
    assert spread_out([0.2, 0.9], 0.1) == [0.2, 0.9]


def test_each_line_has_its_name():
    axes = new_picture(5, 3).subplots()
    axes.set(xlim=(0, 10), ylim=(0, 10))
    label_ends(axes, {"a $": (10, 5), "b": (10, 5)}, {"a $": "red", "b": "blue"}, 180)
    first, second = axes.texts
    assert (first.get_text(), second.get_text()) == ("a $", "b")
    assert second.xyann[1] - first.xyann[1] >= 0.0999
    assert first.xy == pytest.approx((1, 0.5))


def test_long_names_keep_both_ends():
    assert shortened("short") == "short"
    assert shortened("a" * 20 + "z" * 20, 10) == "aaaaaa…zzz"
