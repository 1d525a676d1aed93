"""What a training step gives to a balancer of gradients, and gets back."""

import keras
import numpy as np
import pytest
from keras import ops

from _gradient_matrices import A, F, combined
from _zoo import first_ones
from keras_mtl.balancing import (
    Bloop,
    CAGrad,
    DualProj,
    FairGrad,
    GradientBalancer,
    GradientGate,
    NashMTL,
    PCGrad,
    UPGrad,
)

NAMES = ("hair", "sex", "age")
ALL = [
    rule.for_tasks(NAMES)
    for rule in (
        NashMTL(),
        GradientGate("sex"),
        Bloop("sex"),
        PCGrad(),
        DualProj(),
        UPGrad(),
        CAGrad(),
        FairGrad(2),
    )
]


class Longest(GradientBalancer):
    def weights(self, gramian, losses, present):
        squares = ops.diagonal(gramian)
        return ops.cast(squares >= ops.max(squares), gramian.dtype) + 0 * losses


def inputs(balancer, gradients):
    """The arguments of `balance` for a first step, as tensors."""
    gradients = np.asarray(gradients, "float32")
    if balancer.running_mean is not None:
        gradients = np.vstack([gradients, gradients[balancer.running_mean.task]])
    state = {key: ops.convert_to_tensor(one) for key, one in balancer.initial_state().items()}
    return ops.convert_to_tensor(gradients @ gradients.T), ops.ones(3), state


def balance(balancer, gradients, present):
    gramian, losses, state = inputs(balancer, gradients)
    weights, _ = balancer.balance(gramian, losses, ops.convert_to_tensor(present), state)
    return ops.convert_to_numpy(weights)


def compiled(function):
    if keras.backend.backend() == "tensorflow":
        import tensorflow as tf

        return tf.function(function)
    if keras.backend.backend() == "jax":
        import jax

        return jax.jit(function)
    return function


def test_a_balancer_of_ones_own_is_one_method():
    np.testing.assert_array_equal(combined(Longest(), F, "float32"), F[2])


@pytest.mark.slow
@pytest.mark.parametrize("balancer", first_ones(ALL, 1), ids=str)
def test_compiled_it_gives_the_same(balancer):
    gramian, losses, state = inputs(balancer, F)
    arguments = gramian, losses, ops.ones(3, "bool"), state
    weights, after = compiled(balancer.balance)(*arguments)
    expected, _ = balancer.balance(*arguments)
    np.testing.assert_allclose(
        ops.convert_to_numpy(weights), ops.convert_to_numpy(expected), atol=1e-5
    )
    assert {key: one.shape for key, one in after.items()} == {
        key: one.shape for key, one in balancer.initial_state().items()
    }


@pytest.mark.parametrize("balancer", first_ones(ALL, 3), ids=str)
def test_an_absent_task_is_left_out(balancer):
    """Whatever its gradient is: the weights of the others are those of the others alone."""
    absent = np.array(F)
    absent[2] = np.nan
    weights = balance(balancer, absent, [True, True, False])
    assert weights[2] == 0
    alone = balance(balancer, [*F[:2], [0.0, 0, 0]], [True, True, True])
    np.testing.assert_allclose(weights, alone, rtol=1e-6)
    assert np.isfinite(weights).all()
    np.testing.assert_array_equal(balance(balancer, F, [False] * 3)[:3], 0)


@pytest.mark.parametrize("balancer", first_ones(ALL, 3), ids=str)
def test_what_is_not_finite_stays_visible(balancer):
    spoiled = np.array(F)
    spoiled[1, 0] = np.nan
    assert np.isnan(balance(balancer, spoiled, [True] * 3)).all()


@pytest.mark.parametrize("balancer", first_ones(ALL, 3), ids=str)
def test_without_gradients_the_update_is_zero(balancer):
    np.testing.assert_array_equal(balancer.combine(np.zeros((3, 4), "float32")), 0)


@pytest.mark.parametrize(
    ("gradients", "others", "message"),
    [
        ([1.0, 2.0], {}, r"shape \(tasks, parameters\)"),
        (np.zeros((2, 0)), {}, r"shape \(tasks, parameters\). Received: an array of the shape"),
        ([["a", "b"], ["c", "d"]], {}, r"array of numbers"),
        (A, {"losses": [1.0]}, r"`losses` is an array of finite numbers .* here \(2,\)"),
        (A, {"mean": [1.0]}, "one has none"),
        ([[1.0, 2.0], [np.inf, 0.0]], {}, "not finite in the row of `task_1`"),
        ([[1.0, 2.0]], {}, "at least two tasks"),
    ],
)
def test_arrays_that_cannot_be_combined(gradients, others, message):
    with pytest.raises(ValueError, match=message):
        UPGrad().combine(gradients, **others)


def test_the_gradients_of_other_tasks():
    with pytest.raises(ValueError, match=r"for the 3 tasks .* Received the gradients of 2"):
        UPGrad().for_tasks(NAMES).combine(A)
