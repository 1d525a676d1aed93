"""A trunk with a head on it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import keras

from keras_mtl.batches.label_check import LabelCheck
from keras_mtl.batches.model_data import as_model_input, as_validation_data
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.common.registered import registered
from keras_mtl.heads.head import Head
from keras_mtl.heads.labels import LabelRule
from keras_mtl.heads.placing import put_head
from keras_mtl.keras_private.data_adapters import is_validation_of_fit
from keras_mtl.keras_private.graphs import producer
from keras_mtl.keras_private.lent_values import values_kept
from keras_mtl.optimizers.layer_paths import ModelOfParts
from keras_mtl.surgery.layer_copies import copy_of_input
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.training.label_checks import checked_stream, label_errors
from keras_mtl.training.settings import check_arguments_of_keras


@registered
class TransferModel(ModelOfParts, Trunk):
    """A trunk with a head: the Functional model that `transfer` returns when it is given a head.

    `trunk` and `head` are found in the graph, so a loaded model has them too.

    Example:
        >>> import keras, keras_mtl
        >>> trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
        >>> model = keras_mtl.transfer(trained, cut=0, head=2)
        >>> model.trunk.name, model.head.name
        ('trunk', 'head')
    """

    # A reference that is not saved, nor tracked by Keras, and that ends with the optimizer.
    default_optimizer: Callable[[], keras.optimizers.Optimizer | None] | None = None

    @property
    def has_default_optimizer(self) -> bool:
        """Whether the optimizer is the one that `transfer` compiled, which nobody has chosen."""
        return self.default_optimizer is not None and self.default_optimizer() is self.optimizer

    @property
    def trunk(self) -> Trunk:
        """The layers kept, as a model of their own."""
        return next(layer for layer in self.layers if isinstance(layer, Trunk))

    @property
    def head(self) -> keras.Layer:
        """The new last layers."""
        return producer(self.outputs[0])

    @property
    def layers_by_part(self) -> Mapping[str, list[keras.Layer]]:
        """The trunk and the head, for the rates of `layerwise`."""
        return {"trunk": [self.trunk], "head": [self.head]}

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        epochs: int = 1,
        verbose: Any = "auto",
        callbacks: Any = None,
        validation_split: float = 0.0,
        validation_data: Any = None,
        **kwargs: Any,
    ) -> keras.callbacks.History:
        """Train the model as `keras.Model.fit` does, with a check of the labels.

        Labels in arrays are checked before training, and so are the known shapes in a
        `tf.data.Dataset`; labels in batches when they are read. Inputs may also be text of any
        kind, lists and pandas objects; named inputs a data frame.

        Raises:
            InvalidLabels: The model is compiled with the loss of its `Head`, and the labels do
                not fit its kind.
            ValueError: An argument is out of its range.
        """
        check_arguments_of_keras(
            epochs=epochs,
            validation_split=validation_split,
            callbacks=callbacks,
            others={"batch_size": batch_size, **kwargs},
        )
        y, validation_data = self.checked_labels(y, validation_data)
        inputs = ModelInputs.of(self)
        # The form of batches before their labels: single samples have no shape that fits.
        x = as_model_input(inputs, x, labelled=self._needs_labels)
        validation_data = as_validation_data(inputs, validation_data, labelled=self._needs_labels)
        x = self._checked_stream(x, y)
        if not isinstance(validation_data, tuple | list):
            validation_data = self._checked_stream(validation_data, argument="validation_data")
        before = (batch_size, epochs, verbose, callbacks, validation_split)
        with values_kept(self), label_errors(x, validation_data):
            return super().fit(x, y, *before, validation_data, **kwargs)

    def evaluate(self, x: Any = None, y: Any = None, *args: Any, **kwargs: Any) -> Any:
        """Return what `keras.Model.evaluate` does, for data of all kinds that `fit` takes.

        Raises:
            InvalidLabels: The model is compiled with the loss of its `Head`, and the labels do
                not fit its kind.
        """
        own_data = not is_validation_of_fit(kwargs)
        if own_data:
            y, _ = self.checked_labels(y, None)
        x = as_model_input(ModelInputs.of(self), x, labelled=self._needs_labels)
        if own_data:
            x = self._checked_stream(x, y)
        with values_kept(self), label_errors(x):
            return super().evaluate(x, y, *args, **kwargs)

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what `keras.Model.predict` does, for inputs of all kinds that `fit` takes."""
        return super().predict(as_model_input(ModelInputs.of(self), x), *args, **kwargs)

    @property
    def _needs_labels(self) -> bool:
        return self.compiled and self.loss is not None

    def checked_labels(self, y: Any, validation_data: Any) -> tuple[Any, Any]:
        """Return the labels and the validation data of `fit`, with arrays of labels checked.

        Raises:
            InvalidLabels: The model is compiled with the loss of its `Head`, and the labels do
                not fit its kind.
        """
        rule = self.label_rule
        if rule is None:
            return y, validation_data
        if y is not None:
            y = rule.check(y)
        if isinstance(validation_data, tuple | list) and len(validation_data) > 1:
            inputs, labels, *weights = validation_data
            labels = rule.check(labels, argument="validation_data[1]")
            validation_data = (inputs, labels, *weights)
        return y, validation_data

    @property
    def label_rule(self) -> LabelRule | None:
        """What the labels must be; None if the head, or the loss, does not tell.

        With another loss than that of the head labels may be of any form, but those that are
        given by the names of classes are read.
        """
        head = self.head
        if not isinstance(head, Head) or not self.compiled:
            return None
        known = head.has_loss(self.loss)
        return LabelRule.of(head, names_only=not known) if known or head.classes else None

    def _checked_stream(self, x: Any, y: Any = None, *, argument: str = "y") -> Any:
        """Return batches with a check of their labels; arrays as they are."""
        rule = self.label_rule
        if x is None or y is not None or rule is None:
            return x
        return checked_stream(x, LabelCheck(rule, argument))


def join(trunk: Trunk, head: keras.Layer | Sequence[keras.Layer], name: str) -> TransferModel:
    """Put a copy of a head on a trunk; compile the model if the head knows how.

    Raises:
        HeadMismatch: The head does not fit the features of the trunk.
    """
    inputs = keras.tree.map_structure(copy_of_input, trunk.input)
    copy, outputs = put_head(trunk(inputs), head)
    model = TransferModel(inputs, outputs, name=name)
    if isinstance(copy, Head):
        model.compile("adam", loss=copy.make_loss(), metrics=copy.make_metrics())
        model.default_optimizer = weakref.ref(model.optimizer)
    return model
