"""What must be the same for a run to be gone on with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from keras_mtl.multitask.data.base import TaskData
from keras_mtl.schedules.base import Batches, Schedule
from keras_mtl.surgery.compiling import inner_optimizer

FIRST_STEPS = 1024
"""Steps by which a schedule is known again."""


def identity(
    model: Any,
    schedule: Schedule,
    data: Mapping[str, TaskData],
    batches: Batches,
    *,
    class_weights: Mapping[str, np.ndarray],
    seed: int,
    steps_per_epoch: int,
) -> dict[str, Any]:
    """The run as JSON holds it, without the values of weights and learning rates.

    Args:
        model: The multi-task model, compiled.
        schedule: Its steps.
        data: The data by name.
        batches: Their numbers of batches by task.
        class_weights: By task, where they do not all count alike.
        seed: Seed of the run.
        steps_per_epoch: Steps of an epoch.
    """
    return {
        "model": [[_path(v), list(v.shape), str(v.dtype)] for v in model.variables],
        "optimizer": _settings(inner_optimizer(model.optimizer).get_config()),
        "data": {name: one.fingerprint() for name, one in data.items()},
        "schedule": schedule.fingerprint(batches, seed, steps=min(FIRST_STEPS, steps_per_epoch)),
        "class_weight": {task: weights.tolist() for task, weights in class_weights.items()},
        "seed": seed,
        "steps_per_epoch": steps_per_epoch,
    }


def _path(variable: Any) -> str:
    """Without the numbers that Keras counts on in names, from model to model."""
    return re.sub(r"_\d+\b", "", variable.path)


def _settings(config: Any) -> Any:
    """Without names, and learning rates that are numbers: callbacks change them."""
    if not isinstance(config, Mapping):
        return config
    return {
        key: _settings(value)
        for key, value in config.items()
        if key != "name" and not (key == "learning_rate" and isinstance(value, Real))
    }
