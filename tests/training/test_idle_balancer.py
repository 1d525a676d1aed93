"""A balancer that does nothing says so, once."""

import warnings

import pytest

from _two_tasks import EAGER, joint_data, two_data_sets, two_tasks
from keras_mtl.schedules import Joint, RoundRobin

SHORT = {"steps_per_epoch": 1, "batch_size": 8, "verbose": 0}


def test_a_schedule_of_one_task_a_step_leaves_nothing_to_balance():
    model = two_tasks(balancer="pcgrad")
    with pytest.warns(UserWarning, match=r"`PCGrad\(seed=0\)` does nothing .* `schedule=.*Joint"):
        model.fit(two_data_sets(8, 1), schedule=RoundRobin(), **SHORT)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model.fit(two_data_sets(8, 1), schedule=RoundRobin(), **SHORT)  # it was said
        two_tasks(balancer="pcgrad").fit(two_data_sets(8, 1), schedule=Joint(), **SHORT)


def test_a_frozen_trunk_leaves_nothing_to_balance():
    model = two_tasks()
    model.trunk.trainable = False
    model.compile(balancer="pcgrad", run_eagerly=EAGER)
    with pytest.warns(UserWarning, match="does nothing in this run: the trunk is frozen"):
        model.fit(*joint_data(8), **SHORT)
    model.compile(balancer="uncertainty_weighting", run_eagerly=EAGER)
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        model.fit(*joint_data(8), **SHORT)  # the heads have coefficients too
