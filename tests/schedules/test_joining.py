"""Schedules follow one another."""

import pytest

from _schedules import NAMES, picked
from keras_mtl.schedules import Joint, RoundRobin, join


def test_joined_schedules_count_their_own_steps():
    schedule = join([RoundRobin(2), lambda step: NAMES[step % 2], Joint()], [3, 6])
    assert picked(schedule, 8).tolist() == [0, 0, 1, 0, 1, 0, -1, -1]


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: join([Joint()], [3]), "1 schedules need 0 boundaries"),
        (lambda: join([Joint()] * 3, [3, 3]), "must increase"),
        (lambda: join([Joint()] * 2, [0]), "`boundaries`"),
        (lambda: join([], []), "at least one schedule"),
    ],
)
def test_arguments_out_of_range_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()
