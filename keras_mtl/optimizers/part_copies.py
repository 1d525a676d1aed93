"""Copies of an optimizer that each train a part of the variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from keras_mtl.keras_private.optimizers import exclusions_from_decay

CLIPPING = ("clipnorm", "clipvalue", "global_clipnorm")


def copy_for_part(
    source: keras.optimizers.Optimizer, config: Mapping[str, Any], rate: Any, name: str
) -> keras.optimizers.Optimizer:
    """Return a copy for one part, without what is done for all parts together: scaling, clipping.

    With gradient accumulation a part clips by itself, because only it knows the accumulated
    gradients.

    Args:
        source: The optimizer to copy.
        config: Its config, which cannot be read while a step is compiled.
        rate: The learning rate of the copy.
        name: Name of the copy.
    """
    changed = {"learning_rate": rate, "name": name, "loss_scale_factor": None}
    if not source.gradient_accumulation_steps:
        changed |= dict.fromkeys(CLIPPING)
    copy = type(source).from_config({**config, **changed})
    carry_exclusions(source, copy)
    return copy


def carry_exclusions(
    source: keras.optimizers.Optimizer, target: keras.optimizers.Optimizer
) -> None:
    """Exclude the same variables from weight decay; no config holds them."""
    for key, value in exclusions_from_decay(source).items():
        setattr(target, key, value)


def check_clipping(optimizer: keras.optimizers.Optimizer) -> None:
    """Refuse clipping that would need the accumulated gradients of all parts at once.

    Raises:
        ValueError: The optimizer has `global_clipnorm` and `gradient_accumulation_steps`.
    """
    if optimizer.gradient_accumulation_steps and optimizer.global_clipnorm:
        raise ValueError(
            "`global_clipnorm` is measured over all variables of a step, and under "
            "`gradient_accumulation_steps` each part accumulates its own gradients. Use "
            "`clipnorm`, which is measured for each variable, or a larger batch."
        )
