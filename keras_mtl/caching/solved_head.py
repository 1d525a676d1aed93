"""Training of a linear head by solving for it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.caching.linear_head import LinearHead
from keras_mtl.caching.model_parts import TrainedPart
from keras_mtl.caching.replica_training import evaluate_on_replicas, runs_on_replicas
from keras_mtl.caching.storage.available_memory import available_memory
from keras_mtl.errors import NotSolvable
from keras_mtl.keras_private.data_adapters import DataAdapter
from keras_mtl.linear.minimum import Linear, Rows
from keras_mtl.linear.solving import solve
from keras_mtl.training.distribution.assigning import assign
from keras_mtl.training.distribution.model_workers import scope_of, workers_of

MOST_PRODUCTS = 2**31
"""Samples times features times outputs beyond which gradient steps take less time."""
SHARE_OF_MEMORY = 0.5
FEW_BATCHES = 8
"""Batches up to which metrics are computed sooner than a step to compute them is compiled."""


def is_affordable(head: LinearHead, data: DataAdapter) -> bool:
    """Return whether a head is solved for in the time and memory that gradient steps would take.

    Args:
        head: The head.
        data: Features and labels, in batches of one size.
    """
    first = head.inputs(keras.utils.unpack_x_y_sample_weight(next(data.get_numpy_iterator()))[0])
    samples, width = len(first) * (data.num_batches or 1), first.shape[1]
    products = samples * width * head.dense.units
    # The features and their standardised coordinates; targets, outputs and their gradients.
    needed = 8 * samples * (2 * width + 4 * head.dense.units)
    return products <= MOST_PRODUCTS and needed <= SHARE_OF_MEMORY * available_memory()


def solve_head(
    part: TrainedPart,
    head: LinearHead,
    data: DataAdapter,
    validation: DataAdapter | None,
    *,
    verbose: str | int,
) -> keras.callbacks.History:
    """Give the head the weights of the minimum, and return the metrics as a history of one epoch.

    The optimizer takes no step.

    Args:
        part: The part that trains.
        head: Its only layer with weights that train.
        data: Features and labels in the order in which they were given.
        validation: The same of the validation data, by which the strength of the penalty is then
            chosen.
        verbose: As for `fit`; a line shows the metrics.

    Raises:
        InvalidLabels: The labels do not fit the outputs.
        NotSolvable: The solution is too large for the precision of the layer.
        ValueError: The weights of the samples are negative, or all of them are 0.
    """
    rows = _rows(head, data)
    if not rows.weights.any():
        raise ValueError("Every sample has weight 0, so there is nothing to train on.")
    held_out = None if validation is None else _rows(head, validation)
    _assign(part, head, solve(head.loss.output_loss, rows, held_out).model)
    logs = _evaluated(part, data)
    if validation is not None:
        logs |= {f"val_{name}": value for name, value in _evaluated(part, validation).items()}
    if verbose and keras.config.is_interactive_logging_enabled():
        shown = " - ".join(f"{name}: {value:.4f}" for name, value in logs.items())
        print(f"`{head.dense.name}` solved for {len(rows.weights)} samples: {shown}")
    return _history(part.whole, logs)


def _history(model: keras.Model, logs: dict[str, float]) -> keras.callbacks.History:
    """Return the history of one epoch; the model has it too, as after `fit`."""
    history = keras.callbacks.History()
    history.set_model(model)
    history.on_train_begin()
    history.on_epoch_end(0, logs)
    model.history = history
    return history


def _rows(head: LinearHead, data: DataAdapter) -> Rows:
    """Return the inputs of the layer, its targets and the weights of the samples."""
    features, labels, weights = [], [], []
    for batch in data.get_numpy_iterator():
        inputs, targets, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        rows = _in_single_precision(head.inputs(inputs))
        features.append(rows)
        labels.append(np.asarray(targets))
        weights.append(_weights(sample_weight, len(rows)))
    targets = head.loss.targets(np.concatenate(labels), head.dense.units)
    return Rows(np.concatenate(features), targets, np.concatenate(weights))


def _weights(sample_weight: Any, samples: int) -> np.ndarray:
    """Return a weight for each sample.

    Raises:
        ValueError: They are of another shape, negative, NaN or infinite.
    """
    if sample_weight is None:
        return np.ones(samples)
    weights = np.asarray(sample_weight).astype(np.float64)
    if weights.size != samples or not (np.isfinite(weights) & (weights >= 0)).all():
        raise ValueError(
            "A head is solved for with a `sample_weight` of at least 0 for each sample. Received: "
            f"shape {weights.shape}, from {weights.min()} to {weights.max()}. Use "
            '`solver="gradient"` for others.'
        )
    return weights.reshape(samples)


def _in_single_precision(features: Any) -> np.ndarray:
    """Return features of half precision in single precision."""
    array = np.asarray(features)
    return array if array.dtype == np.float64 else array.astype(np.float32)


def _assign(part: TrainedPart, head: LinearHead, model: Linear) -> None:
    dense = head.dense
    for precision in (dense.variable_dtype, dense.compute_dtype):
        if not all(_is_finite_in(precision, values) for values in model):
            largest = max(np.abs(values).max() for values in model)
            raise NotSolvable(
                f"The solution for `{dense.name}` has weights up to {largest:.1e}, too large for "
                f"{precision}, as its inputs are very small or its targets very large. Build the "
                'model in float32, scale these, or use `solver="gradient"`.'
            )
    # As the chief has solved for it, since processors may differ in the last bit.
    agreed = workers_of(part.whole).from_chief
    with scope_of(part.whole):
        assign(dense.kernel, agreed(np.asarray(model.kernel)))
        assign(dense.bias, agreed(np.asarray(model.bias)))


def _is_finite_in(precision: str, values: np.ndarray) -> bool:
    inside = keras.ops.isfinite(keras.ops.cast(values, precision))
    return bool(keras.ops.convert_to_numpy(inside).all())


def _evaluated(part: TrainedPart, data: DataAdapter) -> dict[str, float]:
    """Return the loss and the metrics that the model was compiled with."""
    if runs_on_replicas(part.whole, None):
        return evaluate_on_replicas(part, data)
    eagerly = part.run_eagerly
    part.run_eagerly = eagerly or (data.num_batches or np.inf) <= FEW_BATCHES
    logs: dict[str, float] = part.evaluate(data, return_dict=True, verbose=0)
    part.run_eagerly = eagerly
    return logs
