"""The head trained on the features of the static trunk, which run once."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.caching.default_training import RATE
from keras_mtl.caching.fit_cached import fit_cached
from keras_mtl.common.global_random import seeded
from keras_mtl.finetuning.phase_flags import PhaseFlags
from keras_mtl.finetuning.tuning_data import TuningData
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.surgery.fresh_compile import fresh_arguments
from keras_mtl.training.distribution.model_workers import scope_of


def solve_head(
    model: TransferModel,
    flags: PhaseFlags,
    data: TuningData,
    validation_data: Any,
    class_weight: Any,
    seed: int,
) -> dict[str, float]:
    """Solve for the head with all of the trunk static; return the logs. Changes `model`.

    A head that is no single linear layer is trained by gradient steps. What `model` is compiled
    with stays as it is.

    Args:
        model: The model, whose trunk becomes static.
        flags: The flags of its trunk.
        data: What to train on.
        validation_data: As for `fit`.
        class_weight: As for `fit`.
        seed: Seed of what is random.
    """
    flags.set_all_static()
    # Another model of the same layers, since to compile this one would lose its compiled steps.
    with scope_of(model):
        head_model = TransferModel(model.input, model.output, name=model.name)
        arguments = fresh_arguments(model)
        arguments["optimizer"] = keras.optimizers.Adam(RATE)  # where the head cannot be solved for
        head_model.compile(**arguments)
    with seeded(np.random.SeedSequence(seed)):
        history = fit_cached(
            head_model,
            data.x,
            data.y,
            batch_size=None if data.is_stream else data.batch_size,
            validation_data=validation_data,
            sample_weight=data.sample_weight,
            class_weight=class_weight,
            verbose=0,
        )
    return {name: float(values[-1]) for name, values in history.history.items()}
