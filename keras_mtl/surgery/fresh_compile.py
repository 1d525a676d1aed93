"""Compile a model as another one was compiled, with fresh optimizers and metrics."""

from __future__ import annotations

from typing import Any

import keras

from keras_mtl.keras_private.compiled import compile_arguments
from keras_mtl.optimizers.layerwise_optimizer import LayerwiseOptimizer
from keras_mtl.optimizers.part_copies import carry_exclusions
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
    """Return the optimizers that hold slots: of one that has several inside, each of them."""
    return [
        holder
        for one in _with_exclusions(optimizer)
        for holder in (one.slot_holders() if isinstance(one, LayerwiseOptimizer) else [one])
    ]


def fresh_optimizer(
    optimizer: keras.optimizers.Optimizer, rate: Any = None
) -> keras.optimizers.Optimizer:
    """Return an optimizer of the same configuration, without state.

    Args:
        optimizer: The optimizer to copy.
        rate: The learning rate of the copy, or its schedule; by default the current one.
    """
    changed = {} if rate is None else {"learning_rate": rate}
    fresh: keras.optimizers.Optimizer = rebuild(
        optimizer, lambda: {**optimizer.get_config(), **changed}
    )
    sources, targets = _with_exclusions(optimizer), _with_exclusions(fresh)
    for source, target in zip(sources, targets, strict=False):
        carry_exclusions(source, target)
    return fresh


def fresh_metric(metric: Any) -> Any:
    """Return a metric of the same configuration, without state; a name or function as it is."""
    if isinstance(metric, keras.Metric):
        return rebuild(metric)
    return metric


def _with_exclusions(
    optimizer: keras.optimizers.Optimizer,
) -> list[keras.optimizers.Optimizer]:
    """Return the optimizers that know which variables do not decay."""
    inner = inner_optimizer(optimizer)
    if isinstance(inner, keras.optimizers.MultiOptimizer):
        return list(inner.optimizers)
    return [inner]
