"""Compile a model as another one was compiled, with fresh optimizers and metrics."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.keras_private.compiled import compile_arguments
from keras_mtl.keras_private.optimizers import exclusions_from_decay
from keras_mtl.surgery.rebuilding import rebuild


def compile_like(model: keras.Model, source: keras.Model) -> None:
    """Compile `model` with the loss and metrics of `source` and a fresh optimizer like its own."""
    model.compile(**fresh_arguments(source))


def fresh_arguments(model: keras.Model) -> dict[str, Any]:
    """Return the arguments `model` was compiled with; optimizer and metrics are fresh copies."""
    arguments = compile_arguments(model)
    arguments["optimizer"] = fresh_optimizer(model.optimizer)
    for key in ("metrics", "weighted_metrics"):
        arguments[key] = keras.tree.map_structure(fresh_metric, arguments[key])
    return arguments


def inner_optimizer(optimizer: keras.optimizers.Optimizer) -> keras.optimizers.Optimizer:
    """Return the optimizer without the `LossScaleOptimizer` that mixed precision wraps it in."""
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        return optimizer.inner_optimizer
    return optimizer


def slot_holders(optimizer: keras.optimizers.Optimizer) -> list[keras.optimizers.Optimizer]:
    """Return the optimizers that hold slots: of a `MultiOptimizer` each of its optimizers."""
    inner = inner_optimizer(optimizer)
    if isinstance(inner, keras.optimizers.MultiOptimizer):
        return list(inner.optimizers)
    return [inner]


def fresh_optimizer(
    optimizer: keras.optimizers.Optimizer, rate: float | None = None
) -> keras.optimizers.Optimizer:
    """Return an optimizer of the same configuration, without state.

    Args:
        optimizer: The optimizer to copy.
        rate: The learning rate of the copy, by default the current one.
    """
    changed = {} if rate is None else {"learning_rate": rate}
    fresh: keras.optimizers.Optimizer = rebuild(
        optimizer, lambda: {**optimizer.get_config(), **changed}
    )
    for source, target in zip(slot_holders(optimizer), slot_holders(fresh), strict=False):
        carry_exclusions(source, target)
    return fresh


def carry_exclusions(
    source: keras.optimizers.Optimizer, target: keras.optimizers.Optimizer
) -> None:
    """Exclude the same variables from weight decay; no config holds them."""
    for key, value in exclusions_from_decay(source).items():
        setattr(target, key, value)


def fresh_metric(metric: Any) -> Any:
    """Return a metric of the same configuration, without state; a name or function as it is."""
    if isinstance(metric, keras.Metric):
        return rebuild(metric)
    return metric
