"""Several questions with the answer yes or no for each sample."""

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
from keras_mtl.heads.probe_targets import YesOrNoTargets
from keras_mtl.scores.checks import check_targets

SHOWN = 5


@KINDS.register
class Multilabel(YesOrNo):
    """A column of labels for each question."""

    name = "multilabel"

    def units_of_classes(self, count: int) -> int:
        """Return one output for each name."""
        return count

    def encode(self, indices: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Return a column for each name, 1 where a row lists it.

        An empty text is no name: rows of an array list different numbers of names.
        """
        listed = indices[:, None] if indices.ndim == 1 else indices
        columns = (listed[..., None] == np.arange(count)).any(axis=-2)
        missing = np.broadcast_to((listed == -1).any(axis=-1, keepdims=True), columns.shape)
        return columns.astype(np.int32), missing.copy()

    def named(self, decoded: np.ndarray, classes: Sequence[str]) -> np.ndarray:
        """Return a tuple for each sample (or place), with the names of the labels that are 1."""
        rows = decoded.reshape(-1, len(classes)).astype(bool)
        names = np.empty(len(rows), object)
        names[:] = [tuple(np.array(classes)[row].tolist()) for row in rows]
        return names.reshape(decoded.shape[:-1])

    def recognises(self, loss: Any, units: int) -> bool:
        """Return whether it is a binary cross-entropy with several outputs."""
        return units > 1 and is_loss(loss, keras.losses.BinaryCrossentropy)

    def label_shapes(self, units: int, places: Shape) -> list[Shape]:
        """Return a column for each output."""
        return [(*places, units)]

    def probe_targets(self, labels: np.ndarray, samples: int) -> YesOrNoTargets:
        """Return columns of 0 and 1; among few samples a rare label may be always 0."""
        columns = check_targets(labels, samples, name="y", some_vary=True)
        if not np.isin(columns, (0, 1)).all():
            values = np.unique(columns)
            more = " ..." if len(values) > SHOWN else ""
            raise InvalidLabels(
                "`y` must hold 0 and 1 only where it is multilabel. Received: "
                f"{values[:SHOWN].tolist()}{more}."
            )
        return YesOrNoTargets(columns)
