"""The optimizer of a phase, and the slots that it takes over from the phase before."""

from __future__ import annotations

import keras

from keras_mtl.finetuning.stages import Stage, cosine_with_warm_up
from keras_mtl.keras_private.optimizers import rate_as_given
from keras_mtl.optimizers.layerwise_optimizer import LayerwiseOptimizer
from keras_mtl.surgery.carried_slots import carry_slots
from keras_mtl.surgery.fresh_compile import fresh_optimizer, inner_optimizer, slot_holders
from keras_mtl.training.layerwise import layerwise
from keras_mtl.training.optimizer_arguments import known_optimizer, scaled_like


def phase_optimizer(
    stage: Stage, compiled: keras.optimizers.Optimizer
) -> keras.optimizers.Optimizer:
    """Return the optimizer of a phase, without state.

    Args:
        stage: The phase.
        compiled: The optimizer that the model was compiled with before the first phase.

    Raises:
        CloneError: The optimizer cannot be built anew from its config.
    """
    phase, given = stage.phase, inner_optimizer(compiled)
    rate = phase.learning_rate
    if phase.optimizer is not None:
        given = known_optimizer("`optimizer`", phase.optimizer, "an optimizer")
    elif rate is None:
        rate = current_rate(given)
    if isinstance(rate, float | int):
        rate = cosine_with_warm_up(rate, stage.steps)
    optimizer = fresh_optimizer(given, rate)
    if phase.decay is not None:
        optimizer = layerwise(optimizer, decay=phase.decay)
    scaled = isinstance(compiled, keras.optimizers.LossScaleOptimizer)
    return scaled_like(compiled, optimizer) if scaled else optimizer


def current_rate(optimizer: keras.optimizers.Optimizer) -> float | None:
    """Return the learning rate; None if it follows a schedule, or there are several."""
    if isinstance(optimizer, keras.optimizers.MultiOptimizer):
        return None
    rate = rate_as_given(optimizer)
    return float(keras.ops.convert_to_numpy(rate)) if isinstance(rate, keras.Variable) else None


def takes_decay(optimizer: keras.optimizers.Optimizer) -> bool:
    """Return whether `layerwise` can multiply the rate of an optimizer by depth."""
    several = (keras.optimizers.MultiOptimizer, LayerwiseOptimizer)
    return not isinstance(inner_optimizer(optimizer), several)


def take_over_slots(old: keras.optimizers.Optimizer, new: keras.optimizers.Optimizer) -> None:
    """Copy the slots of the variables that both train, if the optimizers are of one class."""
    before, after = slot_holders(old), slot_holders(new)
    if len({type(one) for one in (*before, *after)}) == 1:
        carry_slots(before, after)
