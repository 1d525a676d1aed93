"""The loss and the metrics of one task, updated by training and evaluation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import keras
from keras import ops

from keras_mtl.errors import InvalidTaskData
from keras_mtl.heads.losses import is_mean_over_labels
from keras_mtl.keras_private.compiled import (
    CompileLoss,
    CompileMetrics,
    metric_function,
    only_loss,
    reduce_weighted_values,
    unweighted_metrics,
    weighted_metrics,
)
from keras_mtl.keras_private.graphs import get_keras_mask, set_keras_mask
from keras_mtl.training import metric_weights
from keras_mtl.training.rows import Rows, of_rank, product, rank_of, times

MEANS = ("sum_over_batch_size", "mean")


class Objective:
    """The loss of a task, the mean of the loss, and the metrics.

    Args:
        task: The name of the task.
        loss: As `keras.Model.compile` takes it for one output.
        metrics: A metric or a list of metrics.
        weighted_metrics: Metrics that sample weights count in.
        weight: What the loss is multiplied with in a step, a number or a variable; None for 1.
    """

    def __init__(
        self,
        task: str,
        loss: Any,
        metrics: Any = None,
        weighted_metrics: Any = None,
        weight: float | keras.Variable | None = None,
    ) -> None:
        self.task = task
        self.weight = weight
        self.mean = keras.metrics.Mean(name="loss")
        self._loss = CompileLoss(loss, None)
        self._rank = 1  # Dimensions of the losses of a batch before they are reduced.
        self._places = 1  # Dimensions of the predictions without the last one.
        self._value_ranks: dict[int, int] = {}  # Of the functions of metrics, by their metric.
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
        if not self._loss.built:
            self._loss.build(y, y_pred)
        self._rank = len(ops.shape(only_loss(self._loss).call(y, y_pred)))
        self._places = len(y_pred.shape) - 1
        if not self._metrics.built:
            self._metrics.build(y, y_pred)
            # Some metrics make variables in their first update, which a compiled step could not do.
            # With a mask, so that the update that takes weights is made as well.
            rows = Rows(mask=ops.ones(y_pred.shape[:1], "bool"), total=1, valid=1)
            self.update(y, y_pred, ops.zeros(()), rows)
            self.reset()
        for metric in self._metrics.metrics:
            function = metric_function(metric)
            if function is not None and not metric_weights.is_of_keras(metric):
                self._value_ranks[id(metric)] = len(ops.shape(function(y, y_pred)))

    @property
    def metrics(self) -> list[keras.Metric]:
        """The mean of the loss, then the metrics."""
        return [self.mean, *self._metrics.metrics]

    @property
    def variables(self) -> list[keras.Variable]:
        """The state of the metrics."""
        return [variable for metric in self.metrics for variable in metric.variables]

    def takes_parts(self, rank: int) -> bool:
        """Return whether a part of the labels of a row may be missing.

        Args:
            rank: The rank of the mask that tells them: more than 1.
        """
        return not self._refusal(rank, self._metrics.metrics)

    def check_ranks(self, mask: int, sample_weight: int) -> None:
        """Refuse masks and weights that tell more apart than the loss and the metrics do.

        Args:
            mask: The rank of the mask, 1 for rows; 0 for no mask.
            sample_weight: The rank of the weights; 0 for no weights.

        Raises:
            InvalidTaskData: The loss, or a metric, needs whole rows.
        """
        counted = weighted_metrics(self._metrics)
        reason = self._refusal(mask, self._metrics.metrics)
        if reason:
            raise InvalidTaskData(
                f"The labels of `{self.task}` are missing in part, but {reason}. Fill the gaps, or "
                "make whole rows missing."
            )
        reason = self._refusal(sample_weight, counted)
        if reason:
            raise InvalidTaskData(
                f"`{self.task}` has a sample weight for each part of a row, but {reason}. Give one "
                "weight for each row."
            )

    def loss(self, y: Any, y_pred: Any, rows: Rows) -> Any:
        """Return the loss over the labels that are there; a mean is the mean over these.

        Raises:
            InvalidTaskData: Labels are missing, and the loss does not tell them apart.
        """
        counted = rows.counted
        if counted is not None and not self._rank:
            if rows.mask is not None:
                raise InvalidTaskData(
                    f"The loss of `{self.task}` gives one number for a whole batch, so the rows "
                    "whose label is missing cannot be left out. Let it return one number for each "
                    "row."
                )
            counted = None
        weights = times(counted, rows.sample_weight)
        if weights is None or not self._rank:
            return self._loss(y, y_pred, weights)
        self.check_ranks(rank_of(rows.mask), rank_of(rows.sample_weight))
        return self._weighted_loss(y, y_pred, weights, rows)

    def update(self, y: Any, y_pred: Any, loss: Any, rows: Rows) -> None:
        """Add a batch to the mean of the loss and to the metrics.

        Args:
            y: Labels.
            y_pred: Predictions.
            loss: The loss of these rows.
            rows: Which labels there are, and their weights.
        """
        self._update_mean(y_pred, loss, rows)
        for metric in unweighted_metrics(self._metrics):
            self._update_metric(metric, y, y_pred, None, rows)
        for metric in weighted_metrics(self._metrics):
            self._update_metric(metric, y, y_pred, rows.sample_weight, rows)

    def result(self) -> dict[str, Any]:
        """Return the values of the metrics by name, the loss first; tensors."""
        return {"loss": self.mean.result(), **self._metrics.result()}

    def reset(self) -> None:
        """Reset all metrics."""
        for metric in self.metrics:
            metric.reset_state()

    def _weighted_loss(self, y: Any, y_pred: Any, weights: Any, rows: Rows) -> Any:
        loss = only_loss(self._loss)
        weights = ops.cast(weights, loss.dtype)
        if len(weights.shape) > self._rank:
            # A loss of labels side by side is the mean over the last axis: here of one label.
            single = [*ops.shape(weights), 1]
            y, y_pred = ops.reshape(y, single), ops.reshape(y_pred, single)
        y, y_pred = ops.cast(y, loss.dtype), ops.cast(y_pred, loss.dtype)
        values = loss.call(y, y_pred)
        weights = ops.broadcast_to(of_rank(weights, len(values.shape)), ops.shape(values))
        own = get_keras_mask(values)  # Such as that of `ignore_class`.
        if own is not None:
            rows = rows._replace(real=own if rows.real is None else times(own, rows.real))
            weights = weights * ops.cast(own, loss.dtype)
        if rows.counted is not None and loss.reduction in MEANS:
            # A mean is divided by all entries: the factor makes it one over those that count.
            total, valid = rows.counts
            weights = weights * ops.cast(ops.divide_no_nan(total, valid), loss.dtype)
        set_keras_mask(values, None)
        return reduce_weighted_values(values, weights, None, loss.reduction, loss.dtype)

    def _update_mean(self, y_pred: Any, loss: Any, rows: Rows) -> None:
        size = product(ops.shape(y_pred)[: max(self._rank, 1)])
        counted = rows.counted
        if counted is None:
            self.mean.update_state(loss, sample_weight=size)
            return
        here, entries = ops.sum(ops.cast(counted, "float32")), product(ops.shape(counted))
        # On several replicas the loss of each is divided by the valid entries of all of them. This
        # makes it the mean over the entries here, which are its weight in the mean over all.
        share = ops.divide_no_nan(rows.counts[1], here)
        self.mean.update_state(loss * share, sample_weight=here * size / entries)

    def _update_metric(
        self, metric: keras.Metric, y: Any, y_pred: Any, sample_weight: Any, rows: Rows
    ) -> None:
        weights = times(rows.counted, sample_weight)
        of_rows = times(rows.mask, sample_weight)
        if metric_weights.is_of_keras(metric) or rows.real is None:
            metric_weights.update(metric, y, y_pred, weights)
        elif id(metric) in self._value_ranks:
            fits = rank_of(weights) <= self._value_ranks[id(metric)]
            metric_weights.update(metric, y, y_pred, weights if fits else of_rows)
        else:  # A metric of the user's own finds the padding where Keras puts it.
            set_keras_mask(y_pred, rows.real)
            metric_weights.update(metric, y, y_pred, of_rows)
            set_keras_mask(y_pred, None)

    def _refusal(self, rank: int, metrics: Iterable[keras.Metric]) -> str:
        """Return why weights of a rank cannot count, as a part of a sentence; "" if they can."""
        single = is_mean_over_labels(only_loss(self._loss)) and rank <= self._places + 1
        if rank > max(self._rank, 1) and not single:
            return "its loss gives one number for each row"
        for metric in metrics:
            value_rank = self._value_ranks.get(id(metric))
            if not metric_weights.takes(metric, rank, self._places, value_rank):
                return f"its metric `{metric.name}` needs whole rows"
        return ""


def _listed(metrics: Any) -> Any:
    return metrics if metrics is None or isinstance(metrics, list | tuple) else [metrics]
