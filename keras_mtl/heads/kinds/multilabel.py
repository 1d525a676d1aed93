"""Several questions with the answer yes or no for each sample."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.common.shapes import Shape
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.kinds.yes_or_no import YesOrNo
from keras_mtl.heads.losses import is_loss
from keras_mtl.heads.probe_targets import YesOrNoTargets
from keras_mtl.scores.checks import check_targets

SHOWN = 5


@KINDS.register
class Multilabel(YesOrNo):
    """A column of labels for each question."""

    name = "multilabel"

    def recognises(self, loss: Any, units: int) -> bool:
        """Return whether it is a binary cross-entropy with several outputs."""
        return units > 1 and is_loss(loss, keras.losses.BinaryCrossentropy)

    def label_shapes(self, units: int, places: Shape) -> list[Shape]:
        """Return a column for each output."""
        return [(*places, units)]

    def probe_targets(self, labels: np.ndarray, samples: int) -> YesOrNoTargets:
        """Return columns of 0 and 1."""
        columns = check_targets(labels, samples, name="y")
        if not np.isin(columns, (0, 1)).all():
            values = np.unique(columns)
            more = " ..." if len(values) > SHOWN else ""
            raise InvalidLabels(
                "`y` must hold 0 and 1 only where it is multilabel. Received: "
                f"{values[:SHOWN].tolist()}{more}."
            )
        return YesOrNoTargets(columns)
