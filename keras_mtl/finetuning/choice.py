"""Which of several phases gave the best model."""

from __future__ import annotations

from collections.abc import Mapping

import keras
import numpy as np

from keras_mtl.training.metric_directions import directions
from keras_mtl.training.state import TrainingState


class Criterion:
    """Compares the logs of phases: by the first metric that grows with quality, then by the loss.

    Without such a metric the loss decides alone.

    Args:
        state: What training keeps of the model; its metrics are built.
    """

    def __init__(self, state: TrainingState) -> None:
        metrics = state.objectives[state.tasks[0]].metrics
        upward = [name for name, way in directions(metrics).items() if way == "up"]
        self.metric = upward[0] if upward else "loss"
        self.mode = "max" if upward else "min"

    def score(self, logs: Mapping[str, float]) -> tuple[float, float]:
        """Return what sorts as the quality on the data to validate on."""
        metric, loss = logs[f"val_{self.metric}"], logs["val_loss"]
        return (metric if self.mode == "max" else -metric, -loss)

    def stopping(self) -> keras.callbacks.EarlyStopping:
        """Return what brings the best epoch of a phase back, and ends no phase early."""
        never = int(np.iinfo(np.int32).max)
        return keras.callbacks.EarlyStopping(
            f"val_{self.metric}", mode=self.mode, patience=never, restore_best_weights=True
        )


class Standing:
    """How far a run has come, and the best phase so far; a backup holds its attributes.

    Attributes:
        epoch: The number of epochs so far.
        stopped: Whether a callback of the user has ended the training.
        best: The position of the best phase; None before there is one.
        best_score: Its score.
        best_weights: Its weights, if a phase after it has changed them.
    """

    def __init__(self) -> None:
        self.epoch = 0
        self.stopped = False
        self.best: int | None = None
        self.best_score: tuple[float, float] | None = None
        self.best_weights: list[np.ndarray] | None = None

    def add(self, position: int, score: tuple[float, float] | None) -> None:
        """Note the score of a phase; without one the last phase is the best."""
        if score is None or self.best_score is None or score > self.best_score:
            self.best, self.best_score, self.best_weights = position, score, None
