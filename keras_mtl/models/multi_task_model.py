"""One trunk and the heads of several tasks."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from numbers import Integral
from typing import Any

import keras

from keras_mtl.errors import HeadMismatch, InvalidCut
from keras_mtl.graph.functional_models import checked_functional
from keras_mtl.graph.layer_graph import Graph
from keras_mtl.heads.head import Head
from keras_mtl.heads.head_like import HeadLike, checked_head
from keras_mtl.heads.placing import put_head
from keras_mtl.heads.task_names import check_new_task, check_task
from keras_mtl.keras_private.graphs import Functional
from keras_mtl.keras_private.layers import sublayers
from keras_mtl.models.evaluation import evaluate
from keras_mtl.models.transfer_model import TransferModel
from keras_mtl.schedules.base import Epoch
from keras_mtl.surgery.fresh_compile import inner_optimizer
from keras_mtl.surgery.layer_copies import copy_of_input
from keras_mtl.surgery.split import split
from keras_mtl.surgery.static_flags import BatchNormPolicy, check_batchnorm, set_static
from keras_mtl.surgery.trunk import ClassPreserving, Trunk, unwrap_single
from keras_mtl.training import task_compiling as compiling
from keras_mtl.training.loop import fit
from keras_mtl.training.objective import Objective
from keras_mtl.training.settings import Settings
from keras_mtl.training.task_optimizer import optimizer_for_tasks, task_optimizer


@keras.saving.register_keras_serializable("keras_mtl")
class MultiTaskModel(ClassPreserving):
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
        ValueError: A name cannot be that of a task.
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
        heads: Mapping[str, HeadLike],
        batchnorm: BatchNormPolicy = "train",
        *,
        name: str | None = None,
    ) -> None:
        check_batchnorm(batchnorm)
        functional = checked_functional(trunk)
        tasks = _checked_tasks(heads, [trunk.name, *(tensor.name for tensor in functional.inputs)])
        inputs = keras.tree.map_structure(copy_of_input, unwrap_single(functional.input))
        features = unwrap_single(trunk(inputs))
        ready = isinstance(heads, _Ready)
        outputs = {
            task: head(features) if ready else put_head(features, head, task)[1]
            for task, head in tasks.items()
        }
        super().__init__(inputs, outputs, name=name or "multitask")
        self.tasks = tuple(tasks)
        self._own = self._new_own({})
        if batchnorm == "frozen":
            for layer in sublayers(trunk):
                if isinstance(layer, keras.layers.BatchNormalization):
                    layer.trainable = False
        if compiling.knows_losses(self.heads):
            self.compile()

    @classmethod
    def from_model(
        cls,
        model: keras.Model,
        cut: int | str,
        task: str,
        heads: Mapping[str, HeadLike],
        *,
        batchnorm: BatchNormPolicy = "frozen",
        loss: Any = None,
        verify: bool = True,
        name: str | None = None,
    ) -> MultiTaskModel:
        """A trained model, and new heads beside its own last layers.

        Args:
            model: A trained Functional or built Sequential model with one output. It is not
                changed; the result shares nothing with it.
            cut: Where to cut, as for `transfer`.
            task: The name of the task that `model` was trained for. Its head are the layers
                after the cut, with the loss and metrics with which `model` was compiled.
            heads: The heads of the other tasks, by name.
            batchnorm: As for the constructor, `"frozen"` by default.
            loss: The loss of `task`, if `model` is not compiled or is to have another one.
            verify: Whether to check on one batch that the copy computes what `model` computes.
            name: Name of the result.

        Raises:
            InvalidCut: The model cannot be cut there, or nothing would be left for the head.
            MissingLoss: `model` is not compiled, and `loss` is not given.
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
        check_batchnorm(batchnorm)
        if not isinstance(cut, str | Integral):
            raise InvalidCut(
                f"`cut` is a number of layers or the name of one. Received: {cut!r}. Several "
                "features at once are for `MultiTaskModel(transfer(model, cut), heads)`."
            )
        graph = Graph.of(model)
        outputs = graph.functional.outputs
        if len(outputs) != 1:
            raise HeadMismatch(
                f"`{model.name}` has {len(outputs)} outputs; the head of a task has "
                "one. Use `MultiTaskModel(transfer(model, cut), heads)`."
            )
        (path,) = graph.cut(cut)
        known = compiling.of_single(model, loss)
        trunk, tail = split(graph, path, verify=verify)
        set_static(trunk, {}, batchnorm)
        if task in heads:
            raise ValueError(
                f"`heads` has a head for {task!r}, whose head are the last layers of "
                f"`{model.name}`. Leave it out, or give the task another name."
            )
        joined = cls(trunk, {task: tail, **heads}, name=name)
        joined._compile_with({key: {task: value} for key, value in known.items()})
        return joined

    @property
    def trunk(self) -> keras.Model:
        """The layers that the tasks share."""
        return _trunk_of(self, self.heads)

    @property
    def heads(self) -> dict[str, keras.Layer]:
        """The last layers of each task."""
        outputs = self._outputs_struct
        return {task: outputs[task]._keras_history.operation for task in self.tasks}

    def task(self, name: str) -> keras.Model:
        """The model of one task: the trunk and the task's head, whose weights it shares.

        Args:
            name: Name of the task.

        Returns:
            An ordinary Keras model, compiled with the loss and metrics of the task and a fresh
            optimizer if this one is compiled.

        Raises:
            TaskNotFound: There is no such task.
        """
        check_task(name, self.tasks, where="`task`")
        kind = TransferModel if isinstance(self.trunk, Trunk) else Functional
        model = kind(self._inputs_struct, self._outputs_struct[name], name=name)
        if self.compiled:
            known = compiling.without_optimizer(self)
            own = {key: known[key].get(name) for key in ("loss", "metrics", "weighted_metrics")}
            optimizer = inner_optimizer(self.optimizer).fresh(name)
            model.compile(optimizer, **compiling.fresh_metrics(own))
        return model

    def add_task(
        self, name: str, head: HeadLike, *, loss: Any = None, metrics: Any = None
    ) -> MultiTaskModel:
        """A model with one more task, which shares the trunk and the heads of this one.

        It is compiled as this one, with a fresh optimizer of the same settings.

        Args:
            name: Name of the new task.
            head: Its last layers, as for the constructor.
            loss: Its loss; that of the `Head` by default.
            metrics: Its metrics; those of the `Head` by default.
        """
        check_new_task(name, [*self.tasks, self.trunk.name])
        features = unwrap_single(checked_functional(self.trunk).output)
        copy, _ = put_head(features, checked_head(head), name)
        model = type(self)(self.trunk, _Ready({**self.heads, name: copy}), name=self.name)
        known = compiling.without_optimizer(self) if self.compiled else {}
        added = {"loss": loss, "metrics": metrics}
        for key, value in added.items():
            if value is not None:
                known.setdefault(key, {})[name] = value
        if self.compiled or loss is not None:
            model._compile_with(known, like=self)
        return model

    def remove_task(self, name: str) -> MultiTaskModel:
        """A model without a task, which shares the trunk and the other heads of this one.

        It is compiled as this one, with a fresh optimizer of the same settings.

        Raises:
            ValueError: It is the only task.
        """
        check_task(name, self.tasks, where="`remove_task`")
        heads = _without(self.heads, name)
        if not heads:
            raise ValueError(f"`{name}` is the only task of the model; it cannot be removed.")
        model = type(self)(self.trunk, _Ready(heads), name=self.name)
        if self.compiled:
            known = compiling.without_optimizer(self)
            own = {key: _without(value, name) for key, value in known.items()}
            model._compile_with(own, like=self)
        return model

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
            jit_compile: As in Keras; `"auto"` is False on TensorFlow, where convolutions in
                a compiled loop are several times slower with XLA.
            auto_scale_loss: Whether to scale the loss under `mixed_float16`.

        Raises:
            MissingLoss: A head is no `Head`, and its loss was never given.
            TaskNotFound: A dict names a task that does not exist.
        """
        heads, tasks = self.heads, self.tasks
        known = compiling.fresh_metrics(self._own.known)
        if jit_compile == "auto" and keras.config.backend() == "tensorflow":
            jit_compile = False
        super().compile(
            optimizer=task_optimizer(optimizer, tasks),
            loss=compiling.losses(loss, heads, known["loss"]),
            loss_weights=compiling.by_task("loss_weights", loss_weights, tasks) or None,
            metrics=compiling.metrics(metrics, heads, known["metrics"]) or None,
            weighted_metrics={
                **known["weighted_metrics"],
                **compiling.by_task("weighted_metrics", weighted_metrics, tasks),
            }
            or None,
            run_eagerly=run_eagerly,
            steps_per_execution=steps_per_execution,
            jit_compile=jit_compile,
            auto_scale_loss=auto_scale_loss,
        )
        parts = {"trunk": self.trunk, **heads}
        inner_optimizer(self.optimizer).bind(
            {name: part.trainable_variables for name, part in parts.items()}
        )
        self._own = self._new_own(compiling.without_optimizer(self))

    def compile_from_config(self, config: dict[str, Any]) -> None:
        """Compile as a saved model was; Keras calls it when it loads one."""
        self.compile(**keras.saving.deserialize_keras_object(config))
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
                for several tasks: any of these, the labels a dict by task. A label may be missing:
                NaN, -1 for classes, or by `masks`; the loss is the mean over the rows that have
                one, and a batch with none leaves the task alone.
            y: Labels by task, where `x` are the inputs of all.
            schedule: Which task trains at which step: one of `keras_mtl.schedules`, or a function
                of the step that returns the name of a task. `Interleaved()` by default, `Joint()`
                for one data set with several labels.
            batch_size: Rows of a batch of arrays, 32 by default; a dict for each task its own.
            epochs: Number of epochs, those before `initial_epoch` included.
            verbose: 0 for no output, 1 for a progress bar, 2 for a line an epoch.
            callbacks: Callbacks of Keras; their `model` is this one. Their batch hooks run once a
                block of steps, see `steps_per_execution`.
            validation_data: As `x`, of all tasks or of some.
            validation_split: The share of the rows of each task's arrays, from their end, to
                validate on instead.
            shuffle: Whether arrays are shuffled for each pass. A `tf.data.Dataset` shuffles as it
                was made to.
            class_weight: By task a dict from classes to the weights of their rows, 1 by default.
            sample_weight: Weights of the rows by task, where the data are arrays.
            masks: By task which rows have a label, booleans of shape `(rows,)`.
            initial_epoch: The epoch to start with.
            epoch: How long an epoch is: until each task (`"all"`), the one with the most batches
                (`"longest"`), or the one with the fewest (`"shortest"`) has had all its batches.
            steps_per_epoch: The number of steps instead.
            steps_per_execution: Steps in a block, which runs compiled and without Python between
                the steps. 32 by default; 1 if a callback has a batch hook of its own.
            validation_batch_size: As `batch_size`, which it is by default.
            validation_freq: Epochs from one validation to the next.
            seed: Of the schedule and of the order of the rows; drawn from Python's random
                numbers by default, so that `keras.utils.set_random_seed` decides.
            backup: A folder for backups. The same call goes on from the last one after an
                interruption, to the same weights and history; at the end it is removed.
                Callbacks keep their numbers, texts and arrays (best weights among them), and lists
                and dicts of these. `CSVLogger` needs `append=True`.
            backup_every: Steps from one backup to the next; an epoch by default.

        Returns:
            A `History`. Logs are `loss`, the mean over the steps, and for each task its loss
            and metrics, such as `hair_loss` and `val_hair_accuracy`; NaN for a task that had no
            step in an epoch.

        Raises:
            TaskNotFound: A name in the data, the schedule or another dict is not that of a task.
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
        return fit(self, x, y, settings)

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
        """The loss and metrics of the tasks that data are given for.

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
            `hair_accuracy` ...; `scores["hair"]` are those of one task, `scores.changes` those
            against `baselines`. It prints as a table.
        """
        scores = evaluate(
            self,
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

        Only the head of that task runs then.
        """
        if task is None:
            return super().predict(x, *args, **kwargs)
        return self.graph_of_task(task).predict(x, *args, **kwargs)

    def stop_task(self, name: str) -> None:
        """Train a task no more in this `fit`; its steps are left out. For callbacks.

        `fit` ends when no task is left.

        Raises:
            TaskNotFound: There is no such task.
        """
        self._own.stopped.add(check_task(name, self.tasks, where="`stop_task`"))

    @property
    def objectives(self) -> dict[str, Objective]:
        """For training: the loss and metrics of each task."""
        if not self._own.objectives:
            known = compiling.without_optimizer(self)
            with self.training_scope():
                self._own.objectives = {
                    task: Objective(
                        task,
                        known["loss"][task],
                        known["metrics"].get(task),
                        known["weighted_metrics"].get(task),
                        known["loss_weights"].get(task),
                    )
                    for task in self.tasks
                }
        return self._own.objectives

    @property
    def mean_of_steps(self) -> keras.metrics.Mean:
        """For training: the mean of the steps' losses."""
        return self._own.mean_of_steps

    def training_results(self, tasks: Sequence[str] | None = None) -> dict[str, dict[str, Any]]:
        """For training: the values of the metrics by task, under "" the mean over the steps.

        Those of some tasks can be had before the others have seen any data.
        """
        own = {task: self.objectives[task].result() for task in tasks or self.tasks}
        return {"": {"loss": self.mean_of_steps.result()}, **own}

    def graph_of_task(self, name: str) -> Functional:
        """For training: the model of one task, not compiled, the same one at each call."""
        check_task(name, self.tasks, where="`task`")
        graphs = self._own.graphs
        if name not in graphs:
            graphs[name] = Functional(self._inputs_struct, self._outputs_struct[name], name=name)
        return graphs[name]

    def graph_of_tasks(self, names: tuple[str, ...]) -> Functional:
        """For training: the model of some tasks, whose outputs are a dict; itself for all."""
        if set(names) == set(self.tasks):
            return self
        key = ", ".join(names)
        if key not in self._own.graphs:
            outputs = {name: self._outputs_struct[name] for name in names}
            self._own.graphs[key] = Functional(self._inputs_struct, outputs)
        return self._own.graphs[key]

    def compiled_function(self, key: str, make: Callable[[], Any]) -> Any:
        """For training: a function that outlives one `fit`, until the next `compile`."""
        trained = tuple(id(variable) for variable in self.trainable_variables)
        functions = self._own.functions
        if (key, trained) not in functions:
            functions[key, trained] = make()
        return functions[key, trained]

    def training_scope(self) -> AbstractContextManager[Any]:
        """For training: where variables are made, and steps run, for all replicas."""
        if keras.config.backend() == "tensorflow":
            return self.distribute_strategy.scope()
        return nullcontext()

    @property
    def stopped_tasks(self) -> set[str]:
        """The tasks that `stop_task` has stopped in this `fit`."""
        return self._own.stopped

    def get_config(self) -> dict[str, Any]:
        """The trunk and the heads, without their weights."""
        serialize = keras.saving.serialize_keras_object
        heads = [[task, serialize(head)] for task, head in self.heads.items()]
        return {"name": self.name, "trunk": serialize(self.trunk), "heads": heads}

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> MultiTaskModel:
        """The model that `get_config` describes, with fresh weights."""
        revive = keras.saving.deserialize_keras_object
        heads = {task: revive(head, custom_objects) for task, head in config["heads"]}
        return cls(revive(config["trunk"], custom_objects), _Ready(heads), name=config["name"])

    @classmethod
    def of_graph(cls, inputs: Any, outputs: Any, name: str) -> MultiTaskModel:
        """The model of a graph of one trunk and its heads, as surgery makes one."""
        graph = Functional(inputs, outputs)
        heads = {task: output._keras_history.operation for task, output in outputs.items()}
        return cls(_trunk_of(graph, heads), _Ready(heads), name=name)

    def _new_own(self, known: Mapping[str, Any]) -> _Own:
        with self.training_scope():
            return _Own(compiling.known_of_tails(known, self.heads))

    def _compile_with(self, known: Mapping[str, Any], like: MultiTaskModel | None = None) -> None:
        """Compile with what is known of the tasks, and a fresh optimizer as that of a model."""
        losses = known.get("loss", {})
        self._own.known = compiling.known_of_tails(known, self.heads)
        if all(task in losses or isinstance(self.heads[task], Head) for task in self.tasks):
            settings: dict[str, Any] = {}
            if like is not None and like.compiled:
                settings = compiling.common_settings(like)
                settings["optimizer"] = optimizer_for_tasks(like.optimizer, self.tasks)
            self.compile(**settings, **compiling.fresh_metrics(known))


class _Own:
    """What training keeps, where Keras does not take it for layers and weights of the model."""

    def __init__(self, known: Mapping[str, Any]) -> None:
        self.known = known
        self.graphs: dict[str, Functional] = {}
        self.objectives: dict[str, Objective] = {}
        self.functions: dict[Any, Any] = {}
        self.stopped: set[str] = set()
        self.mean_of_steps = keras.metrics.Mean(name="loss")


class _Ready(dict[str, keras.Layer]):
    """Heads that are not to be copied."""


def _checked_tasks(heads: Mapping[str, HeadLike], taken: Sequence[str]) -> dict[str, Any]:
    if not isinstance(heads, Mapping) or not heads:
        raise ValueError(
            f'`heads` gives each task its head, such as `{{"sex": 2, "hair": 5}}`. Received: '
            f"{heads!r}."
        )
    for name in heads:
        check_new_task(name, taken)
    if isinstance(heads, _Ready):
        return dict(heads)
    for name, head in heads.items():
        if head is None:
            raise HeadMismatch(f"The head of the task {name!r} is None; give its last layers.")
    return {name: checked_head(head) for name, head in heads.items()}


def _trunk_of(model: Functional, heads: Mapping[str, keras.Layer]) -> keras.Model:
    """The layer that is neither an input nor a head."""
    others = {id(head) for head in heads.values()}
    inner = (layer for layer in model.layers if not isinstance(layer, keras.layers.InputLayer))
    return next(layer for layer in inner if id(layer) not in others)


def _without(mapping: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if key != name}
