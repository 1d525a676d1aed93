"""What Keras keeps private of optimizers: slots, step counts, rates, exclusions from decay.

Written against Keras 3.15.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, TypeAlias

import keras

Optimizer: TypeAlias = keras.optimizers.Optimizer


def rate_as_given(optimizer: Optimizer) -> Any:
    """Return the schedule or the function that gives the learning rate, or its variable.

    The public `learning_rate` is the value of a schedule at the current step.
    """
    return optimizer._learning_rate


def applied_updates(optimizer: Optimizer) -> Any:
    """Return how often `apply` was called; the public `iterations` leaves accumulation out."""
    return optimizer._iterations


def trained_variables(optimizer: Optimizer) -> list[keras.Variable]:
    """Return the variables that the optimizer was built for; none before `build`."""
    return list(optimizer._trainable_variables)


def clipped(optimizer: Optimizer, gradients: Sequence[Any]) -> list[Any]:
    """Clip gradients by the settings of the optimizer: all of them together, or one by one."""
    return optimizer._clip_gradients(gradients)


def with_gradients(
    optimizer: Optimizer, gradients: Sequence[Any], variables: Sequence[keras.Variable]
) -> tuple[list[Any], list[keras.Variable]]:
    """Return the gradients that are not None, and their variables; warn of the others.

    Raises:
        ValueError: All gradients are None.
    """
    return optimizer._filter_empty_gradients(gradients, variables)


def exclusions_from_decay(optimizer: Optimizer) -> dict[str, Any]:
    """Return the attributes that say which variables do not decay; no config holds them."""
    prefix = "_exclude_from_weight_decay"
    return {key: value for key, value in vars(optimizer).items() if key.startswith(prefix)}


def decays(optimizer: Optimizer, variable: keras.Variable) -> bool:
    """Return whether weight decay is applied to a variable, if there is any."""
    used: bool = optimizer._use_weight_decay(variable)
    return used


def slots_of(optimizer: Optimizer, variable: keras.Variable) -> dict[str, keras.Variable]:
    """Return the slots of a trained variable, by the attribute of the optimizer that holds them.

    An optimizer keeps the slots of one kind in a list with an entry for each trained variable,
    None for a variable that needs no such slot, and its `update_step` finds the entry by
    `_get_variable_index`. Slots need not have the shape of their variable: Adafactor's have not.
    """
    index = optimizer._get_variable_index(variable)
    return {
        attribute: slots[index]
        for attribute, slots in _slot_lists(optimizer).items()
        if slots[index] is not None
    }


@contextmanager
def gradients_of_one_device(optimizers: Sequence[Optimizer]) -> Iterator[None]:
    """Let optimizers that run on one device apply gradients without a sum over devices.

    For each such sum in a compiled step TensorFlow 2.21 registers a function for good, which holds
    the graph of the step, and with it the model: a process keeps all that it has ever trained.

    Args:
        optimizers: Those of a model that is not distributed, without others around them.
    """
    outermost = [optimizer for optimizer in optimizers if _SUM not in vars(optimizer)]
    for optimizer in outermost:
        vars(optimizer)[_SUM] = list
    try:
        yield
    finally:
        for optimizer in outermost:
            del vars(optimizer)[_SUM]


_SUM = "_all_reduce_sum_gradients"


def _slot_lists(optimizer: Optimizer) -> dict[str, list[keras.Variable | None]]:
    # Keras has no list of the lists of slots: they are the lists as long as the trained variables
    # that hold variables, besides the two that every optimizer has.
    own = (id(optimizer._variables), id(optimizer._trainable_variables))
    length = len(optimizer._trainable_variables)
    return {
        attribute: value
        for attribute, value in vars(optimizer).items()
        if isinstance(value, list)
        and len(value) == length
        and id(value) not in own
        and all(slot is None or isinstance(slot, keras.Variable) for slot in value)
    }
