"""A trunk with a head on it."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Mapping, Sequence
from os import PathLike
from typing import Any

import keras

from keras_mtl.batches.indexed_rows import in_batches, inputs_alone, unpacked, unpacked_pair
from keras_mtl.batches.label_check import LabelCheck
from keras_mtl.batches.model_data import as_model_input, as_validation_data
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.common.registered import registered
from keras_mtl.heads.head import Head
from keras_mtl.heads.labels import LabelRule
from keras_mtl.heads.placing import put_head
from keras_mtl.keras_private.compiled import in_order_of_metrics
from keras_mtl.keras_private.data_adapters import is_validation_of_fit
from keras_mtl.keras_private.graphs import producer
from keras_mtl.keras_private.lent_values import values_kept
from keras_mtl.optimizers.layer_paths import ModelOfParts
from keras_mtl.surgery.layer_copies import copy_of_input
from keras_mtl.surgery.trunk import Trunk
from keras_mtl.training.compiled_state import CompiledState
from keras_mtl.training.distribution.model_workers import (
    predicted,
    workers_of,
    workers_to_predict,
)
from keras_mtl.training.fit import fit_one_task
from keras_mtl.training.keras_loop import (
    reason_for_keras_evaluate,
    reason_for_keras_fit,
    refuse_several_workers,
    refuse_without_own_loop,
)
from keras_mtl.training.label_checks import checked_stream, label_errors
from keras_mtl.training.one_task_scoring import evaluate_one_task
from keras_mtl.training.own_share import read_in_batches
from keras_mtl.training.settings import check_arguments_of_keras, settings_of_keras


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

    training_state: CompiledState | None = None
    """What training keeps of the model until it is compiled again."""
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
        shuffle: Any = True,
        class_weight: Mapping[int, float] | None = None,
        sample_weight: Any = None,
        initial_epoch: int = 0,
        steps_per_epoch: int | None = None,
        validation_steps: int | None = None,
        validation_batch_size: int | None = None,
        validation_freq: int | list[int] = 1,
        *,
        seed: int | None = None,
        backup: str | PathLike[str] | None = None,
        backup_every: int | None = None,
    ) -> keras.callbacks.History:
        """Train the model as `keras.Model.fit` does, with a check of the labels, and faster.

        The arguments that Keras has mean what they mean in Keras, and weights, logs and callbacks
        are those of Keras's `fit`: with the same random seed, rows of arrays come in the same
        order. Steps run in compiled blocks of up to 32, or one by one if a callback has a hook for
        batches. Keras's own loop runs instead where ours does not serve or gains nothing: on torch,
        for batches that Python reads, with `run_eagerly` or `jit_compile`, for a subclass with a
        `train_step`, a `compute_loss` or the like, and for labels that are not one array.

        Labels in arrays are checked before training, and so are the known shapes in a
        `tf.data.Dataset`; labels in batches when they are read. Inputs may also be text of any
        kind, lists and pandas objects; named inputs a data frame.

        Args:
            x: Inputs as arrays, rows first, or batches of any kind that Keras takes.
            y: Labels, where `x` are arrays; of classes with names, also by name.
            batch_size: As in Keras, and so are all further arguments but the last three.
            epochs: The number of the last epoch.
            verbose: 0 for no output, 1 for a progress bar, 2 for a line an epoch.
            callbacks: Callbacks of Keras. None may compile the model anew.
            validation_split: The share of the rows, the last ones, to validate on.
            validation_data: `(x, y)`, `(x, y, sample_weight)` or batches.
            shuffle: Whether arrays are shuffled for each epoch.
            class_weight: The weights of classes, 1 for those that are left out.
            sample_weight: The weights of the rows of arrays.
            initial_epoch: The number of epochs that are left out.
            steps_per_epoch: Batches in an epoch; a pass over the data by default.
            validation_steps: Batches to validate on; all by default.
            validation_batch_size: Rows of a batch to validate on, `batch_size` by default.
            validation_freq: Epochs from one validation to the next, or a list of epochs.
            seed: A seed of the order of rows, which then depends on nothing else, so that it may
                differ from Keras's.
            backup: A folder for backups. The same call goes on from the last one after an
                interruption, to the same weights and history; at the end it is removed. The order
                of rows depends on the seed alone, as with `seed`. The workers of a `PyDataset` are
                not used.
            backup_every: Steps from one backup to the next; an epoch by default.

        Returns:
            A `History`, with the names that Keras gives to losses and metrics.

        Raises:
            InvalidLabels: The model is compiled with the loss of its `Head`, and the labels do
                not fit its kind.
            InvalidBackup: The backup is of another run.
            RuntimeError: A callback compiles the model anew.
            ValueError: An argument is out of its range, or `backup` or `seed` is given for what
                only Keras's own loop trains.

        Example:
            >>> import keras, keras_mtl, numpy as np
            >>> trained = keras.Sequential([keras.Input((4,)), keras.layers.Dense(3)])
            >>> model = keras_mtl.transfer(trained, cut=0, head=2)
            >>> history = model.fit(np.ones((8, 4)), np.arange(8) % 2, epochs=3, verbose=0)
            >>> sorted(history.history), len(history.epoch)
            (['accuracy', 'loss'], 3)
        """
        workers = workers_of(self)
        x, y = unpacked(read_in_batches(workers, x), y)
        validation_data = unpacked_pair(read_in_batches(workers, validation_data))
        x, batch_size = in_batches(x, batch_size)
        keras_arguments = {
            "batch_size": batch_size,
            "epochs": epochs,
            "verbose": verbose,
            "callbacks": callbacks,
            "validation_split": validation_split,
            "shuffle": shuffle,
            "class_weight": class_weight,
            "sample_weight": sample_weight,
            "initial_epoch": initial_epoch,
            "steps_per_epoch": steps_per_epoch,
            "validation_steps": validation_steps,
            "validation_batch_size": validation_batch_size,
            "validation_freq": validation_freq,
        }
        ours = {"seed": seed, "backup": backup, "backup_every": backup_every}
        check_arguments_of_keras(
            epochs=epochs,
            validation_split=validation_split,
            callbacks=callbacks,
            others=keras_arguments,
        )
        y, validation_data = self.checked_labels(y, validation_data)
        inputs = ModelInputs.of(self)
        # The form of batches before their labels: single samples have no shape that fits.
        x = as_model_input(inputs, x, labelled=self._needs_labels)
        validation_data = as_validation_data(inputs, validation_data, labelled=self._needs_labels)
        given = {**keras_arguments, **ours, "validation_data": validation_data}
        reason = reason_for_keras_fit(self, x, y, given)
        x = self.checked_stream(x, y)
        if not isinstance(validation_data, tuple | list):
            validation_data = self.checked_stream(validation_data, argument="validation_data")
        given["validation_data"] = validation_data
        with values_kept(self), label_errors(x, validation_data):
            if reason is None:
                return fit_one_task(self._training_state(), x, y, settings_of_keras(given))
            refuse_without_own_loop(reason, ours)
            if workers.size > 1:
                refuse_several_workers(reason)
            return super().fit(x, y, validation_data=validation_data, **keras_arguments)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: Any = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **kwargs: Any,
    ) -> Any:
        """Return what `keras.Model.evaluate` does, for data of all kinds that `fit` takes.

        Args:
            x: As for `fit`.
            y: As for `fit`.
            batch_size: Rows of a batch of arrays, 32 by default.
            verbose: As for `fit`.
            sample_weight: The weights of the rows of arrays.
            steps: The number of batches; all by default.
            callbacks: Callbacks of Keras.
            return_dict: Whether to return a dict of the loss and metrics rather than a list.
            kwargs: Nothing; Keras's own `fit` passes something on.

        Raises:
            InvalidLabels: The model is compiled with the loss of its `Head`, and the labels do
                not fit its kind.
        """
        in_fit = is_validation_of_fit(kwargs)
        x, y = unpacked(read_in_batches(workers_of(self), x), y)
        x, batch_size = in_batches(x, batch_size)
        if not in_fit:
            y, _ = self.checked_labels(y, None)
        x = as_model_input(ModelInputs.of(self), x, labelled=self._needs_labels)
        given = {
            "batch_size": batch_size,
            "verbose": verbose,
            "sample_weight": sample_weight,
            "steps": steps,
            "callbacks": callbacks,
        }
        reason = None if in_fit else reason_for_keras_evaluate(self, x, y, given)
        if not in_fit:
            x = self.checked_stream(x, y)
        with values_kept(self), label_errors(x):
            if reason is not None and workers_of(self).size > 1:
                refuse_several_workers(reason)
            if in_fit or kwargs or reason is not None:
                return super().evaluate(x, y, return_dict=return_dict, **given, **kwargs)
            logs = evaluate_one_task(self._training_state(), x, y, **given)
        return logs if return_dict else in_order_of_metrics(self, logs)

    def predict(self, x: Any, *args: Any, **kwargs: Any) -> Any:
        """Return what `keras.Model.predict` does, for inputs of all kinds that `fit` takes."""
        x = as_model_input(ModelInputs.of(self), inputs_alone(x))
        workers = workers_to_predict(self)
        if workers.replicas > 1:
            return predicted(workers, self, x, *args, **kwargs)
        return super().predict(x, *args, **kwargs)

    def _training_state(self) -> CompiledState:
        """Return what training keeps of this model, made anew after each `compile`."""
        if self.training_state is None or not self.training_state.is_of(self):
            self.training_state = CompiledState(self)
        return self.training_state

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

    def checked_stream(self, x: Any, y: Any = None, *, argument: str = "y") -> Any:
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
