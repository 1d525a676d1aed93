"""The weights and masks of the labels of a batch, whatever rank they have."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
from keras import ops

from keras_mtl.keras_private.graphs import get_keras_mask, set_keras_mask


class Rows(NamedTuple):
    """Weights and masks of a batch, or of the part of it that one replica has.

    The first axis of each array are the rows; the next ones, if there are more, are the places (or
    the labels of a row) that it tells apart.

    Attributes:
        sample_weight: Weights, or None.
        mask: Boolean, True where there is a label; None if there are all.
        total: Entries of `mask`, times the number of replicas.
        valid: Entries of `mask` that are True over all replicas.
        real: The mask that layers have put on the predictions: False where a sequence is padded.
    """

    sample_weight: Any = None
    mask: Any = None
    total: Any = None
    valid: Any = None
    real: Any = None

    @property
    def counted(self) -> Any:
        """The entries that count, real and labelled, at the higher of both ranks; None for all."""
        return times(self.mask, self.real)

    @property
    def counts(self) -> tuple[Any, Any]:
        """Entries of `counted` times the replicas, and how many are True over all replicas."""
        if self.real is None:
            return ops.cast(self.total, "float32"), ops.cast(self.valid, "float32")
        # Only the replicas themselves know which steps of their rows are real.
        counted = self.counted
        valid = ops.sum(ops.cast(counted, "float32"))
        return product(ops.shape(counted)) * _num_replicas(), _over_replicas(valid)


def with_real_steps(rows: Rows, y_pred: Any) -> Rows:
    """Return the rows with the mask of the predictions, which is taken off the predictions.

    Compiled functions lose it between the forward pass and the metrics, and Keras would count it
    a second time.
    """
    real = get_keras_mask(y_pred)
    set_keras_mask(y_pred, None)
    return rows._replace(real=real)


def times(weights: Any, others: Any) -> Any:
    """Return the product of weights, or of masks, of any ranks; None stands for all ones."""
    if weights is None or others is None:
        return others if weights is None else weights
    rank = max(len(weights.shape), len(others.shape))
    weights, others = of_rank(weights, rank), of_rank(others, rank)
    if "bool" in str(weights.dtype) and "bool" in str(others.dtype):
        return ops.logical_and(weights, others)
    return ops.cast(weights, "float32") * ops.cast(others, "float32")


def rank_of(values: Any) -> int:
    """Return the number of axes; 0 for None."""
    return 0 if values is None else len(values.shape)


def of_rank(values: Any, rank: int) -> Any:
    """Return values with axes of size 1 at the end."""
    missing = rank - len(values.shape)
    if missing <= 0:
        return values
    return ops.reshape(values, [*ops.shape(values), *[1] * missing])


def product(sizes: Any) -> Any:
    """Return the product of sizes, some of which may be tensors, as a float."""
    return ops.prod(ops.cast(ops.convert_to_tensor(sizes, dtype="int32"), "float32"))


def _num_replicas() -> int:
    if keras.config.backend() != "tensorflow":
        return 1
    from keras_mtl.training.distribution.replicas import num_replicas

    return num_replicas()


def _over_replicas(value: Any) -> Any:
    if keras.config.backend() != "tensorflow":
        return value
    from keras_mtl.training.distribution.replicas import sum_of_replicas

    return sum_of_replicas(value)
