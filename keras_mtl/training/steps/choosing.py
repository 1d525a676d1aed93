"""What runs the steps, by the backend that Keras uses."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.base import TaskData
from keras_mtl.training.steps.blocks import Runner
from keras_mtl.training.steps.forward import Batches, Step


def make_runner(model: Any, steps: Sequence[Step], data: Mapping[str, TaskData]) -> Runner:
    """What takes the steps in training.

    Args:
        model: The multi-task model, compiled.
        steps: The kinds of steps.
        data: The data by their names.
    """
    runner: Runner = _backend().make_runner(model, steps, data)
    return runner


def make_scorer(model: Any, step: Step) -> Callable[[Batches], None]:
    """A function that adds a batch to the metrics, in inference mode."""
    scorer: Callable[[Batches], None] = _backend().make_scorer(model, step)
    return scorer


def random_state() -> dict[str, np.ndarray]:
    """What the backend draws random numbers from, besides the seeds of layers: bytes by name."""
    state: dict[str, np.ndarray] = getattr(_backend(), "random_state", dict)()
    return state


def set_random_state(state: Mapping[str, np.ndarray]) -> None:
    """Draw on as `random_state` has found it."""
    if state:
        _backend().set_random_state(state)


def _backend() -> Any:
    return import_module(f"keras_mtl.training.steps.{keras.config.backend()}_steps")
