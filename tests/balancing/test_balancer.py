import pytest

from keras_mtl.balancing import Bloop, CAGrad, LossBalancer, UPGrad
from keras_mtl.errors import InvalidBalancer


class Constant(LossBalancer):
    def __init__(self, factor):
        self.factor = factor

    def coefficients(self, losses, present):
        return losses * 0 + self.factor


def test_a_copy_knows_its_tasks():
    balancer = UPGrad()
    bound = balancer.for_tasks(["hair", "sex"])
    assert bound.tasks == ("hair", "sex")
    assert balancer.tasks == ()
    assert bound != balancer
    assert bound == UPGrad().for_tasks(["hair", "sex"])


def test_one_task_is_refused():
    with pytest.raises(InvalidBalancer, match=r"at least two tasks. `UPGrad\(\)` was given 1"):
        UPGrad().for_tasks(["hair"])


def test_balancers_are_equal_by_their_arguments():
    assert CAGrad(0.5) == CAGrad()
    assert CAGrad(0.4) != CAGrad()
    assert hash(CAGrad(0.5)) == hash(CAGrad())
    assert repr(Bloop("hair", 0.1)) == "Bloop(main='hair', rate=0.1)"
    assert CAGrad.from_config(CAGrad(0.3).get_config()) == CAGrad(0.3)


def test_a_subclass_with_arguments_must_say_them():
    assert repr(Constant(2)) == "Constant(...)"
    with pytest.raises(NotImplementedError, match=r"`Constant` takes arguments"):
        Constant(2).get_config()
