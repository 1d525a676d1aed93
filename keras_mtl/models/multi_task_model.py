"""One trunk and the heads of several tasks: what users call."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.batches.model_data import as_model_input
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.common.arguments import name_or_none
from keras_mtl.common.registered import registered
from keras_mtl.heads.head_like import HeadLike
from keras_mtl.heads.task_names import check_task
from keras_mtl.models.evaluation import evaluate
from keras_mtl.models.grown_from_trained import cut_trained
from keras_mtl.models.task_changes import compile_with, model_of_task, with_task, without_task
from keras_mtl.models.task_heads import TaskHeads
from keras_mtl.models.trunk_with_heads import TrunkWithHeads
from keras_mtl.schedules.schedule import Epoch
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.surgery.static_flags import BatchNormPolicy
from keras_mtl.training import task_compiling as compiling
from keras_mtl.training.compile_checks import checked_arguments
from keras_mtl.training.fit import fit
from keras_mtl.training.optimizer_arguments import task_optimizer
from keras_mtl.training.settings import Settings


@registered
class MultiTaskModel(TrunkWithHeads):
    """Several tasks that share their first layers, to be trained in turn or jointly.

    A Functional `keras.Model` whose outputs are a dict under the names of the tasks.

    Args:
        trunk: The layers that the tasks share: a Functional or built Sequential model. It is used
            as it is, not copied: what trains here trains there. `transfer(model, cut)` makes one.
        heads: For each task its last layers: a number of classes, a `Head`, a layer, a list of
            layers or a model, which is copied. The names are those of the outputs, the logs and
            the data.
        batchnorm: Whether the BatchNormalization layers of the trunk train (`"train"`), or keep
            their statistics, gamma and beta (`"frozen"`, which sets their flags).
        name: Name of the model.

    Raises:
        HeadMismatch: A head does not fit the features of the trunk.
        ValueError: A name cannot be the name of a task.
        UnsupportedModel: `trunk` is a subclassed model, or no model.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu")])
        >>> model = keras_mtl.MultiTaskModel(trunk, {"sex": 2, "hair": 5})
        >>> x = np.random.default_rng(0).normal(size=(96, 4))
        >>> data = {"sex": (x, np.arange(96) % 2), "hair": (x[:32], np.arange(32) % 5)}
        >>> history = model.fit(data, epochs=2, verbose=0)
        >>> sorted(history.history)
        ['hair_accuracy', 'hair_loss', 'loss', 'sex_accuracy', 'sex_loss']
        >>> model.predict(x, task="hair", verbose=0).shape
        (96, 5)
    """

    def __init__(
        self,
        trunk: keras.Model,
        heads: Mapping[str, HeadLike] | TaskHeads,
        batchnorm: BatchNormPolicy = "train",
        *,
        name: str | None = None,
    ) -> None:
        super().__init__(trunk, heads, batchnorm, name)
        if compiling.know_losses(self.heads):
            self.compile()

    @classmethod
    def from_model(
        cls,
        model: keras.Model,
        cut: int | str,
        task: str | None = None,
        heads: Mapping[str, HeadLike] | None = None,
        *,
        batchnorm: BatchNormPolicy = "frozen",
        loss: Any = None,
        verify: bool = True,
        name: str | None = None,
    ) -> MultiTaskModel:
        """Return a copy of a trained model with new heads beside its own last layers.

        Args:
            model: A trained Functional or built Sequential model with one output. It is not
                changed; the result shares nothing with it.
            cut: Where to cut, as for `transfer`.
            task: The name of the task that `model` was trained for. Its head are the layers
                after the cut, with the loss and metrics with which `model` was compiled.
            heads: The heads of the other tasks, by name.
            batchnorm: As for the constructor, `"frozen"` by default.
            loss: The loss of `task`, if `model` is not compiled, has a `compute_loss` or a
                `train_step` of its own, or is to have another loss.
            verify: Whether to check on one batch that the copy computes what `model` computes.
            name: Name of the result.

        Raises:
            TypeError: `task` or `heads` is missing.
            InvalidCut: The model cannot be cut there, or nothing would be left for the head.
            MissingLoss: `loss` is not given, and `model` has none that can be used.
            ValueError: A name, the loss or a flag is not what it must be.
            HeadMismatch: A head does not fit the features at the cut.

        Example:
            >>> import keras, keras_mtl
            >>> trained = keras.Sequential([
            ...     keras.Input((4,)), keras.layers.Dense(8, "relu"), keras.layers.Dense(2)])
            >>> trained.compile("adam", keras.losses.SparseCategoricalCrossentropy(True))
            >>> model = keras_mtl.MultiTaskModel.from_model(
            ...     trained, cut=1, task="sex", heads={"hair": 5})
            >>> model.tasks
            ('sex', 'hair')
        """
        name = name_or_none("name", name)
        grown = cut_trained(model, cut, task, heads, batchnorm=batchnorm, loss=loss, verify=verify)
        joined = cls(grown.trunk, grown.heads, name=name)
        compile_with(joined, grown.arguments)
        return joined

    def task(self, name: str) -> keras.Model:
        """Return the model of one task: the trunk and its head, whose weights are shared.

        Args:
            name: Name of the task.

        Returns:
            An ordinary Keras model, compiled with the loss and metrics of the task and a fresh
            optimizer if this one is compiled.

        Raises:
            TaskNotFound: There is no such task.
        """
        return model_of_task(self, name)

    def add_task(
        self, name: str, head: HeadLike, *, loss: Any = None, metrics: Any = None
    ) -> MultiTaskModel:
        """Return a model with one more task, which shares the trunk and the heads of this one.

        It is compiled as this one, with a fresh optimizer of the same settings.

        Args:
            name: Name of the new task.
            head: Its last layers, as for the constructor.
            loss: Its loss; by default the loss of the `Head`.
            metrics: Its metrics; by default the metrics of the `Head`.
        """
        return with_task(self, name, head, loss, metrics)

    def remove_task(self, name: str) -> MultiTaskModel:
        """Return a model without a task, which shares the trunk and the other heads of this one.

        It is compiled as this one, with a fresh optimizer of the same settings.

        Raises:
            ValueError: It is the only task.
        """
        return without_task(self, name)

    def compile(
        self,
        optimizer: Any = "adam",
        loss: Any = None,
        loss_weights: Mapping[str, float] | None = None,
        metrics: Any = None,
        weighted_metrics: Any = None,
        run_eagerly: bool = False,
        steps_per_execution: int = 1,
        jit_compile: Any = "auto",
        auto_scale_loss: bool = True,
    ) -> None:
        """Set how the tasks are trained, as `keras.Model.compile` does.

        Args:
            optimizer: One for all, or a dict with one for `"trunk"` and for each task. Every part
                counts its own steps; see `TaskOptimizer`.
            loss: Losses by task. A `Head` knows its own; other heads keep the one that they were
                compiled with, by `from_model` or before.
            loss_weights: By task, what its loss is multiplied with; 1 by default.
            metrics: Metrics by task; the same holds.
            weighted_metrics: Metrics by task that sample weights count in.
            run_eagerly: Whether to run steps one by one, without compiling them.
            steps_per_execution: Steps of a compiled block; `fit` chooses if it is 1.
            jit_compile: As in Keras; `"auto"` is False on TensorFlow, where XLA makes convolutions
                in a compiled loop several times slower.
            auto_scale_loss: Whether to scale the loss under `mixed_float16`.

        Raises:
            MissingLoss: A head is no `Head`, and its loss was never given.
            ValueError: `fit` could not use an argument; `TaskNotFound` for the name of no task.
        """
        heads, tasks = self.heads, self.tasks
        if jit_compile == "auto" and keras.config.backend() == "tensorflow":
            jit_compile = False
        given = (loss, loss_weights, metrics, weighted_metrics)
        arguments = checked_arguments(
            **compiling.completed(given, heads, self.training_state.arguments),
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=auto_scale_loss,
        )
        by_part = task_optimizer(optimizer, tasks)
        inner = inner_optimizer(by_part)
        inner.look_up_layers(self)
        super().compile(optimizer=by_part, **arguments)
        parts = {"trunk": self.trunk, **heads}
        inner.bind({name: part.trainable_variables for name, part in parts.items()})
        self.training_state = self.new_state(compiling.arguments_by_task(self))

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a saved model was; Keras calls it when it loads one."""
        self.compile(**keras.saving.deserialize_keras_object(config))
        # Keras loads the state of the optimizer next, into variables that must exist.
        self.optimizer.build(self.trainable_variables)

    def fit(
        self,
        x: Any = None,
        y: Any = None,
        *,
        schedule: Any = None,
        batch_size: int | Mapping[str, int] | None = None,
        epochs: int = 1,
        verbose: str | int = "auto",
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        validation_data: Any = None,
        validation_split: float = 0.0,
        shuffle: bool = True,
        class_weight: Mapping[str, Mapping[int, float]] | None = None,
        sample_weight: Any = None,
        masks: Mapping[str, Any] | None = None,
        initial_epoch: int = 0,
        epoch: Epoch = "all",
        steps_per_epoch: int | None = None,
        steps_per_execution: int | None = None,
        validation_batch_size: int | Mapping[str, int] | None = None,
        validation_freq: int = 1,
        seed: int | None = None,
        backup: str | os.PathLike[str] | None = None,
        backup_every: int | None = None,
    ) -> keras.callbacks.History:
        """Train the tasks in turn, or jointly.

        Args:
            x: The data of each task, a dict by name: `(x, y)` or `(x, y, sample_weight)` of arrays
                (rows first; NumPy, pandas, tensors), a `tf.data.Dataset`, a `PyDataset`, a
                generator or a `DataLoader`, each of batches of these. Or one data set with labels
                for several tasks: any of these, the labels a dict by task. A label may be missing,
                also some of a row, a sequence or a picture: NaN, -1 for classes, or by `masks`.
                Loss and metrics are means over the labels that there are.
            y: Labels by task, where `x` are the inputs of all.
            schedule: Which task trains at which step: one of `keras_mtl.schedules`, or a function
                of the step that returns the name of a task. `Interleaved()` by default, `Joint()`
                for one data set with several labels.
            batch_size: Rows of a batch of arrays, 32 by default; a dict for each task its own.
            epochs: Number of epochs, those before `initial_epoch` included; 0 trains nothing.
            verbose: 0 for no output, 1 for a progress bar, 2 for a line an epoch.
            callbacks: Callbacks of Keras; their `model` is this one. Their batch hooks run once a
                block of steps, see `steps_per_execution`.
            validation_data: As `x`, of all tasks or of some.
            validation_split: The share of each task's rows, the last ones, to validate on instead.
            shuffle: Whether arrays are shuffled for each pass; a `tf.data.Dataset` never is.
            class_weight: By task a dict from classes to the weights of their labels, 1 by default.
            sample_weight: Weights by task, where the data are arrays: of shape `(rows,)`, or
                `(rows, steps)` and the like for labels of these.
            masks: By task where there is a label, booleans of the same shapes.
            initial_epoch: The epoch to start with.
            epoch: How long an epoch is: until each task (`"all"`), the one with the most batches
                (`"longest"`), or the one with the fewest (`"shortest"`) has had all its batches.
            steps_per_epoch: The number of steps instead.
            steps_per_execution: Steps in a block, which runs compiled and without Python between
                the steps. 32 by default; 1 if a callback has a batch hook of its own.
            validation_batch_size: As `batch_size`, which it is by default.
            validation_freq: Epochs from one validation to the next.
            seed: Seed of the schedule, the order of the rows, and what a `PyDataset` or a loader
                draws from the global generators of Python, NumPy and torch; drawn by Python by
                default, so that `keras.utils.set_random_seed` decides.
            backup: A folder for backups. The same call goes on from the last one after an
                interruption, to the same weights and history; at the end it is removed. It has
                numbers, texts and arrays of callbacks, and the states of the global generators of
                Python and NumPy. `CSVLogger` needs `append=True`.
            backup_every: Steps from one backup to the next; an epoch by default.

        Returns:
            A `History`. Logs are `loss`, the mean over the steps, and for each task its loss
            and metrics, such as `hair_loss` and `val_hair_accuracy`; NaN for a task that had no
            step in an epoch, and the last values for one that was stopped.

        Raises:
            TaskNotFound: A name in the data, the schedule or another dict is no task.
            InvalidTaskData: A task has no data, or data that cannot be used.
            InvalidLabels: The labels do not fit the head of their task.
            InvalidSchedule: The schedule never picks a task, or needs lengths that are not known.
            NonFiniteLoss: A loss was NaN or infinite; the weights are those before that step.
            InvalidBackup: The backup is of another run.
        """
        settings = Settings(
            schedule=schedule,
            batch_size=batch_size,
            epochs=epochs,
            verbose=verbose,
            callbacks=callbacks,
            validation_data=validation_data,
            validation_split=validation_split,
            shuffle=shuffle,
            class_weight=class_weight,
            sample_weight=sample_weight,
            masks=masks,
            initial_epoch=initial_epoch,
            epoch=epoch,
            steps_per_epoch=steps_per_epoch,
            steps_per_execution=steps_per_execution,
            validation_batch_size=validation_batch_size,
            validation_freq=validation_freq,
            seed=seed,
            backup=backup,
            backup_every=backup_every,
        )
        return fit(self.training_state, x, y, settings)

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        *,
        batch_size: int | Mapping[str, int] | None = None,
        verbose: str | int = "auto",
        sample_weight: Any = None,
        masks: Mapping[str, Any] | None = None,
        baselines: Mapping[str, Any] | None = None,
        callbacks: Sequence[keras.callbacks.Callback] | None = None,
        return_dict: bool = True,
    ) -> Any:
        """Return the loss and metrics of the tasks that data are given for.

        Args:
            x: As for `fit`, of all tasks or of some.
            y: As for `fit`.
            batch_size: As for `fit`.
            verbose: 0 for no output, 1 for a progress bar.
            sample_weight: As for `fit`.
            masks: As for `fit`.
            baselines: For some tasks a model trained for that task alone, or its metrics as a
                dict. With them the result has the relative changes, positive where this model is
                better, and names the tasks that are worse: negative transfer.
            callbacks: Callbacks of Keras; `on_test_batch_end` is told the values so far.
            return_dict: False for a list of the values instead.

        Returns:
            A dict: `loss`, the mean over the tasks, and for each task `hair_loss`,
            `hair_accuracy` ...; `scores["hair"]` has the values of one task, `scores.changes` the
            changes against `baselines`. It prints as a table.
        """
        scores = evaluate(
            self.training_state,
            x,
            y,
            batch_size=batch_size,
            verbose=verbose,
            sample_weight=sample_weight,
            masks=masks,
            baselines=baselines,
            callbacks=callbacks,
        )
        return scores if return_dict else list(scores.values())

    def predict(self, x: Any, *args: Any, task: str | None = None, **kwargs: Any) -> Any:
        """`keras.Model.predict`: a dict by task, or with `task` the predictions for one.

        Only the head of that task runs then. Text, lists and pandas objects are taken as by `fit`.
        """
        x = as_model_input(ModelInputs.of(self), x)
        if task is None:
            return super().predict(x, *args, **kwargs)
        return self.training_state.graphs.of_task(task).predict(x, *args, **kwargs)

    def stop_task(self, name: str) -> None:
        """Stop training a task for the rest of this `fit`; call it from a callback.

        Its steps are left out. `fit` ends when no task is left.

        Raises:
            TaskNotFound: There is no such task.
        """
        self.training_state.stopped.add(check_task(name, self.tasks, where="`stop_task`"))

    @property
    def stopped_tasks(self) -> set[str]:
        """The tasks that `stop_task` has stopped in this `fit`."""
        return self.training_state.stopped
