"""One of several classes for each sample."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.common.shapes import Shape, fits
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.kinds.task_kind import LabelBounds, TaskKind
from keras_mtl.heads.losses import is_loss
from keras_mtl.heads.probe_targets import ClassTargets
from keras_mtl.scores.checks import check_labels


@KINDS.register
class Classification(TaskKind):
    """Labels are class indices `0 .. units - 1`, outputs a probability for each class."""

    name = "classification"
    activation = "softmax"
    missing_label = -1

    def check_units(self, units: int) -> None:
        """Refuse a single class."""
        if units == 1:
            raise ValueError(
                "A classification needs at least 2 classes. For two classes as 0 and 1 use "
                '`Head(2)` or `Head(1, "binary")`; for one number use `Head(1, "regression")`.'
            )

    def units_of_classes(self, count: int) -> int:
        """Return one output for each class."""
        return count

    def make_loss(self, *, from_logits: bool) -> keras.losses.Loss:
        """Return a sparse categorical cross-entropy."""
        return keras.losses.SparseCategoricalCrossentropy(from_logits=from_logits)

    def recognises(self, loss: Any, units: int) -> bool:
        """Return whether it is a sparse categorical cross-entropy over several classes."""
        return units > 1 and is_loss(loss, keras.losses.SparseCategoricalCrossentropy)

    def make_metrics(self, *, from_logits: bool) -> list[keras.metrics.Metric]:
        """Return the accuracy."""
        return [keras.metrics.SparseCategoricalAccuracy(name="accuracy")]

    def decode(self, outputs: np.ndarray, *, from_logits: bool) -> np.ndarray:
        """Return the index of the likeliest class."""
        return outputs.argmax(axis=-1)

    def label_shapes(self, units: int, places: Shape) -> list[Shape]:
        """Return one index a sample (or place), with or without a last dimension of 1."""
        return [places, (*places, 1)]

    def label_bounds(self, units: int) -> LabelBounds:
        """Return the range of the class indices."""
        rule = (
            f"the head has {units} classes, 0 to {units - 1}: count classes from 0, or give the "
            "head more units"
        )
        return LabelBounds(0, units - 1, whole=True, rule=rule)

    def num_classes(self, units: int) -> int:
        """Return one class for each output."""
        return units

    def probe_targets(self, labels: np.ndarray, samples: int) -> ClassTargets:
        """Return the classes; any whole numbers are names of classes."""
        codes = check_labels(labels, samples, name="y")
        if codes.max() + 1 == samples:
            raise InvalidLabels(
                f"Each of the {samples} samples has a class of its own, so none can be predicted "
                'from the others. For measured numbers pass `kind="regression"`.'
            )
        return ClassTargets(codes)

    def shape_hint(self, labels: np.ndarray, units: int, places: Shape) -> str:
        """Recognise one-hot labels."""
        one_hot = fits(labels.shape, (None, *places, units))
        return " If they are one-hot, pass `y.argmax(-1)`." if one_hot else ""
