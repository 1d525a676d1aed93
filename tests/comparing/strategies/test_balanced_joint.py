"""Both tasks at each step, weighed by a balancer."""

import numpy as np
import pytest

from _transfer_tasks import (
    CLASSES,
    FIRST,
    X,
    assert_traced_no_more,
    classes_of,
    counted_traces,
    learnt,
)
from _watching import unchanged
from keras_mtl import balancing
from keras_mtl.comparing.strategies.balanced_joint import BalancedJoint, named_balanced_joint
from keras_mtl.comparing.strategies.joint import Joint
from keras_mtl.errors import TaskNotFound
from keras_mtl.estimators.samples import LabelledSamples, Samples
from keras_mtl.finetuning import recipe

AUXILIARY = LabelledSamples(Samples([X], 8), FIRST, None)


@pytest.fixture(autouse=True)
def few_steps(monkeypatch):
    monkeypatch.setattr(recipe, "FEWEST_STEPS", 12)
    monkeypatch.setattr(recipe, "EPOCHS", 2)


def test_the_new_task_is_the_main_one_of_a_named_balancer():
    gate = named_balanced_joint("joint+gradient_gate")
    assert gate.name == "joint+gradientgate" and gate.needs_auxiliary
    assert gate.balancer.main == "new" and gate.balancer.tasks == ("first", "new")
    assert BalancedJoint(balancing.CAGrad(0.2)).name == "joint+CAGrad(c=0.2)"
    with pytest.raises(ValueError, match=r"no balancer 'upgrat'.* Did you mean 'UPGrad'"):
        named_balanced_joint("joint+upgrat")
    with pytest.raises(TaskNotFound, match=r"'digit'; the tasks are \['first', 'new'\]"):
        BalancedJoint(balancing.GradientGate("digit"))


class Equal(balancing.LossBalancer):
    asked = 0

    def coefficients(self, losses, present):
        Equal.asked += 1
        return 0 * losses + 1


@pytest.mark.slow
def test_runs_do_not_depend_on_each_other_and_equal_weights_are_the_sum():
    """What a balancer remembers of a run is put back before the next one."""
    network = learnt()
    task, data = classes_of(X, CLASSES, network, AUXILIARY)
    bloop = BalancedJoint(balancing.Bloop("new", 0.5))

    def predicted(strategy, seed):
        return strategy.fit(task, "second", data, seed).model().predict(X, verbose=0)

    with unchanged(network), counted_traces() as traces:
        first = predicted(bloop, 3)
        traced = len(traces)
        predicted(bloop, 1)
        again = predicted(bloop, 3)
        assert_traced_no_more(traces, traced)
    np.testing.assert_allclose(again, first, rtol=1e-5, atol=1e-6)
    summed = predicted(Joint(), 3)
    np.testing.assert_allclose(predicted(BalancedJoint(Equal()), 3), summed, rtol=1e-4, atol=1e-5)
    assert Equal.asked
