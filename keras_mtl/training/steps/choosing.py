"""The files of the backend that Keras uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.task_batches import TaskData
from keras_mtl.training.state import TrainingState
from keras_mtl.training.steps.step import Batches, Step
from keras_mtl.training.steps.step_blocks import Runner
from keras_mtl.training.steps.task_gradients import TaskGradients


def make_runner(
    state: TrainingState, steps: Sequence[Step], data: Mapping[str, TaskData]
) -> Runner:
    """Return what runs the steps of training.

    Args:
        state: What training keeps of the model.
        steps: The kinds of steps.
        data: The data sets by name.
    """
    runner: Runner = _backend().make_runner(state, steps, data)
    return runner


def make_scorer(step: Step) -> Callable[[Batches], None]:
    """Return a function that adds a batch to the metrics, in inference mode."""
    scorer: Callable[[Batches], None] = _backend().make_scorer(step)
    return scorer


def measured_gradients(step: Step, batches: Batches) -> TaskGradients:
    """Return the losses of the tasks and their gradients, in inference mode; nothing changes."""
    measured: TaskGradients = _backend().measured_gradients(step, batches)
    return measured


def random_state() -> dict[str, np.ndarray]:
    """Return the state of the backend's own random generators, as bytes by name.

    The seeds of layers are variables of the model and not among them.
    """
    state: dict[str, np.ndarray] = getattr(_backend(), "random_state", dict)()
    return state


def set_random_state(state: Mapping[str, np.ndarray]) -> None:
    """Put back what `random_state` returned."""
    if state:
        _backend().set_random_state(state)


def _backend() -> Any:
    # Imported by name, so that only the backend in use has to be installed.
    return import_module(f"keras_mtl.training.steps.{keras.config.backend()}_steps")
