"""The losses of Keras that a single linear layer can be solved for."""

from __future__ import annotations

from typing import Any, NamedTuple

import keras
import numpy as np

from keras_mtl.common.label_arrays import label_array
from keras_mtl.common.number_arrays import check_finite
from keras_mtl.errors import InvalidLabels
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.losses import is_loss
from keras_mtl.linear.losses import OutputLoss, SigmoidLoss, SoftmaxLoss, SquaredLoss

_WITHOUT_EFFECT = ("name", "dtype", "reduction")
"""Settings of a loss that do not change where its minimum is."""


class SolvableLoss(NamedTuple):
    """A loss of Keras whose minimum over a linear layer can be computed.

    Attributes:
        keras_loss: Its class.
        activation: The last activation, where the loss is not one of logits.
        output_loss: The same as a loss of linear outputs.
        kinds: The kinds of tasks that have such labels, for one output and for several.
    """

    keras_loss: type[keras.losses.Loss]
    activation: str
    output_loss: OutputLoss
    kinds: tuple[str, str]

    def fits(self, loss: Any, activation: Any) -> bool:
        """Return whether this is the loss, in its default settings, with the last activation."""
        if not is_loss(loss, self.keras_loss):
            return False
        given = loss.get_config() if isinstance(loss, keras.losses.Loss) else {}
        from_logits = bool(given.get("from_logits"))
        default = self.keras_loss(**({"from_logits": True} if from_logits else {})).get_config()
        if any(
            given.get(name, value) != value
            for name, value in default.items()
            if name not in _WITHOUT_EFFECT
        ):
            return False
        expected = "linear" if from_logits else self.activation
        return activation is keras.activations.get(expected)

    def targets(self, labels: Any, units: int) -> np.ndarray:
        """Return labels as targets of shape `(samples, units)`.

        Raises:
            InvalidLabels: They do not fit the outputs.
        """
        array = label_array(labels, "`y`")
        check_finite(array, "`y`", InvalidLabels)
        kind = KINDS.find(self.kinds[units > 1])
        array = kind.check_labels(array, units, (), "`y`")
        if kind.num_classes(units) == units:
            return np.eye(units)[array.reshape(-1)]
        if self.output_loss.is_joint and (array < 0).any():
            raise InvalidLabels(f"`y` holds {array.min()}; shares of classes are not negative.")
        return array.reshape(-1, units).astype(np.float64)


SOLVABLE = (
    SolvableLoss(
        keras.losses.SparseCategoricalCrossentropy,
        "softmax",
        SoftmaxLoss(),
        ("classification", "classification"),
    ),
    SolvableLoss(
        keras.losses.CategoricalCrossentropy,
        "softmax",
        SoftmaxLoss(),
        ("regression", "regression"),
    ),
    SolvableLoss(
        keras.losses.BinaryCrossentropy, "sigmoid", SigmoidLoss(), ("binary", "multilabel")
    ),
    SolvableLoss(
        keras.losses.MeanSquaredError, "linear", SquaredLoss(), ("regression", "regression")
    ),
)


def solvable_loss(loss: Any, activation: Any) -> SolvableLoss | None:
    """Return the entry for a compiled loss and the last activation; None if there is none."""
    if isinstance(loss, str):
        loss = keras.losses.get(loss)
    return next((one for one in SOLVABLE if one.fits(loss, activation)), None)
