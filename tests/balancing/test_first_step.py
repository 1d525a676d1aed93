"""Arrays of gradients as a balancer sees them in the first step of training."""

import numpy as np
import pytest
from keras import ops

from keras_mtl.balancing import Bloop, PCGrad
from keras_mtl.balancing.first_step import first_step

ROWS = np.array([[3.0, 0.0], [1.0, 2.0]], "float32")


def test_rows_gramian_and_update():
    step = first_step(PCGrad(), ROWS, None)
    assert step.balancer.tasks == ("task_0", "task_1")
    np.testing.assert_array_equal(ops.convert_to_numpy(step.gramian), ROWS @ ROWS.T)
    np.testing.assert_array_equal(ops.convert_to_numpy(step.losses), [1, 1])
    np.testing.assert_array_equal(step.update(ops.array([1.0, 2.0])), [5, 4])


def test_a_running_mean_is_the_last_row_of_those_that_have_one():
    bloop = first_step(Bloop("b").for_tasks(["a", "b"]), ROWS, [1, 2])
    np.testing.assert_array_equal(bloop.with_mean(None, True).matrix, [*ROWS, [0, 0]])
    np.testing.assert_array_equal(bloop.with_mean([5, 6], True).matrix, [*ROWS, [5, 6]])
    with pytest.raises(ValueError, match="this one has none"):
        first_step(PCGrad(), ROWS, None).with_mean([5, 6], False)
