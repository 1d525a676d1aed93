import numpy as np
import pytest
from keras import ops

from keras_mtl.balancing import LossBalancer


class SameSize(LossBalancer):
    def coefficients(self, losses, present):
        return 1 / losses


BALANCER = SameSize().for_tasks(["hair", "sex"])


def test_a_balancer_of_ones_own_is_one_method():
    update = BALANCER.combine([[1.0, 0.0], [0.0, 1.0]], losses=[2.0, 0.5])
    np.testing.assert_allclose(update, [0.5, 2])


def test_an_absent_task_gets_no_coefficient():
    losses = np.array([2, np.nan], "float32")
    found, _ = BALANCER.balance(losses, np.array([True, False]), {})
    np.testing.assert_array_equal(ops.convert_to_numpy(found), [0.5, 0])


def test_what_is_not_finite_stays_visible():
    found, _ = BALANCER.balance(np.array([2, np.inf], "float32"), np.ones(2, bool), {})
    assert np.isnan(ops.convert_to_numpy(found)).all()


def test_losses_that_do_not_fit():
    with pytest.raises(ValueError, match=r"`losses` is an array of finite numbers"):
        BALANCER.combine([[1.0], [2.0]], losses=[1.0, np.nan])
