"""How metrics take weights of steps, of pixels, or of single labels of a row."""

from __future__ import annotations

from typing import Any

import keras
from keras import metrics, ops

from keras_mtl.heads.losses import is_mean_over_labels
from keras_mtl.keras_private.compiled import metric_function
from keras_mtl.training.rows import of_rank

OF_SINGLE_LABELS: tuple[type[keras.Metric], ...] = (
    metrics.Accuracy,
    metrics.AUC,
    metrics.BinaryAccuracy,
    metrics.BinaryCrossentropy,
    metrics.FalseNegatives,
    metrics.FalsePositives,
    metrics.Hinge,
    metrics.LogCoshError,
    metrics.MeanAbsoluteError,
    metrics.MeanAbsolutePercentageError,
    metrics.MeanSquaredError,
    metrics.MeanSquaredLogarithmicError,
    metrics.Poisson,
    metrics.Precision,
    metrics.PrecisionAtRecall,
    metrics.Recall,
    metrics.RecallAtPrecision,
    metrics.RootMeanSquaredError,
    metrics.SensitivityAtSpecificity,
    metrics.SpecificityAtSensitivity,
    metrics.SquaredHinge,
    metrics.TrueNegatives,
    metrics.TruePositives,
)
"""The metrics of Keras that treat all labels alike, whatever row and column they are in."""

BY_COLUMN = ("class_id", "label_weights", "top_k")
"""Arguments with which such a metric does not."""


def update(metric: keras.Metric, y: Any, y_pred: Any, weights: Any) -> None:
    """Add a batch to a metric.

    Args:
        metric: The metric; `takes` must be true of it.
        y: Labels.
        y_pred: Predictions.
        weights: Weights of rows, of the places of rows, or of single labels; or None.
    """
    if weights is None:
        metric.update_state(y, y_pred)
        return
    places, weights = len(y_pred.shape) - 1, ops.cast(weights, "float32")
    if isinstance(metric, metrics.IoU):
        weights = _of_pixels(weights, y, metric)
    elif len(weights.shape) > max(places, 1):
        y, y_pred, weights = _single_labels(metric, y, y_pred, weights)
    elif places > 1 and is_of_keras(metric) and len(y.shape) >= places:
        # Keras would first take the mean over the places of a row, so that batches with longer rows
        # counted less; some metrics take weights of rows only. As rows of their own all places
        # count alike.
        weights = ops.broadcast_to(of_rank(weights, places), ops.shape(y_pred)[:places])
        y, y_pred, weights = _merged(y, places), _merged(y_pred, places), _merged(weights, places)
    metric.update_state(y, y_pred, weights)


def takes(metric: keras.Metric, rank: int, places: int, value_rank: int | None) -> bool:
    """Return whether a metric takes weights of a rank.

    Args:
        metric: The metric.
        rank: The rank of the weights: 1 for weights of rows.
        places: The rank of the predictions without their last axis.
        value_rank: The rank of what its function returns; None for a metric without one.
    """
    if rank <= 1:
        return True
    if not is_of_keras(metric):
        return rank <= places and (value_rank is None or rank <= value_rank)
    return rank <= places or _treats_labels_alike(metric)


def is_of_keras(metric: keras.Metric) -> bool:
    """Return whether Keras computes the metric, rather than code of the user."""
    function = metric_function(metric)
    return _from_keras(type(metric)) and (function is None or _from_keras(function))


def _treats_labels_alike(metric: keras.Metric) -> bool:
    if any(getattr(metric, name, None) is not None for name in BY_COLUMN):
        return False
    function = metric_function(metric)
    wrapped = function is not None and is_mean_over_labels(function)
    return isinstance(metric, OF_SINGLE_LABELS) or wrapped


def _from_keras(thing: Any) -> bool:
    return str(getattr(thing, "__module__", "")).startswith("keras.")


def _single_labels(metric: keras.Metric, y: Any, y_pred: Any, weights: Any) -> tuple[Any, Any, Any]:
    """Return each label as a row of its own; with its columns for an AUC of each of these."""
    if getattr(metric, "multi_label", False):
        columns = [-1, y_pred.shape[-1]]
        return ops.reshape(y, columns), ops.reshape(y_pred, columns), ops.reshape(weights, columns)
    return ops.reshape(y, [-1, 1]), ops.reshape(y_pred, [-1, 1]), ops.reshape(weights, [-1])


def _merged(values: Any, places: int) -> Any:
    """Return an array whose first axes have become one."""
    return ops.reshape(values, [-1, *ops.shape(values)[places:]])


def _of_pixels(weights: Any, y: Any, metric: keras.Metric) -> Any:
    """Return weights as an IoU takes them: one for each pixel."""
    places = list(ops.shape(y))
    if not metric.sparse_y_true:
        del places[metric.axis]
    return ops.broadcast_to(ops.cast(of_rank(weights, len(places)), metric.dtype), places)
