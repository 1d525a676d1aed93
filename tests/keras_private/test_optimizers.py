"""What we know of Keras's optimizers: a test fails with one sentence when Keras changes it."""

import inspect

import keras
import numpy as np
import pytest

from _watching import as_numpy
from keras_mtl.keras_private import optimizers as private

GONE = "Keras no longer keeps {}: see keras_private/optimizers.py"
WRAPPERS = ("Optimizer", "LossScaleOptimizer", "MultiOptimizer")
CLASSES = [
    kind
    for name, kind in inspect.getmembers(keras.optimizers, inspect.isclass)
    if issubclass(kind, keras.optimizers.Optimizer) and name not in WRAPPERS
]


def variables():
    """A matrix, a vector and a scalar."""
    return [
        keras.Variable(np.full(shape, 0.5, "float32"), name=f"rank_{len(shape)}")
        for shape in ((3, 2), (2,), ())
    ]


def test_the_rate_as_given():
    schedule = keras.optimizers.schedules.ExponentialDecay(0.1, 2, 0.5)
    assert private.rate_as_given(keras.optimizers.SGD(schedule)) is schedule, GONE.format("rates")
    rate = private.rate_as_given(keras.optimizers.SGD(0.25))
    assert isinstance(rate, keras.Variable) and float(as_numpy(rate)) == 0.25


@pytest.mark.backend("tensorflow", "torch", reason="JAX accumulates inside a compiled step only")
def test_updates_count_those_that_only_accumulate():
    trained = variables()
    optimizer = keras.optimizers.SGD(gradient_accumulation_steps=2)
    optimizer.apply([keras.ops.ones_like(v) for v in trained], trained)
    assert int(as_numpy(private.applied_updates(optimizer))) == 1, GONE.format("a step count")
    assert int(as_numpy(optimizer.iterations)) == 0


def test_trained_variables():
    trained, optimizer = variables(), keras.optimizers.SGD()
    assert private.trained_variables(optimizer) == []
    optimizer.build(trained)
    found = private.trained_variables(optimizer)
    assert [id(v) for v in found] == [id(v) for v in trained], GONE.format("what it trains")


def test_clipping():
    (gradient,) = private.clipped(
        keras.optimizers.SGD(clipvalue=0.5), [keras.ops.convert_to_tensor([2.0, -0.1])]
    )
    np.testing.assert_allclose(as_numpy(gradient), [0.5, -0.1], err_msg=GONE.format("clipping"))


def test_exclusions_from_decay():
    optimizer = keras.optimizers.AdamW()
    assert not any(private.exclusions_from_decay(optimizer).values())
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    other = keras.optimizers.AdamW()
    for key, value in private.exclusions_from_decay(optimizer).items():
        setattr(other, key, value)
    bias = keras.Variable(np.ones(2, "float32"), name="bias")
    assert not other._use_weight_decay(bias), GONE.format("exclusions from weight decay")


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_slot_is_found_by_its_variable(kind):
    """All state but the counts and the rate belongs to one variable, and only to that one."""
    trained = variables()
    arguments = {"momentum": 0.9} if kind in (keras.optimizers.SGD,) else {}
    optimizer = kind(use_ema=True, gradient_accumulation_steps=2, **arguments)
    optimizer.build(trained)

    found = [private.slots_of(optimizer, variable) for variable in trained]

    owned = [id(slot) for slots in found for slot in slots.values()]
    assert len(set(owned)) == len(owned)
    others = [v for v in optimizer.variables if id(v) not in owned]
    own_counts = 1 if kind is keras.optimizers.Nadam else 0  # The product of its momenta.
    assert len(others) <= 2 + own_counts, GONE.format(f"the slots of {kind.__name__} in lists")
    assert all(v.shape == () for v in others)
    for variable, slots in zip(trained, found, strict=True):
        ranks = {"Adafactor": {0, 1, len(variable.shape)}}.get(kind.__name__, {len(variable.shape)})
        assert {len(slot.shape) for slot in slots.values()} <= ranks


@pytest.mark.backend("tensorflow", reason="only TensorFlow sums over devices in the optimizer")
def test_gradients_of_one_device_are_applied_without_a_sum():
    from keras.src.backend.tensorflow.optimizer import TFOptimizer

    message = GONE.format("the sum over devices in `_all_reduce_sum_gradients`")
    summing = inspect.signature(TFOptimizer._all_reduce_sum_gradients)
    assert list(summing.parameters) == ["self", "grads_and_vars"], message
    trained, optimizer = variables(), keras.optimizers.SGD(0.5)
    optimizer.build(trained)
    with private.gradients_of_one_device([optimizer]):
        with private.gradients_of_one_device([optimizer]):
            pass
        assert "_all_reduce_sum_gradients" in vars(optimizer)
        optimizer.apply([keras.ops.ones_like(v) for v in trained], trained)
    np.testing.assert_allclose(as_numpy(trained[1]), [0.0, 0.0], err_msg=message)
    assert "_all_reduce_sum_gradients" not in vars(optimizer)


def test_missing_gradients_are_left_out_with_a_warning():
    trained = variables()
    message = GONE.format("the check of gradients in `_filter_empty_gradients`")
    optimizer = keras.optimizers.SGD()
    with pytest.warns(UserWarning, match="Gradients do not exist"):
        found, kept = private.with_gradients(optimizer, [None, 1.0, 2.0], trained)
    assert (found, [id(v) for v in kept]) == ([1.0, 2.0], [id(v) for v in trained[1:]]), message
    with pytest.raises(ValueError, match="No gradients"):
        private.with_gradients(optimizer, [None] * 3, trained)


def test_which_variables_decay():
    optimizer = keras.optimizers.AdamW()
    optimizer.exclude_from_weight_decay(var_names=["bias"])
    # Both live: Keras remembers a variable by its id, which another one may have later.
    variables = [keras.Variable(np.ones(2, "float32"), name=name) for name in ("kernel", "bias")]
    found = [private.decays(optimizer, variable) for variable in variables]
    assert found == [True, False], GONE.format("which variables decay")
