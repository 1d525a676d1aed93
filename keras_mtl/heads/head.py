"""Heads: the new last layers of one task, with the loss and the metrics that fit it."""

from __future__ import annotations

from numbers import Integral, Real
from typing import Any, Literal, get_args

import keras

from keras_mtl.errors import HeadMismatch
from keras_mtl.graph.chain import Chain, runs_only_parts
from keras_mtl.heads.pooling import Pooling, check_pooling, pooling_layer

Kind = Literal["classification", "binary", "multilabel", "regression"]

_ACTIVATIONS = {
    "classification": "softmax",
    "binary": "sigmoid",
    "multilabel": "sigmoid",
    "regression": "linear",
}


@keras.saving.register_keras_serializable("keras_mtl")
class Head(Chain):
    """The last layers of one task: pooling, hidden layers, and an output of the right kind.

    Give it to `transfer`, which puts a copy of it on the trunk and compiles the model with the
    loss and the metrics of its kind. As a layer it can be used in any Keras model.

    - `"classification"`: labels are integers in [0, units) of shape (n,); the output are
      probabilities by softmax; loss sparse categorical cross-entropy, metric accuracy.
    - `"binary"`: labels 0 or 1 of shape (n,) or (n, 1), `units=1`; a probability by sigmoid;
      binary cross-entropy, accuracy.
    - `"multilabel"`: labels 0 or 1 of shape (n, units); probabilities by sigmoid; binary
      cross-entropy, accuracy.
    - `"regression"`: numbers of shape (n,) or (n, units), also as output; mean squared error,
      mean absolute error.

    Args:
        units: Number of outputs: classes, labels or numbers. At least 2 classes.
        kind: What the outputs mean; see above.
        hidden: Units of the hidden Dense layers before the output, none by default.
        activation: Activation of the hidden layers.
        dropout: Fraction of the inputs of each Dense layer set to 0 in training, in [0, 1).
        pooling: `"auto"` averages over space, and over the unmasked steps of a sequence, and
            leaves vectors alone; `"avg"`, `"max"`, `"flatten"`, or `"none"` for an output at
            every place of the features.
        from_logits: Whether the output is left without its activation, and the loss fits that.
        name: Name of the layer.

    Input shape:
        `(batch, ..., channels)`, of rank 2 to 5; a floating dtype.

    Output shape:
        `(batch, units)`, float32 whatever the dtype policy.

    Raises:
        ValueError: `units` does not fit the kind, or an argument is out of its range.
        HeadMismatch: When built on features that it does not fit.

    Example:
        >>> import numpy as np, keras_mtl
        >>> head = keras_mtl.Head(5, hidden=[16], dropout=0.5)
        >>> head(np.zeros((2, 7, 7, 32), "float32")).shape[-1]
        5
    """

    def __init__(
        self,
        units: int,
        kind: Kind = "classification",
        *,
        hidden: tuple[int, ...] | list[int] = (),
        activation: str = "relu",
        dropout: float = 0.0,
        pooling: Pooling = "auto",
        from_logits: bool = False,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        if kind not in get_args(Kind):
            raise ValueError(f"`kind` is one of {get_args(Kind)}. Received: {kind!r}.")
        check_pooling(pooling)
        self.units = _checked_units(units, kind)
        self.kind: Kind = kind
        self.hidden = _sizes("hidden", hidden)
        keras.activations.get(activation)  # Refuses one that Keras does not know.
        self.activation = activation
        self.dropout = _fraction("dropout", dropout)
        self.pooling: Pooling = pooling
        self.from_logits = bool(from_logits)
        self.supports_masking = True
        self.parts: list[keras.Layer] = []

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        """Make the layers for features of this shape."""
        self.check_features(input_shape, self.compute_dtype)
        self.parts = self.make_layers(len(input_shape))
        shape = tuple(input_shape)
        for part in self.parts:
            part.build(shape)
            shape = part.compute_output_shape(shape)

    @runs_only_parts
    def call(self, features: Any, training: bool | None = None, mask: Any = None) -> Any:
        """The output for a batch of features."""
        x = features
        for part in self.parts:
            if mask is not None and isinstance(part, keras.layers.GlobalAveragePooling1D):
                x = part(x, mask=mask)
            else:
                x = part(x, training=training)
        return x

    def compute_output_shape(self, input_shape: tuple[int | None, ...]) -> tuple[int | None, ...]:
        """`(batch, units)`; with `pooling="none"` the dimensions between are kept."""
        between = tuple(input_shape[1:-1]) if self.pooling == "none" else ()
        return (input_shape[0], *between, self.units)

    def compute_output_spec(self, features: Any, **kwargs: Any) -> keras.KerasTensor:
        """The symbolic output: float32 whatever the dtype policy."""
        return keras.KerasTensor(self.compute_output_shape(features.shape), dtype="float32")

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Pooling uses the mask up; without pooling it stays."""
        return mask if self.pooling == "none" else None

    def make_layers(self, rank: int) -> list[keras.Layer]:
        """Fresh Keras layers that, one after the other, are this head on features of a rank."""
        layers = [pooling_layer(self.pooling, rank)]
        for index, size in enumerate(self.hidden):
            layers.append(self._dropout(index))
            layers.append(
                keras.layers.Dense(
                    size, self.activation, name=f"hidden_{index}", dtype=self.dtype_policy
                )
            )
        layers.append(self._dropout(len(self.hidden)))
        activation = "linear" if self.from_logits else _ACTIVATIONS[self.kind]
        layers.append(keras.layers.Dense(self.units, activation, name="output", dtype="float32"))
        return [layer for layer in layers if layer is not None]

    def check_features(self, shape: tuple[int | None, ...], dtype: str) -> None:
        """Refuse features that this head cannot be put on."""
        if "float" not in dtype:
            raise HeadMismatch(
                f"A head needs floating point features; those at the cut are {dtype}. Cut at a "
                "later layer."
            )
        if not 2 <= len(shape) <= 5:
            raise HeadMismatch(
                f"A head needs features of rank 2 to 5; those at the cut have the shape {shape}. "
                "Cut at another layer, or give your own layers as `head`."
            )
        flattened = shape[1:] if self.pooling == "flatten" else shape[-1:]
        if None in flattened:
            raise HeadMismatch(
                f"A head needs a known number of features; at the cut the shape is {shape}. Cut "
                "at another layer, or choose another `pooling`."
            )

    def make_loss(self) -> keras.losses.Loss:
        """The loss of this kind of task."""
        losses = keras.losses
        if self.kind == "classification":
            return losses.SparseCategoricalCrossentropy(from_logits=self.from_logits)
        if self.kind == "regression":
            return losses.MeanSquaredError()
        return losses.BinaryCrossentropy(from_logits=self.from_logits)

    def has_loss(self, loss: Any) -> bool:
        """Whether a loss is that of this kind of task, with the same settings."""
        own = self.make_loss()
        return type(loss) is type(own) and loss.get_config() == own.get_config()

    def make_metrics(self) -> list[keras.metrics.Metric]:
        """The metrics of this kind of task, fresh ones."""
        metrics = keras.metrics
        if self.kind == "classification":
            return [metrics.SparseCategoricalAccuracy(name="accuracy")]
        if self.kind == "regression":
            return [metrics.MeanAbsoluteError(name="mae")]
        threshold = 0.0 if self.from_logits else 0.5
        return [metrics.BinaryAccuracy(name="accuracy", threshold=threshold)]

    def get_config(self) -> dict[str, Any]:
        """The arguments of the constructor."""
        return {
            **super().get_config(),
            "units": self.units,
            "kind": self.kind,
            "hidden": list(self.hidden),
            "activation": self.activation,
            "dropout": self.dropout,
            "pooling": self.pooling,
            "from_logits": self.from_logits,
        }

    def _dropout(self, index: int) -> keras.Layer | None:
        if not self.dropout:
            return None
        return keras.layers.Dropout(self.dropout, name=f"dropout_{index}", dtype=self.dtype_policy)


def _checked_units(units: int, kind: Kind) -> int:
    _positive("units", units)
    if kind == "classification" and units == 1:
        raise ValueError(
            "A classification needs at least 2 classes. For two classes as 0 and 1 use `Head(2)` "
            'or `Head(1, "binary")`; for one number use `Head(1, "regression")`.'
        )
    if kind == "binary" and units != 1:
        raise ValueError(
            f'A binary head has one output: `Head(1, "binary")`. For {units} yes-or-no labels use '
            f'`Head({units}, "multilabel")`.'
        )
    return int(units)


def _positive(argument: str, value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, Integral) or value < 1:
        raise ValueError(f"`{argument}` is a positive whole number. Received: {value!r}.")
    return int(value)


def _sizes(argument: str, values: Any) -> tuple[int, ...]:
    if not isinstance(values, list | tuple):
        raise ValueError(
            f"`{argument}` is a list with the units of each layer, such as `[64]`. "
            f"Received: {values!r}."
        )
    return tuple(_positive(argument, value) for value in values)


def _fraction(argument: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= float(value) < 1:
        raise ValueError(f"`{argument}` is a number in [0, 1). Received: {value!r}.")
    return float(value)
