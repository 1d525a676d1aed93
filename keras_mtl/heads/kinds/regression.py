"""One or several numbers for each sample."""

from __future__ import annotations

import keras
import numpy as np

from keras_mtl.common.shapes import Shape
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.kinds.task_kind import TaskKind
from keras_mtl.heads.probe_targets import NumberTargets
from keras_mtl.scores.checks import check_targets


@KINDS.register
class Regression(TaskKind):
    """A column of numbers for each output."""

    name = "regression"
    activation = "linear"

    def make_loss(self, *, from_logits: bool) -> keras.losses.Loss:
        """Return the mean squared error."""
        return keras.losses.MeanSquaredError()

    def make_metrics(self, *, from_logits: bool) -> list[keras.metrics.Metric]:
        """Return the mean absolute error."""
        return [keras.metrics.MeanAbsoluteError(name="mae")]

    def decode(self, outputs: np.ndarray, *, from_logits: bool) -> np.ndarray:
        """Return the outputs: they are the numbers."""
        return outputs

    def label_shapes(self, units: int, places: Shape) -> list[Shape]:
        """Return a column for each output; the dimension may be left out for a single one."""
        return [places, (*places, 1)] if units == 1 else [(*places, units)]

    def probe_targets(self, labels: np.ndarray, samples: int) -> NumberTargets:
        """Return the numbers."""
        return NumberTargets(check_targets(labels, samples, name="y"))
