"""A learning rate range test, which leaves the model as it is."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from math import isfinite
from typing import Any

import keras
import numpy as np

from keras_mtl.batches.arrays import ArraySource
from keras_mtl.batches.indexed_rows import in_memory
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.batches.orders import BATCH_SIZE
from keras_mtl.batches.recognise import recognise
from keras_mtl.batches.values import as_structure, as_tensors
from keras_mtl.common.arguments import positive_number, random_seed, whole_number
from keras_mtl.common.global_random import seeded
from keras_mtl.finetuning.rate_range import RateLoss, RateRange, smoothed_losses
from keras_mtl.finetuning.variables_kept import variables_kept
from keras_mtl.keras_private.layers import global_seed_kept
from keras_mtl.keras_private.optimizers import rate_as_given
from keras_mtl.models.multi_task_model import MultiTaskModel
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.surgery.fresh_compile import inner_optimizer

DIVERGED = 4.0
"""How many times its smallest value the smoothed loss may reach before the test ends."""


def find_learning_rate(
    model: keras.Model,
    x: Any,
    y: Any = None,
    *,
    lowest: float = 1e-6,
    highest: float = 1.0,
    steps: int = 100,
    batch_size: int = BATCH_SIZE,
    seed: int = 0,
) -> RateRange:
    """Return the loss of each of many learning rates, from a short training whose rate grows.

    Use it before `fit`, to see which rates train the model and from which on it diverges. The rate
    grows by the same factor at each step; the test ends early when the smoothed loss is not finite
    or four times its smallest value. Then weights, optimizer, metrics and random generators are
    put back, so that the model is as it was before.

    Args:
        model: A compiled model whose learning rate is a number.
        x: Inputs of any kind in memory that `fit` takes, rows first.
        y: Labels or targets, one for each row.
        lowest: The first learning rate.
        highest: The last one.
        steps: The number of steps, each on another batch; rows are shuffled for each pass.
        batch_size: Rows of a batch.
        seed: Seed of the order of the rows.

    Returns:
        A `RateRange`: the learning rate, the loss and the smoothed loss of each step. Its
        `suggestion` is the rate at which the loss falls fastest, None if it never falls;
        `plot(path)` saves a picture.

    Raises:
        InvalidLabels: The labels do not fit the head.
        InvalidFeatures: The inputs do not fit the model.
        TypeError: `model` is a `MultiTaskModel`.
        ValueError: The model is not compiled, its rate follows a schedule, it runs several steps in
            one call, or an argument is out of its range.

    References:
        Smith, Cyclical learning rates for training neural networks, 2017.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> model = keras_mtl.transfer(trained, cut=0, head=2)
        >>> x = np.random.default_rng(0).normal(size=(64, 4))
        >>> found = keras_mtl.find_learning_rate(model, x, x[:, 0] > 0, steps=20)
        >>> found[0].learning_rate, len(found) <= 20
        (1e-06, True)
    """
    rates = _rates(lowest, highest, steps)
    whole_number("batch_size", batch_size)
    order = np.random.default_rng(random_seed("seed", seed))
    _check_model(model)
    losses: list[float] = []
    with seeded(np.random.SeedSequence(seed)), state_kept(model):
        x, y = _arrays(model, *in_memory(x, y))
        for rate, batch in zip(rates, _batches(x, y, batch_size, order), strict=False):
            model.optimizer.learning_rate = rate
            model.reset_metrics()
            losses.append(float(model.train_on_batch(*batch, return_dict=True)["loss"]))
            if _has_diverged(smoothed_losses(losses)):
                break
    rows = zip(rates, losses, smoothed_losses(losses), strict=False)
    return RateRange([RateLoss(*row) for row in rows])


@contextmanager
def state_kept(model: keras.Model) -> Iterator[None]:
    """Put back all that training changes: weights, statistics, seeds, slots, rate and metrics.

    An optimizer that has no slots yet gets them, and Keras builds the metrics of the model at its
    first step; both stay, without having seen any data.
    """
    optimizer = model.optimizer
    if not optimizer.built:
        optimizer.build(model.trainable_variables)
    known = [*model.variables, *optimizer.variables, *model.metrics_variables]
    with global_seed_kept():
        try:
            with variables_kept(known):
                yield
        finally:
            # Metrics made by the first step were not there to be noted.
            model.reset_metrics()


def _rates(lowest: Any, highest: Any, steps: Any) -> list[float]:
    first, last = positive_number("lowest", lowest), positive_number("highest", highest)
    if first >= last:
        raise ValueError(f"`lowest` is smaller than `highest`. Received: {lowest} and {highest}.")
    grid = np.geomspace(first, last, whole_number("steps", steps, least=2))
    return [float(rate) for rate in grid]


def _check_model(model: keras.Model) -> None:
    if isinstance(model, MultiTaskModel):
        raise TypeError(
            "The losses of several tasks have no common learning rate. Test one task at a time: "
            "`keras_mtl.transfer(...)` makes a model of one."
        )
    if not model.compiled or model.optimizer is None:
        raise ValueError("The model is not compiled. Call `compile(optimizer, loss)` before.")
    rate = rate_as_given(inner_optimizer(model.optimizer))
    if not isinstance(rate, keras.Variable):
        raise ValueError(
            "The learning rate of the model follows a schedule. Compile it with a number for the "
            "test, such as `keras.optimizers.Adam(1e-3)`."
        )
    if model.steps_per_execution != 1:
        raise ValueError(
            "The rate changes at each step, and the model is compiled with "
            f"`steps_per_execution={model.steps_per_execution}`. Compile it with 1 for the test."
        )


def _arrays(model: keras.Model, x: Any, y: Any) -> tuple[Any, Any]:
    """Return the inputs and the labels as arrays, checked."""
    if not isinstance(recognise(x), ArraySource):
        raise ValueError(
            "`x` are inputs in memory, and `y` their labels. Received batches of type "
            f"`{type(x).__name__}`; take some of them as arrays."
        )
    if isinstance(model, TransferModel):
        y, _ = model.checked_labels(y, None)
    x, y = ModelInputs.of(model).read(x, "`x`"), as_structure(y, "`y`")
    rows = {len(leaf) for leaf in keras.tree.flatten((x, y))}
    if len(rows) != 1 or not min(rows):
        raise ValueError(f"`x` and `y` have as many rows, at least one. Received: {sorted(rows)}.")
    return x, y


def _batches(x: Any, y: Any, batch_size: int, order: np.random.Generator) -> Iterator[Any]:
    """Yield whole batches, in another order for each pass; all rows if there are fewer."""
    rows = len(keras.tree.flatten(y)[0])
    size = min(batch_size, rows)
    for _ in count():
        shuffled = order.permutation(rows)
        for start in range(0, rows - size + 1, size):
            chosen = shuffled[start : start + size]
            yield as_tensors(keras.tree.map_structure(lambda leaf, c=chosen: leaf[c], (x, y)))


def _has_diverged(smoothed: list[float]) -> bool:
    best = min(smoothed)
    # A loss may be below zero, where a multiple of it means nothing.
    return not isfinite(smoothed[-1]) or (best > 0 and smoothed[-1] > DIVERGED * best)
