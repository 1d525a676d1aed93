"""Training of a linear head by solving for it."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np

from keras_mtl.caching.linear_head import LinearHead
from keras_mtl.caching.model_parts import TrainedPart
from keras_mtl.keras_private.data_adapters import DataAdapter
from keras_mtl.linear.minimum import Linear, Rows
from keras_mtl.linear.solving import solve

FEW_BATCHES = 8
"""Batches up to which metrics are computed sooner than a step to compute them is compiled."""


def solve_head(
    part: TrainedPart, head: LinearHead, data: DataAdapter, validation: DataAdapter | None
) -> keras.callbacks.History:
    """Give the head the weights of the minimum, and return the metrics as a history of one epoch.

    The optimizer takes no step.

    Args:
        part: The part that trains.
        head: Its only layer with weights that train.
        data: Features and labels in the order in which they were given.
        validation: The same of the validation data, by which the strength of the penalty is then
            chosen.
    """
    held_out = None if validation is None else _rows(head, validation)
    _assign(head, solve(head.loss.output_loss, _rows(head, data), held_out).model)
    logs = _evaluated(part, data)
    if validation is not None:
        logs |= {f"val_{name}": value for name, value in _evaluated(part, validation).items()}
    history = keras.callbacks.History()
    history.set_model(part.whole)
    history.on_train_begin()
    history.on_epoch_end(0, logs)
    part.whole.history = history
    return history


def _rows(head: LinearHead, data: DataAdapter) -> Rows:
    """Return the inputs of the layer, its targets and the weights of the samples."""
    features, labels, weights = [], [], []
    for batch in data.get_numpy_iterator():
        inputs, targets, sample_weight = keras.utils.unpack_x_y_sample_weight(batch)
        rows = _in_single_precision(head.inputs(inputs))
        features.append(rows)
        labels.append(np.asarray(targets))
        one = np.ones(len(rows)) if sample_weight is None else np.asarray(sample_weight)
        weights.append(one.reshape(len(rows)).astype(np.float64))
    targets = head.loss.targets(np.concatenate(labels), head.dense.units)
    return Rows(np.concatenate(features), targets, np.concatenate(weights))


def _in_single_precision(features: Any) -> np.ndarray:
    """Return features of half precision in single precision."""
    array = np.asarray(features)
    return array if array.dtype == np.float64 else array.astype(np.float32)


def _assign(head: LinearHead, model: Linear) -> None:
    head.dense.kernel.assign(model.kernel)
    head.dense.bias.assign(model.bias)


def _evaluated(part: TrainedPart, data: DataAdapter) -> dict[str, float]:
    """Return the loss and the metrics that the model was compiled with."""
    eagerly = part.run_eagerly
    part.run_eagerly = eagerly or (data.num_batches or np.inf) <= FEW_BATCHES
    logs: dict[str, float] = part.evaluate(data, return_dict=True, verbose=0)
    part.run_eagerly = eagerly
    return logs
