"""Gradients of each task on given rows, in NumPy."""

import numpy as np
from keras import ops

from keras_mtl.training.steps.task_gradients import task_gradients
from keras_mtl.training.steps.update_rules import StepLosses


def test_rows_are_unscaled_and_none_is_zero():
    gradients = {"a": [ops.full((2, 1), 8.0), None, "of a head"], "b": [None, ops.ones((3,)), None]}
    losses = StepLosses({"a": ops.convert_to_tensor(2.0), "b": ops.convert_to_tensor(3.0)}, 0.0)

    def backward(weights):
        ((task, weight),) = weights.by_task.items()
        assert weight == 1.0 and weights.rest is None
        return gradients[task]

    shared = [ops.zeros((2, 1)), ops.zeros((3,))]
    found = task_gradients(losses, backward, shared, ops.convert_to_tensor(4.0))
    assert found.losses == {"a": 2.0, "b": 3.0}
    np.testing.assert_array_equal(found.rows[0], [[2, 2], [0, 0]])
    np.testing.assert_array_equal(found.rows[1], [[0, 0, 0], [0.25] * 3])
