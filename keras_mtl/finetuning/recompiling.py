"""Compile a model again after its flags have changed."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.keras_private.optimizers import Optimizer, slots_of, trained_variables
from keras_mtl.surgery.fresh_compile import slot_holders


def recompile(model: keras.Model, arguments: dict[str, Any]) -> None:
    """Compile `model` anew for the variables that train now. Changes `model`.

    Without this Keras would go on training the variables that were trainable before. The new
    optimizer starts at iteration 0: with Adam the first steps of the variables that begin to
    train then have the right size, and those of the others, whose moments are kept, are smaller
    for a while rather than larger.

    Args:
        model: A compiled model whose flags have changed.
        arguments: Arguments of `compile`, with a fresh optimizer of the same class.
    """
    old = model.optimizer
    model.compile(**arguments)
    model.optimizer.build(model.trainable_variables)
    _carry_slots(old, model.optimizer)


def _carry_slots(old: Optimizer, new: Optimizer) -> None:
    """Copy the slots of the variables that both optimizers train."""
    if not old.built:
        return
    before = {id(v): one for one in slot_holders(old) for v in trained_variables(one)}
    for holder in slot_holders(new):
        for variable in trained_variables(holder):
            source = before.get(id(variable))
            if source is not None:
                _copy_slots(source, holder, variable)


def _copy_slots(source: Optimizer, target: Optimizer, variable: keras.Variable) -> None:
    slots = slots_of(source, variable)
    for attribute, slot in slots_of(target, variable).items():
        slot.assign(slots[attribute])
