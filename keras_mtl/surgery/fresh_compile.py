"""Compiling a model as another one was, with nothing of its training left over."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.keras_private.compiled import compile_arguments
from keras_mtl.surgery.rebuilding import rebuild


def compile_like(model: keras.Model, source: keras.Model) -> None:
    """Compile `model` with the loss and metrics of `source` and a fresh optimizer like its own."""
    model.compile(**fresh_arguments(source))


def fresh_arguments(model: keras.Model) -> dict[str, Any]:
    """What `model` was compiled with; the optimizer and the metrics are new ones, without state."""
    arguments = compile_arguments(model)
    arguments["optimizer"] = fresh_optimizer(model.optimizer)
    for key in ("metrics", "weighted_metrics"):
        arguments[key] = keras.tree.map_structure(fresh_metric, arguments[key])
    return arguments


def inner_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """The optimizer that holds the slots: mixed precision wraps it to scale the loss."""
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer.inner_optimizer
    return optimizer


def fresh_optimizer(
    optimizer: keras.optimizers.Optimizer, rate: float | None = None
) -> keras.optimizers.Optimizer:
    """One of the same configuration, without state; with the learning rate of now, or `rate`."""
    changed = {} if rate is None else {"learning_rate": rate}
    fresh: keras.optimizers.Optimizer = rebuild(
        optimizer, lambda: {**optimizer.get_config(), **changed}
    )
    carry_exclusions(inner_optimizer(optimizer), inner_optimizer(fresh))
    return fresh


def carry_exclusions(
    source: keras.optimizers.Optimizer, target: keras.optimizers.Optimizer
) -> None:
    """Leave the same variables out of weight decay; no config holds them."""
    for key, value in vars(source).items():
        if key.startswith("_exclude_from_weight_decay"):
            setattr(target, key, value)


def fresh_metric(metric: Any) -> Any:
    """A metric of the same configuration, without state; a name or a function as it is."""
    if isinstance(metric, keras.Metric):
        return rebuild(metric)
    return metric
