"""What kinds of tasks with outputs between no and yes have in common."""

from __future__ import annotations

import keras
import numpy as np

from keras_mtl.heads.kinds.task_kind import LabelBounds, TaskKind


class YesOrNo(TaskKind):
    """Labels are 0 and 1, or a probability between them; outputs are probabilities of 1."""

    activation = "sigmoid"

    def make_loss(self, *, from_logits: bool) -> keras.losses.Loss:
        """Return a binary cross-entropy."""
        return keras.losses.BinaryCrossentropy(from_logits=from_logits)

    def make_metrics(self, *, from_logits: bool) -> list[keras.metrics.Metric]:
        """Return the share of right answers."""
        threshold = _threshold(from_logits)
        return [keras.metrics.BinaryAccuracy(name="accuracy", threshold=threshold)]

    def decode(self, outputs: np.ndarray, *, from_logits: bool) -> np.ndarray:
        """Return 1 where yes is likelier than no, 0 elsewhere."""
        return (outputs > _threshold(from_logits)).astype(np.int32)

    def label_bounds(self, units: int) -> LabelBounds:
        """Return the range of probabilities."""
        rule = "yes-or-no labels are 0 and 1, or a probability between them"
        return LabelBounds(0, 1, whole=False, rule=rule)


def _threshold(from_logits: bool) -> float:
    return 0.0 if from_logits else 0.5
