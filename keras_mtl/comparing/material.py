"""What all runs of a comparison work with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from keras_mtl.comparing.cut_features import CutFeatures, SharedSamples, Use
from keras_mtl.comparing.metric import Metric
from keras_mtl.comparing.planned_run import Part, Rows
from keras_mtl.comparing.strategies.strategy import TransferTask
from keras_mtl.estimators.samples import LabelledSamples

Inputs = Sequence[np.ndarray]


@dataclass(frozen=True)
class Material:
    """The data of a comparison as arrays, which processes share.

    Attributes:
        inputs: Inputs of the rows that runs draw from.
        values: Their labels as numbers.
        test_inputs: Inputs of the test rows; None if there are none.
        test_values: Labels of the test rows.
        features: Features by cut.
        metric: What runs are judged by.
    """

    inputs: Inputs
    values: np.ndarray
    test_inputs: Inputs | None
    test_values: np.ndarray | None
    features: Mapping[str, CutFeatures]
    metric: Metric

    @property
    def judged_values(self) -> np.ndarray:
        """The labels that runs are judged on, in the order of their gains."""
        return self.values if self.test_values is None else self.test_values

    def training(self, task: TransferTask, part: Part, use: Use) -> LabelledSamples:
        """Return what a part of a run is trained on."""
        return LabelledSamples(
            self._drawn(task, part.cut, part.rows, use), self.values[part.rows], None
        )

    def judged(self, task: TransferTask, part: Part) -> SharedSamples:
        """Return what a part of a run is judged on."""
        if part.judged is not None:
            return self._drawn(task, part.cut, part.judged, Use())
        features = self.features[part.cut].test
        if self.test_inputs is None or features is None:
            raise AssertionError("a part without test rows has rows to be judged on")
        return SharedSamples(
            self.test_inputs, task.batch_size, task.vectors(part.cut), features, Use()
        )

    def _drawn(self, task: TransferTask, cut: str, rows: Rows, use: Use) -> SharedSamples:
        inputs = [array[rows] for array in self.inputs]
        features = self.features[cut].drawn[rows]
        return SharedSamples(inputs, task.batch_size, task.vectors(cut), features, use)
