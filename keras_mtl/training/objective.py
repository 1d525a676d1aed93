"""The loss and the metrics of one task, updated by training and evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import keras
from keras import ops

from keras_mtl.errors import InvalidTaskData
from keras_mtl.keras_private.compiled import (
    CompileLoss,
    CompileMetrics,
    only_loss,
    unweighted_metrics,
    weighted_metrics,
)

MEANS = ("sum_over_batch_size", "mean")


class Rows(NamedTuple):
    """Weights and mask of the rows of a batch, or of the part of it that one replica has.

    Attributes:
        sample_weight: Weights of shape `(rows,)`, or None.
        mask: Boolean of shape `(rows,)`, True where the row has the label; None if all have it.
        total: Rows of the batch over all replicas, those without the label included.
        valid: Rows of the batch over all replicas that have the label.
    """

    sample_weight: Any = None
    mask: Any = None
    total: Any = None
    valid: Any = None


class Objective:
    """The loss of a task, the mean of the loss, and the metrics.

    Args:
        task: The name of the task.
        loss: As `keras.Model.compile` takes it for one output.
        metrics: A metric or a list of metrics.
        weighted_metrics: Metrics that sample weights count in.
        weight: What the loss is multiplied with in a step; None for 1.
    """

    def __init__(
        self,
        task: str,
        loss: Any,
        metrics: Any = None,
        weighted_metrics: Any = None,
        weight: float | None = None,
    ) -> None:
        self.task = task
        self.weight = weight
        self.mean = keras.metrics.Mean(name="loss")
        self._loss = CompileLoss(loss, None)
        self._rank = 1  # Dimensions of the losses of a batch before they are reduced.
        self._metrics = CompileMetrics(_listed(metrics), _listed(weighted_metrics))

    @property
    def built(self) -> bool:
        """Whether loss and metrics are made, which depend on the shapes of labels."""
        return bool(self._loss.built)

    def build(self, y: Any, y_pred: Any) -> None:
        """Make the loss and the metrics for labels and predictions of such shapes.

        Args:
            y: A few labels.
            y_pred: Predictions for them.
        """
        if self.built:
            return
        self._loss.build(y, y_pred)
        self._rank = len(ops.shape(only_loss(self._loss).call(y, y_pred)))
        self._metrics.build(y, y_pred)
        # Some metrics make variables in their first update, which a compiled step could not do.
        # With a mask, so that the update that takes weights is made as well.
        rows = Rows(mask=ops.ones(y_pred.shape[:1], "bool"), total=1, valid=1)
        self.update(y, y_pred, ops.zeros(()), rows)
        self.reset()

    @property
    def metrics(self) -> list[keras.Metric]:
        """The mean of the loss, then the metrics."""
        return [self.mean, *self._metrics.metrics]

    @property
    def variables(self) -> list[keras.Variable]:
        """The state of the metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def loss(self, y: Any, y_pred: Any, rows: Rows) -> Any:
        """Return the loss over the rows that have a label; a mean is the mean over these rows.

        Raises:
            InvalidTaskData: Labels are missing, and the loss is one number for the whole batch.
        """
        weights = self._weights(rows)
        if weights is not None and self._rank > 1:  # A loss at every place of the predictions.
            weights = ops.reshape(weights, [-1, *[1] * (self._rank - 1)])
            weights = ops.broadcast_to(weights, ops.shape(y_pred)[: self._rank])
        return self._loss(y, y_pred, weights)

    def update(self, y: Any, y_pred: Any, loss: Any, rows: Rows) -> None:
        """Add a batch to the mean of the loss and to the metrics.

        Args:
            y: Labels.
            y_pred: Predictions.
            loss: The loss of these rows.
            rows: Which rows have a label, and their weights.
        """
        if rows.mask is None:
            self.mean.update_state(loss, sample_weight=ops.shape(y_pred)[0])
            self._metrics.update_state(y, y_pred, rows.sample_weight)
            return
        mask = ops.cast(rows.mask, "float32")
        here = ops.sum(mask)
        # On several replicas the loss of each is divided by the valid rows of all of them. This
        # makes it the mean over the rows here, which are its weight in the mean over all.
        share = ops.divide_no_nan(ops.cast(rows.valid, "float32"), here)
        self.mean.update_state(loss * share, sample_weight=here)
        weighted = mask if rows.sample_weight is None else mask * rows.sample_weight
        _update(unweighted_metrics(self._metrics), y, y_pred, mask)
        _update(weighted_metrics(self._metrics), y, y_pred, weighted)

    def result(self) -> dict[str, Any]:
        """Return the values of the metrics by name, the loss first; tensors."""
        return {"loss": self.mean.result(), **self._metrics.result()}

    def reset(self) -> None:
        """Reset all metrics."""
        for metric in self.metrics:
            metric.reset_state()

    def _weights(self, rows: Rows) -> Any:
        if rows.mask is None:
            return rows.sample_weight
        if not self._rank:
            raise InvalidTaskData(
                f"The loss of `{self.task}` gives one number for a whole batch, so the rows whose "
                "label is missing cannot be left out. Let it return one number for each row."
            )
        weights = ops.cast(rows.mask, "float32")
        if only_loss(self._loss).reduction in MEANS:
            # A mean is divided by all rows: the factor makes it one over those with a label.
            total, valid = ops.cast(rows.total, "float32"), ops.cast(rows.valid, "float32")
            weights = weights * ops.divide_no_nan(total, valid)
        return weights if rows.sample_weight is None else weights * rows.sample_weight


def _update(metrics: Iterable[keras.Metric], y: Any, y_pred: Any, weights: Any) -> None:
    for metric in metrics:
        metric.update_state(y, y_pred, _spread(weights, y, metric))


def _spread(weights: Any, y: Any, metric: keras.Metric) -> Any:
    """Return the weights of rows as a metric takes them: an IoU takes one for each pixel."""
    if not isinstance(metric, keras.metrics.IoU):
        return weights
    places = list(ops.shape(y))
    if not metric.sparse_y_true:
        del places[metric.axis]
    column = ops.reshape(weights, [-1, *[1] * (len(places) - 1)])
    return ops.broadcast_to(ops.cast(column, metric.dtype), places)


def _listed(metrics: Any) -> Any:
    return metrics if metrics is None or isinstance(metrics, list | tuple) else [metrics]
