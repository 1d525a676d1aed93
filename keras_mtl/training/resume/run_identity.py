"""What must be the same for a run to be gone on with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np

from keras_mtl.batches.base import TaskData
from keras_mtl.schedules.base import Batches, Schedule
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.training.task_compiling import without_optimizer
from keras_mtl.training.task_data import loss_of

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
        "model": [
            [_uncounted(v.path), list(v.shape), str(v.dtype), v.trainable] for v in model.variables
        ],
        "optimizer": _settings(inner_optimizer(model.optimizer).get_config()),
        "losses": {task: _loss(model, task) for task in model.tasks},
        "data": {name: one.fingerprint() for name, one in data.items()},
        "schedule": schedule.fingerprint(batches, seed, steps=min(FIRST_STEPS, steps_per_epoch)),
        "class_weight": {task: weights.tolist() for task, weights in class_weights.items()},
        "seed": seed,
        "steps_per_epoch": steps_per_epoch,
    }


def _loss(model: Any, task: str) -> list[Any]:
    """The name of a loss and its weight: what else there is may have no text of its own."""
    loss = loss_of(model, task)
    name: str = getattr(loss, "name", "") or getattr(loss, "__name__", type(loss).__name__)
    weight = without_optimizer(model)["loss_weights"].get(task)
    return [_uncounted(name), float(weight) if isinstance(weight, Real) else None]


def _uncounted(name: str) -> str:
    """A name without the number that Keras counts on in it, from model to model."""
    return re.sub(r"_\d+\b", "", name)


def _settings(config: Any) -> Any:
    """Without names, and learning rates that are numbers: callbacks change them."""
    if not isinstance(config, Mapping):
        return config
    return {
        key: _settings(value)
        for key, value in config.items()
        if key != "name" and not (key == "learning_rate" and isinstance(value, Real))
    }
