"""`Head`: the new last layers of one task, with the loss and the metrics that fit it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import keras
import numpy as np

from keras_mtl.common.arguments import array_size, flag, fraction
from keras_mtl.common.near_misses import did_you_mean
from keras_mtl.common.number_arrays import number_array
from keras_mtl.common.shapes import Shape
from keras_mtl.errors import HeadMismatch
from keras_mtl.graph.chain import Chain, runs_only_parts
from keras_mtl.heads.altered_parts import AlteredParts
from keras_mtl.heads.class_names import checked_classes, extended_classes, units_for
from keras_mtl.heads.dtype_policies import without_quantization
from keras_mtl.heads.joined_features import JoinedFeatures, are_several, shapes_of
from keras_mtl.heads.kinds.known_kinds import KINDS
from keras_mtl.heads.kinds.task_kind import TaskKind
from keras_mtl.heads.pooling import Pooling, check_pooling, pooling_layer
from keras_mtl.surgery.layer_copies import copy_layer_state

OUTPUT = "output"
"""The name of the last layer of a head."""

ALTERED = "altered_parts"
"""The key of the configs of altered parts in the config of a head."""

_MASKED = (keras.layers.GlobalAveragePooling1D, JoinedFeatures)
"""The parts that use a mask."""


@keras.saving.register_keras_serializable("keras_mtl")
class Head(Chain):
    """The last layers of one task: pooling, hidden layers, and an output that fits its labels.

    Give it to `transfer`, which puts a copy of it on the trunk and compiles the model with the
    loss and the metrics of the kind. As a layer it can be used in any Keras model.

    - `"classification"`: labels are class indices in [0, units) of shape (n,), integers or whole
      floats; the outputs are probabilities by softmax; loss sparse categorical cross-entropy,
      metric accuracy.
    - `"binary"`: labels 0 or 1 of shape (n,) or (n, 1), `units=1`; a probability by sigmoid;
      binary cross-entropy, accuracy.
    - `"multilabel"`: labels 0 or 1 of shape (n, units); probabilities by sigmoid; binary
      cross-entropy, accuracy.
    - `"regression"`: numbers of shape (n,) or (n, units), also as output; mean squared error,
      mean absolute error.

    Args:
        units: Number of outputs: classes, labels or numbers. At least 2 classes. It may be left
            out if `classes` is given.
        kind: What outputs and labels mean; see above.
        hidden: Units of the hidden Dense layers before the output, none by default.
        activation: Activation of the hidden layers: a name in `keras.activations`, or a function.
        dropout: Fraction of the inputs of each Dense layer set to 0 in training, in [0, 1).
        pooling: `"auto"` averages over space, and over the unmasked steps of a sequence, and
            leaves vectors alone; `"avg"`, `"max"`, `"flatten"`, or `"none"` for an output at
            every place of the features.
        from_logits: Whether the outputs are logits: the last activation is left out, and becomes
            part of the loss.
        classes: The names of the classes in the order of their numbers, such as
            `["cat", "dog"]`; two names for a binary head, a name for each label of a multilabel
            one. `fit` and `evaluate` then take labels by name as well as by number (of a
            multilabel task the names that hold for each row), and `decode` and
            `keras_mtl.predict_classes` give names. None, the default, for no names.
        name: Name of the layer.

    Input shape:
        `(batch, ..., channels)`, of rank 2 to 5; a floating dtype. Or a dict or list of such, as a
        trunk gives that is cut at several layers: each is pooled to a vector, and the vectors
        stand side by side, those of a dict in the order of its sorted keys.

    Output shape:
        `(batch, units)`, float32 whatever the dtype policy.

    Raises:
        ValueError: `units` or `classes` does not fit the kind, a name is repeated, or an argument
            is out of its range.
        HeadMismatch: When built on features that it does not fit.

    Example:
        >>> import numpy as np, keras_mtl
        >>> head = keras_mtl.Head(5, hidden=[16], dropout=0.5)
        >>> head(np.zeros((2, 7, 7, 32), "float32")).shape[-1]
        5
    """

    def __init__(
        self,
        units: int | None = None,
        kind: str = "classification",
        *,
        hidden: tuple[int, ...] | list[int] = (),
        activation: str = "relu",
        dropout: float = 0.0,
        pooling: Pooling = "auto",
        from_logits: bool = False,
        classes: Sequence[str] | None = None,
        name: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(name=name, **kwargs)
        task_kind = KINDS.find(kind)
        check_pooling(pooling)
        self.classes = checked_classes(classes)
        self.units = units_for(task_kind, units, self.classes)
        task_kind.check_units(self.units)
        self.kind = task_kind.name
        self.hidden = _sizes("hidden", hidden)
        _check_activation(activation)
        self.activation = activation
        self.dropout = fraction("dropout", dropout)
        self.pooling: Pooling = pooling
        self.from_logits = flag("from_logits", from_logits)
        self.supports_masking = True
        self.parts: list[keras.Layer] = []
        self._features_shape: Any = None
        self._altered_parts = AlteredParts()

    def build(self, input_shape: Any) -> None:
        """Make the layers for features of this shape, or of a structure of shapes."""
        for one in shapes_of(input_shape):
            self.check_features(one, self.compute_dtype, several=are_several(input_shape))
        self._features_shape = input_shape
        self.parts = self._altered_parts.put_in(self._make_layers(input_shape))
        shape = input_shape if are_several(input_shape) else tuple(input_shape)
        for part in self.parts:
            part.build(shape)
            shape = part.compute_output_shape(shape)

    @runs_only_parts
    def call(self, features: Any, training: bool | None = None, mask: Any = None) -> Any:
        """Return the outputs for a batch of features."""
        x = features
        for part in self.parts:
            if mask is not None and isinstance(part, _MASKED):
                x = part(x, mask=mask)
            else:
                x = part(x, training=training)
        return x

    def quantized_call(self, *args: Any, **kwargs: Any) -> Any:
        """Return what `call` does: under a quantized dtype policy the parts are quantized."""
        return self.call(*args, **kwargs)

    def compute_output_shape(self, input_shape: Any) -> Shape:
        """Return `(batch, units)`; with `pooling="none"` the dimensions between are kept."""
        first = shapes_of(input_shape)[0]
        between = first[1:-1] if self.pooling == "none" else ()
        return (first[0], *between, self.units)

    def compute_output_spec(self, features: Any, **kwargs: Any) -> keras.KerasTensor:
        """Return the symbolic output: float32 whatever the dtype policy."""
        shapes = keras.tree.map_structure(lambda tensor: tensor.shape, features)
        return keras.KerasTensor(self.compute_output_shape(shapes), dtype="float32")

    def compute_mask(self, inputs: Any, mask: Any = None) -> Any:
        """Return no mask after pooling, which has used it; the mask itself without pooling."""
        return mask if self.pooling == "none" and not isinstance(inputs, dict | list) else None

    def _make_layers(self, input_shape: Any) -> list[keras.Layer]:
        """Return new layers which, in sequence, make up this head for features of a shape."""
        layers = [self._pooling(input_shape)]
        for index, size in enumerate(self.hidden):
            layers.append(self._dropout(index))
            layers.append(
                keras.layers.Dense(
                    size, self.activation, name=f"hidden_{index}", dtype=self.dtype_policy
                )
            )
        layers.append(self._dropout(len(self.hidden)))
        layers.append(self._output_layer())
        return [layer for layer in layers if layer is not None]

    def _output_layer(self) -> keras.layers.Dense:
        activation = "linear" if self.from_logits else self.task_kind.activation
        return keras.layers.Dense(self.units, activation, name=OUTPUT, dtype="float32")

    def check_features(self, shape: Shape, dtype: str, *, several: bool = False) -> None:
        """Refuse features that this head cannot be put on.

        Args:
            shape: Their shape, with the samples.
            dtype: Their dtype.
            several: Whether they are one of several tensors, which become vectors.

        Raises:
            HeadMismatch: They do not fit.
        """
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
        if several and self.pooling == "none" and len(shape) > 2:
            raise HeadMismatch(
                'With `pooling="none"` a head takes several features only if they are vectors; at '
                f"the cut there is one of shape {shape}. Choose another `pooling`."
            )
        flattened = shape[1:] if self.pooling == "flatten" else shape[-1:]
        if None in flattened:
            raise HeadMismatch(
                f"A head needs a known number of features; at the cut the shape is {shape}. Cut "
                "at another layer, or choose another `pooling`."
            )

    @property
    def task_kind(self) -> TaskKind:
        """The kind as an object: all that depends on it is asked of it."""
        return KINDS.find(self.kind)

    def make_loss(self) -> keras.losses.Loss:
        """Return a new loss that fits the outputs."""
        return self.task_kind.make_loss(from_logits=self.from_logits)

    def has_loss(self, loss: Any) -> bool:
        """Return whether a loss equals the loss of this head, settings included."""
        expected = self.make_loss()
        return type(loss) is type(expected) and loss.get_config() == expected.get_config()

    def make_metrics(self) -> list[keras.metrics.Metric]:
        """Return new metrics that fit the outputs."""
        return self.task_kind.make_metrics(from_logits=self.from_logits)

    def decode(self, outputs: Any) -> np.ndarray:
        """Return predictions in the form of labels.

        Args:
            outputs: What this head, or a model that ends with it, gives, of shape
                `(samples, ..., units)`.

        Returns:
            Class indices of shape `(samples, ...)` for a classification; 0 and 1 in the shape of
            the outputs for binary and multilabel tasks; the outputs for a regression. If the
            classes have names: names of shape `(samples, ...)`, tuples of them for a multilabel
            task.

        Raises:
            ValueError: They are no numbers, or have another last dimension.

        Example:
            >>> import keras_mtl
            >>> keras_mtl.Head(3).decode([[0.1, 0.7, 0.2], [0.8, 0.1, 0.1]])
            array([1, 0])
            >>> keras_mtl.Head(classes=["cat", "dog"]).decode([[0.1, 0.9], [0.8, 0.2]]).tolist()
            ['dog', 'cat']
        """
        given = keras.ops.convert_to_numpy(outputs) if keras.ops.is_tensor(outputs) else outputs
        array = number_array(given, "`outputs`", ValueError)
        if array.shape[-1:] != (self.units,):
            raise ValueError(
                f"`outputs` must have the shape (samples, ..., {self.units}), as the outputs of "
                f"this head. Received the shape: {array.shape}."
            )
        decoded = self.task_kind.decode(array, from_logits=self.from_logits)
        return decoded if self.classes is None else self.task_kind.named(decoded, self.classes)

    def extend(self, classes: Sequence[str] | int) -> Head:
        """Return a new head that has further classes, after those that it has.

        `keras_mtl.add_classes` puts it into a trained model. The weights of the classes that there
        were are the same to the bit, those of the new ones are drawn as in a new head.

        Args:
            classes: The names of the new classes; their number if the classes have no names.

        Returns:
            A head of the same arguments, name and flags, built if this one is.

        Raises:
            ValueError: The kind can have no further classes, a name is there already, or the output
                is quantized or has LoRA.

        Example:
            >>> import keras_mtl
            >>> keras_mtl.Head(classes=["cat", "dog"]).extend(["owl"]).classes
            ('cat', 'dog', 'owl')
        """
        size = extended_classes(self.task_kind, self.units, self.classes, classes)
        config = {**self.get_config(), **size}
        altered = dict(config.get(ALTERED, {}))
        if OUTPUT in altered:
            self._check_output(altered[OUTPUT])
            config[ALTERED] = {**altered, OUTPUT: {**altered[OUTPUT], "units": config["units"]}}
        larger = type(self).from_config(config)
        if self.built:
            larger.build(self._features_shape)
            for part, copy in zip(self.parts[:-1], larger.parts[:-1], strict=True):
                copy_layer_state(part, copy)
            _copy_columns(self.parts[-1], larger.parts[-1])
        return larger

    def _check_output(self, altered: Mapping[str, Any]) -> None:
        """Refuse an output layer that has other variables than a Dense layer of its size."""
        if {**altered, "trainable": True} != self._output_layer().get_config():
            raise ValueError(
                f"The output of `{self.name}` is quantized or has LoRA, so no classes can be added "
                "to it. Add them before, or call `merge_lora` of the layer first."
            )

    def get_config(self) -> dict[str, Any]:
        """Return the arguments of the constructor, and the configs of parts that were altered."""
        config = {
            **super().get_config(),
            "units": self.units,
            "kind": self.kind,
            "hidden": list(self.hidden),
            "activation": self.activation,
            "dropout": self.dropout,
            "pooling": self.pooling,
            "from_logits": self.from_logits,
        }
        if self.classes is not None:
            config["classes"] = list(self.classes)
        altered = self._altered_parts.configs(self.parts)
        return {**config, ALTERED: altered} if altered else config

    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Head:
        """Return the head that `get_config` describes, with fresh weights."""
        config = dict(config)
        altered = config.pop(ALTERED, {})
        head = super().from_config(config)
        head._altered_parts = AlteredParts(altered)
        return head

    def _pooling(self, input_shape: Any) -> keras.Layer | None:
        if not are_several(input_shape):
            return pooling_layer(self.pooling, len(input_shape))
        dtype = without_quantization(keras.config.dtype_policy())
        return JoinedFeatures(self.pooling, name="joined", dtype=dtype)

    def _dropout(self, index: int) -> keras.Layer | None:
        if not self.dropout:
            return None
        dtype = without_quantization(self.dtype_policy)
        return keras.layers.Dropout(self.dropout, name=f"dropout_{index}", dtype=dtype)


def _sizes(argument: str, values: Any) -> tuple[int, ...]:
    if not isinstance(values, list | tuple):
        raise ValueError(
            f"`{argument}` is a list with the units of each layer, such as `[64]`. "
            f"Received: {values!r}."
        )
    return tuple(array_size(argument, value) for value in values)


def _copy_columns(source: keras.layers.Dense, target: keras.layers.Dense) -> None:
    """Give the first units of a layer the weights of the units of another one."""
    for old, new in zip(source.weights, target.weights, strict=True):
        values = np.array(keras.ops.convert_to_numpy(new))
        values[..., : source.units] = keras.ops.convert_to_numpy(old)
        new.assign(values)


def _check_activation(activation: Any) -> None:
    """Refuse an activation that Keras does not know, or that is a class."""
    try:
        keras.activations.get(activation)
    except (ValueError, TypeError) as error:
        raise _no_activation(activation) from error
    if isinstance(activation, type):
        raise _no_activation(activation)


def _no_activation(activation: Any) -> ValueError:
    known = [name for name in dir(keras.activations) if name.islower()]
    return ValueError(
        "`activation` is the name of a function in `keras.activations`, or a function. "
        f"Received: {activation!r}.{did_you_mean(activation, known)}"
    )
