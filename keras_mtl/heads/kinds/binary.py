"""One question with the answer yes or no for each sample."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import numpy as np

from keras_mtl.common.shapes import Shape
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.kinds.yes_or_no import YesOrNo
from keras_mtl.heads.losses import is_loss
from keras_mtl.heads.probe_targets import ClassTargets
from keras_mtl.scores.checks import check_labels


@KINDS.register
class Binary(YesOrNo):
    """One label for each sample. A label of -1 is refused: it may well mean the other class."""

    name = "binary"

    def check_units(self, units: int) -> None:
        """Refuse several outputs."""
        if units != 1:
            raise ValueError(
                f'A binary head has one output: `Head(1, "binary")`. For {units} yes-or-no labels '
                f'use `Head({units}, "multilabel")`.'
            )

    def units_of_classes(self, count: int) -> int:
        """Return one output for two classes: the probability of the second one."""
        if count != 2:
            raise ValueError(
                "A binary head has two classes, the names of 0 and 1, such as "
                f'`Head(kind="binary", classes=["no", "yes"])`. Received: {count} names; for '
                "several classes leave `kind` out."
            )
        return 1

    def named(self, decoded: np.ndarray, classes: Sequence[str]) -> np.ndarray:
        """Return the names without the dimension of the single output."""
        return np.array(classes)[decoded[..., 0]]

    def recognises(self, loss: Any, units: int) -> bool:
        """Return whether it is a binary cross-entropy with one output."""
        return units == 1 and is_loss(loss, keras.losses.BinaryCrossentropy)

    def label_shapes(self, units: int, places: Shape) -> list[Shape]:
        """Return one label a sample (or place), with or without a last dimension of 1."""
        return [places, (*places, 1)]

    def num_classes(self, units: int) -> int:
        """Return two: no and yes."""
        return 2

    def probe_targets(self, labels: np.ndarray, samples: int) -> ClassTargets:
        """Return two classes."""
        codes = check_labels(labels, samples, name="y")
        if codes.max() > 1:
            raise InvalidLabels(
                f"`y` must hold two classes where it is binary. Received: {codes.max() + 1}."
            )
        return ClassTargets(codes)
