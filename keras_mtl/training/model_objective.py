"""The loss and the metrics that Keras has made for a model of one task."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import keras

from keras_mtl.keras_private.compiled import (
    CompileLoss,
    CompileMetrics,
    compiled_loss,
    compiled_metrics,
    loss_tracker,
    only_loss_weight,
)
from keras_mtl.keras_private.graphs import set_keras_mask
from keras_mtl.training.objective import Objective
from keras_mtl.training.rows import Rows


class ModelObjective(Objective):
    """The loss, the mean of the loss and the metrics of a compiled model, updated as in its `fit`.

    They are the objects of the model, so that `model.metrics` has the values after training.

    Args:
        task: The name of the task.
        model: The model, compiled with a loss.
    """

    mean: keras.metrics.Mean
    _loss: CompileLoss
    _metrics: CompileMetrics

    def __init__(self, task: str, model: keras.Model) -> None:
        super().__init__(task, None)
        loss, tracker = compiled_loss(model), loss_tracker(model)
        assert loss is not None and tracker is not None
        self.mean = tracker
        self._loss = loss  # It knows its weight, so that `weight` stays None.
        self._metrics = compiled_metrics(model) or self._metrics
        self._known = False

    @property
    def built(self) -> bool:
        """Whether loss and metrics are made, and what they need of weights and masks is known."""
        return self._known

    def build(self, y: Any, y_pred: Any) -> None:
        """Make the loss and the metrics for labels and predictions of such shapes."""
        super().build(y, y_pred)
        self._known = True

    def check_ranks(self, mask: int, sample_weight: int) -> None:
        """Refuse what they cannot tell apart, if rows are left out; else Keras decides."""
        if mask:
            super().check_ranks(mask, sample_weight)

    def loss(self, y: Any, y_pred: Any, rows: Rows) -> Any:
        """Return the loss times its weight, over the rows that are no padding of replicas."""
        if rows.mask is None:
            with _masked(y_pred, rows):
                return self._loss(y, y_pred, rows.sample_weight)
        loss, weight = super().loss(y, y_pred, rows), only_loss_weight(self._loss)
        return loss if weight is None else loss * weight

    def update(self, y: Any, y_pred: Any, loss: Any, rows: Rows) -> None:
        """Add a batch to the metrics; the mean of the loss is that of the steps."""
        if rows.mask is not None:
            super().update(y, y_pred, loss, rows)
            return
        with _masked(y_pred, rows):
            self._metrics.update_state(y, y_pred, rows.sample_weight)

    def _update_mean(self, y_pred: Any, loss: Any, rows: Rows) -> None:
        """Do nothing: Keras adds the loss of the whole step, with all regularisation, instead."""


@contextmanager
def _masked(y_pred: Any, rows: Rows) -> Iterator[None]:
    """Give predictions the mask of layers for a while, where Keras's own code looks for it."""
    if rows.real is None:
        yield
        return
    set_keras_mask(y_pred, rows.real)
    yield
    set_keras_mask(y_pred, None)
