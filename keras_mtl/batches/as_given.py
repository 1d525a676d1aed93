"""Data of one task as `keras.Model.fit` takes them: labels as they are, in the order of `fit`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.reading import OneTask
from keras_mtl.batches.values import as_structure, in_floatx
from keras_mtl.keras_private.data_adapters import row_orders


class AsGiven(OneTask):
    """Reads labels and weights as Keras does: nothing is missing, and no form is refused."""

    def targets(self, y: Any, sample_weight: Any, mask: Any) -> tuple[Any, Any, Any]:
        """Return the labels and the weights; there is no mask."""
        del mask
        return _array(y, "`y`"), _array(sample_weight, "`sample_weight`"), None

    def check_label_specs(self, specs: Any) -> None:
        """Accept all labels."""

    def check_weight_specs(self, specs: Any, labels: Any) -> None:
        """Accept all weights."""


class RowsInOrderOfFit(ArrayData):
    """Rows in memory, shuffled by what shuffles them in `keras.Model.fit`.

    Unlike the orders of `ArrayData`, an order is drawn when its pass begins, so that passes must be
    read one after the other.

    Args:
        name: The name of the task.
        whole: All rows.
        batch_size: Rows of a batch.
        peeked: Whether `fit` draws an order before the first one, to learn the shapes of a batch.
        agreed: Makes one order of those that several processes have drawn for the same pass.
    """

    def __init__(
        self,
        name: str,
        whole: Batch,
        *,
        batch_size: int,
        peeked: bool = False,
        agreed: Callable[[np.ndarray], np.ndarray] = np.asarray,
    ) -> None:
        super().__init__(name, whole, batch_size=batch_size, shuffle=True)
        self._orders = row_orders(self.num_rows)
        self._peeked = peeked
        self._agreed = agreed

    def _drawn(self, number: int) -> np.ndarray:
        del number  # Whatever epoch a run begins with, its first order is the first one drawn.
        if self._peeked:
            self._peeked = False
            next(self._orders)
        return self._agreed(next(self._orders))


def _array(values: Any, what: str) -> Any:
    """Return numbers in the precision of the model; a pandas Series as a column, as in `fit`."""
    return None if values is None else in_floatx(as_structure(values, what))
