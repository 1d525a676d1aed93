"""The learning rate of an optimizer, multiplied layer by layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from keras_mtl.optimizers.layer_multipliers import (
    checked_decay,
    checked_multipliers,
    checked_starting_point,
)
from keras_mtl.optimizers.layerwise_optimizer import LayerwiseOptimizer
from keras_mtl.optimizers.part_copies import check_clipping
from keras_mtl.training.optimizer_arguments import known_optimizer, scaled_like
from keras_mtl.training.task_optimizer import TaskOptimizer

SEVERAL = (keras.optimizers.MultiOptimizer, LayerwiseOptimizer, TaskOptimizer)
"""Optimizers that choose among others by the variable themselves."""


def layerwise(
    optimizer: Any,
    multipliers: Mapping[str, float] | None = None,
    *,
    decay: float | None = None,
    starting_point: float | Mapping[str, float] | None = None,
    model: keras.Model | None = None,
) -> keras.optimizers.Optimizer:
    """Return an optimizer with the learning rate multiplied layer by layer.

    Use it to fine-tune: pretrained layers at a smaller rate than the new head, first layers at a
    smaller one than later layers. The multipliers apply to the rate of any moment, so schedules,
    `ReduceLROnPlateau` and a new `model.optimizer.learning_rate` work as ever. Weight decay is
    multiplied too, as it is proportional to the rate. The optimizer counts steps, clips gradients
    (`global_clipnorm` over all layers) and is saved as the one given, under mixed precision and on
    several devices too.

    Args:
        optimizer: Any optimizer of Keras, by its name or as one. It is copied.
        multipliers: What to multiply the rate with, numbers of at least 0, by layer. A key is the
            name of a layer, and holds for the layers inside it too: `"conv1"`, `"encoder"`,
            `"encoder/conv1"`. It may be a pattern, a regular expression that a whole name matches
            (`"block[12]_.*"`), as in `keras.optimizers.OptimizerMap`; each name between slashes is
            matched by itself. `"trunk"` and `"head"` are the parts of a `TransferModel`, and of a
            `MultiTaskModel` its trunk and all heads. The innermost layer that has a multiplier
            counts, and there its name before a pattern. Layers that no key matches keep the rate.
            With 0 a layer is left alone to the bit, as if frozen; its gradients do not count in
            `global_clipnorm`. Its Dropout and its moving statistics go on.
        decay: Layer-wise decay, in (0, 1]: the rate is multiplied with `decay` once more for each
            layer down from the outputs. Counted are layers with a kernel (a weight of two or more
            dimensions) on the longest path to an output, so that the last one keeps the rate, and
            BatchNormalization has the rate of the layer before it. Beside `multipliers` both
            apply. None for no decay.
        starting_point: Weight decay towards the weights that layers have at their first step of
            training, instead of towards zero (L2-SP): before each update `w -= rate *
            starting_point * (w - w_start)`, as `AdamW` decays, where `rate` is the rate of the
            layer. A number of at least 0 holds for the trunk; a dict names layers as `multipliers`
            does. All other layers decay towards zero, as `weight_decay` of the optimizer says;
            variables that it excludes from weight decay do not decay. The values at the start are
            saved with the model, and kept by `freeze` and `unfreeze` for layers that go on
            training. None for no such decay.
        model: The model whose layers are meant. Models of `keras_mtl` tell the optimizer at
            `compile`. With any other model names are looked up in the paths of the trained
            variables when training starts, unless it is given here; `decay` needs it.

    Returns:
        An optimizer for `compile`. Around a `LossScaleOptimizer`'s inner optimizer it stays one.

    Raises:
        LayerNotFound: A key matches no layer with weights; here if `model` is given, else by
            `compile` or when training starts.
        ValueError: The optimizer is already built or chooses among several, a multiplier, `decay`
            or `starting_point` is out of range, none is given, or two patterns contradict each
            other.
        UnsupportedModel: `decay` is given, and the model is no graph of layers.
        UnbuiltModel: `model` has no weights yet.

    References:
        Howard and Ruder, Universal language model fine-tuning for text classification, 2018.
        Li, Grandvalet and Davoine, Explicit inductive bias for transfer learning with
        convolutional networks, 2018, whose penalty is a part of the loss.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([
        ...     keras.Input((4,)), keras.layers.Dense(3, name="low"), keras.layers.Dense(2)])
        >>> model = keras_mtl.transfer(trained, cut=1, head=2, freeze=False)
        >>> optimizer = keras_mtl.layerwise("adam", {"trunk": 0.1, "low": 0.01})
        >>> model.compile(optimizer, loss=model.loss)
        >>> optimizer.multiplier_of(model.trunk.get_layer("low").kernel)
        0.01
    """
    if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
        inner = layerwise(
            optimizer.inner_optimizer,
            multipliers,
            decay=decay,
            starting_point=starting_point,
            model=model,
        )
        return scaled_like(optimizer, inner)
    given = known_optimizer("`optimizer`", optimizer, "an optimizer")
    _check_single(given)
    if multipliers is None and decay is None and starting_point is None:
        raise ValueError("`layerwise` needs `multipliers`, `decay` or `starting_point`.")
    rates = LayerwiseOptimizer(
        given,
        checked_multipliers({} if multipliers is None else multipliers),
        checked_decay(decay),
        checked_starting_point(starting_point),
    )
    if model is not None:
        rates.bind(model)
    return rates


def _check_single(optimizer: keras.optimizers.Optimizer) -> None:
    """Refuse an optimizer that cannot be copied for groups of variables."""
    if isinstance(optimizer, SEVERAL):
        raise ValueError(
            f"A `{type(optimizer).__name__}` chooses among optimizers itself. Give `layerwise` one "
            "optimizer of Keras, such as `keras.optimizers.Adam(1e-3)`."
        )
    if optimizer.built:
        raise ValueError(
            f"`{optimizer.name}` is already built: it has state of variables that it has trained. "
            "Give `layerwise` a new optimizer, such as `keras.optimizers.Adam(1e-3)`."
        )
    check_clipping(optimizer)
