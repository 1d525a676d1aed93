"""Compile a model again after its flags have changed."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.surgery.carried_slots import carry_slots
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
    carry_slots(slot_holders(old), slot_holders(model.optimizer))
