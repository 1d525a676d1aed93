"""Slots of an optimizer, such as moments, carried over to a new optimizer."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

import keras

from keras_mtl.keras_private.optimizers import Optimizer, slots_of, trained_variables


def carry_slots(
    old: Sequence[Optimizer],
    new: Sequence[Optimizer],
    before: Callable[[keras.Variable], keras.Variable | None] = lambda variable: variable,
) -> None:
    """Copy the slots of the variables that both the old and the new optimizers train.

    Args:
        old: The optimizers that were used and hold slots; one that is not built has none.
        new: The new ones, built.
        before: The variable of an old optimizer that stands for a variable of a new one, None for
            none; by default both train the same variables.
    """
    known: dict[int, dict[str, keras.Variable]] = defaultdict(dict)  # Several may hold slots of it.
    for holder in old:
        for variable in trained_variables(holder) if holder.built else ():
            known[id(variable)] |= slots_of(holder, variable)
    for holder in new:
        for variable in trained_variables(holder):
            source = before(variable)
            if source is not None and id(source) in known:
                _copy_slots(known[id(source)], slots_of(holder, variable))


def _copy_slots(source: dict[str, keras.Variable], target: dict[str, keras.Variable]) -> None:
    for attribute, slot in target.items():
        if attribute in source:  # Settings, such as momentum, decide which slots there are.
            slot.assign(source[attribute])
