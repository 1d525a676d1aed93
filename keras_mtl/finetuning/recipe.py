"""The phases of `fine_tune` where none are given; `benchmarks/fine_tune_quality.py` judges them."""

from __future__ import annotations

import numpy as np

from keras_mtl.finetuning.folds import held_out_parts
from keras_mtl.finetuning.phase import HEAD, Phase
from keras_mtl.finetuning.tuning_data import TuningData

RATE_DECAY = 0.7
"""What the rate is multiplied with for each layer down from the outputs."""
FEWEST_STEPS = 300
EPOCHS = 20
"""A second phase lasts for so many passes, and at least for so many steps."""
FEW_ROWS = 1000
"""With fewer rows all of them are held out in turn to choose between the phases."""
PARTS = 5
"""The number of parts that rows are held out in; of many rows only the first one is."""


def second_phase(data: TuningData, epochs: int | None, decays: bool) -> Phase:
    """Return the phase in which the trunk trains.

    Args:
        data: What to train on.
        epochs: Its epochs; None for a number of steps that suits the number of rows.
        decays: Whether the optimizer lets the rate decay by depth.
    """
    decay = RATE_DECAY if decays else None
    if epochs is not None or data.num_batches is None:
        return Phase(epochs=epochs, steps=None if epochs else FEWEST_STEPS, decay=decay)
    return Phase(steps=max(FEWEST_STEPS, EPOCHS * data.num_batches), decay=decay)


def first_phase() -> Phase:
    """Return the phase in which only the head trains."""
    return Phase(HEAD, epochs=1)


def parts_to_compare(data: TuningData, seed: int) -> list[np.ndarray]:
    """Return the rows that are held out in turn to choose between the phases.

    Args:
        data: Labelled rows.
        seed: Seed of the draw.
    """
    generator = np.random.default_rng(seed)
    parts = held_out_parts(data.classes, data.num_rows, PARTS, generator)
    return parts if data.num_rows < FEW_ROWS else parts[:1]
