"""The phases of `fine_tune` where none are given; `benchmarks/fine_tune_quality.py` judges them."""

from __future__ import annotations

import keras

from keras_mtl.caching.default_training import RATE
from keras_mtl.finetuning.phase import HEAD, Phase
from keras_mtl.finetuning.phase_optimizer import current_rate, takes_decay
from keras_mtl.finetuning.tuning_data import TuningData
from keras_mtl.surgery.fresh_compile import inner_optimizer

HEAD_STEPS = 600
"""Steps of a head that no features can be computed for, as the trunk has no weights."""
RATE_DECAY = 0.7
"""What the rate is multiplied with for each layer down from the outputs."""
FEWEST_STEPS = 300
EPOCHS = 20
"""A second phase lasts for so many passes, and at least for so many steps."""
FEW_ROWS = 1000
"""With fewer rows the rate is smaller."""


def second_phase(
    data: TuningData, epochs: int | None, compiled: keras.optimizers.Optimizer
) -> Phase:
    """Return the phase in which the trunk trains.

    Args:
        data: What to train on.
        epochs: Its epochs; None for a number of steps that suits the number of rows.
        compiled: The optimizer that the model is compiled with.
    """
    rate = current_rate(inner_optimizer(compiled))
    if rate is not None and not data.is_stream:
        # The fewer rows, the noisier their gradients, and the more there is to lose.
        rate *= min(1.0, data.num_rows / FEW_ROWS) ** 0.25
    steps = None
    if epochs is None:
        steps = max(FEWEST_STEPS, EPOCHS * (data.num_batches or 0))
    decay = RATE_DECAY if takes_decay(compiled) else None
    return Phase(epochs=epochs, steps=steps, learning_rate=rate, decay=decay)


def first_phase() -> Phase:
    """Return the phase in which only the head trains; on features of static layers it is solved."""
    return Phase(HEAD, steps=HEAD_STEPS, learning_rate=RATE)
