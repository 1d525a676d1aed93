"""What must match before a run resumes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from numbers import Real
from typing import Any

from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.training.known_heads import loss_of
from keras_mtl.training.run_setup import Run
from keras_mtl.training.state import TrainingState

FIRST_STEPS = 1024
"""Steps of a schedule that are compared."""


def identity(run: Run) -> dict[str, Any]:
    """Return what tells a run from others, as JSON holds it.

    The values of weights and learning rates are left out: training changes them.
    """
    state, plan = run.state, run.plan
    first_steps = min(FIRST_STEPS, plan.steps_per_epoch)  # A function is called for each of them.
    return {
        "model": [
            [_without_number(v.path), list(v.shape), str(v.dtype), v.trainable]
            for v in state.model.variables
        ],
        "optimizer": _settings(inner_optimizer(state.model.optimizer).get_config()),
        # None without one, as in the backups of versions that knew none.
        "balancer": state.balancer and repr(state.balancer),
        "losses": {task: _loss(state, task) for task in state.tasks},
        "data": {name: one.fingerprint() for name, one in run.data.sets.items()},
        "schedule": plan.schedule.fingerprint(run.data.batches, plan.seed, steps=first_steps),
        "class_weight": {task: weights.tolist() for task, weights in run.class_weights.items()},
        "seed": plan.seed,
        "steps_per_epoch": plan.steps_per_epoch,
    }


def _loss(state: TrainingState, task: str) -> list[Any]:
    """Return the name of a loss and its weight: other attributes may have no fixed text."""
    loss = loss_of(state, task)
    name: str = getattr(loss, "name", "") or getattr(loss, "__name__", type(loss).__name__)
    weight = state.arguments["loss_weights"].get(task)
    return [_without_number(name), float(weight) if isinstance(weight, Real) else None]


def _without_number(name: str) -> str:
    """Return a name without the number by which Keras tells models of one process apart."""
    return re.sub(r"_\d+\b", "", name)


def _settings(config: Any) -> Any:
    """Return a config without names, and without learning rates, which callbacks change."""
    if not isinstance(config, Mapping):
        return config
    return {
        key: _settings(value)
        for key, value in config.items()
        if key != "name" and not (key == "learning_rate" and isinstance(value, Real))
    }
