"""What Keras keeps private of compiled models: losses, metrics, and how they were compiled.

Written against Keras 3.15.
"""

from __future__ import annotations

from typing import Any

import keras
from keras.src.backend.common import global_state
from keras.src.losses.loss import reduce_weighted_values, scale_loss_for_distribution
from keras.src.trainers.compile_utils import CompileLoss, CompileMetrics

__all__ = [
    "CompileLoss",
    "CompileMetrics",
    "add_compile_argument",
    "build_compiled",
    "compile_arguments",
    "compiled_loss",
    "compiled_metrics",
    "in_order_of_metrics",
    "initial_epoch",
    "loss_tracker",
    "metric_direction",
    "metric_function",
    "only_loss",
    "only_loss_weight",
    "reduce_weighted_values",
    "scale_loss_for_distribution",
    "set_initial_epoch",
    "unweighted_metrics",
    "weighted_metrics",
    "writes_h5_config",
]


def compile_arguments(model: keras.Model) -> dict[str, Any]:
    """Return the arguments that `model.compile` was called with, as given."""
    return dict(model._compile_config.config)


def add_compile_argument(model: keras.Model, name: str, value: Any) -> None:
    """Add an argument of our own to those that the model was compiled with, and is saved with."""
    model._compile_config.config[name] = value


def compiled_loss(model: keras.Model) -> CompileLoss | None:
    """Return what computes the loss of a compiled model; None if it has only added losses."""
    return model._compile_loss


def compiled_metrics(model: keras.Model) -> CompileMetrics | None:
    """Return the metrics that a model was compiled with; None if there are none."""
    return model._compile_metrics


def loss_tracker(model: keras.Model) -> keras.metrics.Mean | None:
    """Return the mean of the losses of the batches, which each `compile` makes anew."""
    return model._loss_tracker


def in_order_of_metrics(model: keras.Model, logs: dict[str, Any]) -> Any:
    """Return the values of logs as `evaluate` does: a list in the order of the metrics, or one."""
    return model._flatten_metrics_in_order(logs)


def only_loss_weight(losses: CompileLoss) -> Any:
    """Return the weight that the loss of one output is multiplied with, after `build`, or None."""
    return losses._flat_losses[0].loss_weights


def only_loss(losses: CompileLoss) -> keras.losses.Loss:
    """Return the loss object that was made of the loss of one output, after `build`."""
    return losses._flat_losses[0].loss


def unweighted_metrics(metrics: CompileMetrics) -> list[keras.Metric]:
    """Return the metrics that ignore sample weights, after `build`."""
    return _members(metrics._flat_metrics)


def weighted_metrics(metrics: CompileMetrics) -> list[keras.Metric]:
    """Return the metrics that sample weights count in, after `build`."""
    return _members(metrics._flat_weighted_metrics)


def metric_direction(metric: keras.Metric) -> str | None:
    """Return "up" if larger values are better, "down" if smaller ones, None if Keras cannot say."""
    return vars(metric).get("_direction")  # Metrics that Keras does not know have none.


def metric_function(metric: keras.Metric) -> Any:
    """Return the function whose mean a metric is; None for a metric of another kind."""
    return metric._fn if isinstance(metric, keras.metrics.MeanMetricWrapper) else None


def initial_epoch(model: keras.Model) -> int:
    """Return the epoch that training begins with; `BackupAndRestore` sets it."""
    return int(model._initial_epoch)


def set_initial_epoch(model: keras.Model, epoch: int) -> None:
    """Tell callbacks the epoch that training begins with."""
    model._initial_epoch = epoch


def writes_h5_config() -> bool:
    """Return whether Keras asks for configs to write them into an `.h5` file."""
    return bool(global_state.get_global_attribute("use_legacy_config", False))


def _members(groups: list[Any]) -> list[keras.Metric]:
    """Return the metrics of each output; an output without any has None."""
    return [metric for group in groups if group is not None for metric in group.metrics]


def build_compiled(model: keras.Model, batch: tuple[Any, ...]) -> None:
    """Build the optimizer, and what else `fit` would build from a batch that it draws ahead.

    Drawn ahead, the first batch changes the order of the rows of the first `fit`.

    Args:
        model: A compiled model.
        batch: `(x, y)` or `(x, y, sample_weight)`, of one row at least.
    """
    if keras.backend.backend() == "tensorflow":  # There `fit` draws nothing ahead.
        model.optimizer.build(model.trainable_variables)
    else:
        model._symbolic_build(data_batch=batch)
