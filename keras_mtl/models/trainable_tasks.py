"""A model of several tasks that is compiled, trained and evaluated."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.balancing.balancer import Balancer
from keras_mtl.batches.indexed_rows import inputs_alone
from keras_mtl.batches.model_data import as_model_input
from keras_mtl.batches.model_inputs import ModelInputs
from keras_mtl.heads.task_names import check_task
from keras_mtl.keras_private.compiled import add_compile_argument
from keras_mtl.models.evaluation import evaluate
from keras_mtl.models.trunk_with_heads import TrunkWithHeads
from keras_mtl.schedules.schedule import Epoch
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.training import task_compiling as compiling
from keras_mtl.training.balancer_argument import balancer_for, check_weights
from keras_mtl.training.balancer_files import (
    load_balancer,
    save_balancer,
    warn_of_h5,
    without_balancer,
)
from keras_mtl.training.compile_checks import checked_arguments
from keras_mtl.training.distribution.model_workers import predicted, workers_to_predict
from keras_mtl.training.fit import fit
from keras_mtl.training.optimizer_arguments import task_optimizer
from keras_mtl.training.settings import Settings


class TrainableTasks(TrunkWithHeads):
    """One trunk and the heads of several tasks with their training; see `MultiTaskModel`."""

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
        balancer: Balancer | str | None = None,
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
            balancer: What weighs the tasks in steps that train several, those of
                `schedules.Joint()`: one of `keras_mtl.balancing` or its name, such as `"upgrad"`;
                None for the sum of the losses. Its state is saved with the model.

        Raises:
            MissingLoss: A head is no `Head`, and its loss was never given.
            InvalidBalancer: There is one task only, a trunk without weights, or a balancer beside a
                negative weight of a loss.
            ValueError: `fit` could not use an argument; `TaskNotFound` for the name of no task.
        """
        heads, tasks = self.heads, self.tasks
        chosen = balancer_for(balancer, tasks, self.trunk)
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
        if chosen is not None:
            check_weights(chosen, arguments["loss_weights"] or {})
        by_part = task_optimizer(optimizer, tasks)
        inner = inner_optimizer(by_part)
        inner.look_up_layers(self)
        super().compile(optimizer=by_part, **arguments)
        parts = {"trunk": self.trunk, **heads}
        inner.bind({name: part.trainable_variables for name, part in parts.items()})
        self.training_state = self.new_state(compiling.arguments_by_task(self))
        if chosen is not None:
            self.training_state.use_balancer(chosen)
            add_compile_argument(self, "balancer", chosen)

    def get_config(self) -> dict[str, Any]:
        """Return the trunk and the heads, without their weights."""
        warn_of_h5(self.training_state)
        return super().get_config()

    def save_own_variables(self, store: Any) -> None:
        """Save what the balancer remembers; layers and optimizer are saved by Keras."""
        super().save_own_variables(store)
        save_balancer(self.training_state, store)

    def load_own_variables(self, store: Any) -> None:
        """Load what the balancer of the saved model remembered, if this model has the same."""
        super().load_own_variables(without_balancer(store))
        load_balancer(self.training_state, store)

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
                of the step that returns the name of a task. `Balanced()` by default, in which
                small data sets start again within an epoch; `Joint()` for one data set with
                several labels. A warning names tasks that it gives fewer than 100 steps in all, of
                a run that has as many for each task.
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
                better, and names the tasks that are worse beyond the noise of the rows: negative
                transfer. Arrays are divided into groups for the noise, streams by batches. It is
                not measured by several workers, nor of a stream that is compared with a dict, which
                would be read twice: no task is named then.
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
        x = as_model_input(ModelInputs.of(self), inputs_alone(x))
        workers = workers_to_predict(self)
        if workers.replicas > 1:
            graph = self if task is None else self.training_state.graphs.of_task(task)
            return predicted(workers, graph, x, *args, **kwargs)
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
