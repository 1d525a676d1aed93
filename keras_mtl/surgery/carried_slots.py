"""Slots of an optimizer, such as moments, carried over to a new optimizer."""

from __future__ import annotations

from collections.abc import Callable

import keras

from keras_mtl.keras_private.optimizers import Optimizer, slots_of, trained_variables
from keras_mtl.surgery.fresh_compile import slot_holders


def carry_slots(
    old: Optimizer,
    new: Optimizer,
    before: Callable[[keras.Variable], keras.Variable | None] = lambda variable: variable,
) -> None:
    """Copy the slots of the variables that both optimizers train.

    Args:
        old: The optimizer that was used; one that is not built has no slots.
        new: The new optimizer, built.
        before: The variable of the old optimizer that stands for a variable of the new one, None
            for none; by default both train the same variables.
    """
    if not old.built:
        return
    known = {id(v): one for one in slot_holders(old) for v in trained_variables(one)}
    for holder in slot_holders(new):
        for variable in trained_variables(holder):
            source = before(variable)
            if source is not None and id(source) in known:
                _copy_slots(slots_of(known[id(source)], source), slots_of(holder, variable))


def _copy_slots(source: dict[str, keras.Variable], target: dict[str, keras.Variable]) -> None:
    for attribute, slot in target.items():
        slot.assign(source[attribute])
