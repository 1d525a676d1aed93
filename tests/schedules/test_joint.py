"""All tasks train at each step."""

from _schedules import BATCHES, picked
from keras_mtl.schedules import Joint


def test_joint_trains_all_tasks_at_each_step():
    assert picked(Joint(), 3).tolist() == [-1, -1, -1]
    assert Joint().counts(7, batches=BATCHES, seed=0) == {-1: 7}
