"""One trunk and the heads of several tasks: what users call."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras

from keras_mtl.common.arguments import name_or_none
from keras_mtl.common.registered import registered
from keras_mtl.heads.head_like import HeadLike
from keras_mtl.models.grown_from_trained import cut_trained
from keras_mtl.models.task_changes import compile_with, model_of_task, with_task, without_task
from keras_mtl.models.task_heads import TaskHeads
from keras_mtl.models.trainable_tasks import TrainableTasks
from keras_mtl.surgery.static_flags import BatchNormPolicy
from keras_mtl.training import task_compiling as compiling


@registered
class MultiTaskModel(TrainableTasks):
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
