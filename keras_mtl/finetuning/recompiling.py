"""Compiling a model again after its flags have changed."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.surgery.fresh_compile import inner_optimizer


def recompile(model: keras.Model, arguments: dict[str, Any]) -> None:
    """Compile `model` anew for the variables that train now. Changes `model`.

    `arguments` are those of `compile`, with a fresh optimizer of the same class. Without this
    Keras would go on training the old set. The new optimizer starts at iteration 0: with Adam
    the first steps of the variables that begin to train then have the right size, and those of
    the others, whose moments are kept, are smaller for a while rather than larger.
    """
    old = model.optimizer
    model.compile(**arguments)
    model.optimizer.build(model.trainable_variables)
    _carry_slots(inner_optimizer(old), inner_optimizer(model.optimizer))


def _carry_slots(old: keras.optimizers.Optimizer, new: keras.optimizers.Optimizer) -> None:
    """Copy the slots of the variables that both optimizers train."""
    if not old.built:
        return
    index = {id(variable): i for i, variable in enumerate(old._trainable_variables)}
    kept = [
        (index[id(variable)], i)
        for i, variable in enumerate(new._trainable_variables)
        if id(variable) in index
    ]
    for attribute, slots in _slot_lists(old).items():
        for source, target in kept:
            getattr(new, attribute)[target].assign(slots[source])


def _slot_lists(optimizer: keras.optimizers.Optimizer) -> dict[str, list[keras.Variable]]:
    """The optimizer's lists with one slot for each trained variable, by attribute."""
    trained = optimizer._trainable_variables
    return {
        attribute: value
        for attribute, value in vars(optimizer).items()
        if isinstance(value, list)
        and len(value) == len(trained)
        and value is not trained
        and all(isinstance(slot, keras.Variable) for slot in value)
        and all(slot.shape == v.shape for slot, v in zip(value, trained, strict=True))
    }
