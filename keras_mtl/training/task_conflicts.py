"""How the gradients of the tasks agree, measured while they train."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras
import numpy as np
from keras import ops

from keras_mtl.batches.arrays import ArrayData
from keras_mtl.batches.batch import Batch
from keras_mtl.batches.task_batches import TaskData
from keras_mtl.common.arguments import whole_number
from keras_mtl.errors import InvalidTaskData
from keras_mtl.pictures.conflicts_by_epoch import plot_conflicts
from keras_mtl.training.state import OneTaskState, TrainingState
from keras_mtl.training.steps.choosing import measured_gradients
from keras_mtl.training.steps.step import Step
from keras_mtl.training.task_data import Data, RowOptions, read_data


class TaskConflicts(keras.callbacks.Callback):
    """Measure after each epoch whether the gradients of the tasks agree.

    Use it to see whether, when and in which layers tasks pull the trunk apart, with any schedule,
    with a balancer or without. It measures in inference mode on the same rows each time, so that
    what changes is the network, and changes nothing itself. It costs a forward pass and a backward
    pass for each task after each epoch.

    A negative cosine says that a small step for one task makes the other one worse on these rows.
    It does not say that the other task is a bad helper: many good ones have cosines around 0.

    Args:
        x: The rows to measure on, as for `fit`, with labels of all tasks; by default the rows that
            the run is validated on.
        y: Labels by task, where `x` are the inputs of all.
        rows: The number of rows of each data set in memory, the first ones, 256 by default. Of a
            stream it is the first batch.
        blocks: Into how many blocks of successive layers the trunk is divided, 1 by default.

    Attributes:
        tasks: The names of the tasks.
        block_names: The first and the last layer of each block.
        epochs: The epochs after which was measured.
        gramians: For each of them the scalar products of the gradients with respect to the trunk,
            float64 `(blocks, tasks, tasks)`. The sum over the blocks is the whole trunk's.
        weights: For each of them the weights that the balancer gives these gradients, float64
            `(tasks,)`; ones without a balancer.

    Raises:
        ValueError: `rows` or `blocks` is no positive whole number. `fit` raises it if the trunk has
            not so many layers that train.
        InvalidTaskData: In `fit`: there are no rows, or no labels of a task.

    Example:
        >>> import keras, keras_mtl, numpy as np
        >>> trunk = keras.Sequential([keras.Input((4,)), keras.layers.Dense(8, "relu")])
        >>> model = keras_mtl.MultiTaskModel(trunk, {"sex": 2, "hair": 5})
        >>> x = np.random.default_rng(0).normal(size=(40, 4))
        >>> y = {"sex": np.arange(40) % 2, "hair": np.arange(40) % 5}
        >>> conflicts = keras_mtl.TaskConflicts(x, y)
        >>> history = model.fit(x, y, epochs=2, callbacks=[conflicts], verbose=0)
        >>> conflicts.cosines().shape, conflicts.norms().shape
        ((2, 2, 2), (2, 2))
        >>> bool((conflicts.cosines()[:, 0, 0] > 0.999).all())
        True
    """

    def __init__(self, x: Any = None, y: Any = None, *, rows: int = 256, blocks: int = 1) -> None:
        super().__init__()
        self.rows = whole_number("rows", rows)
        self.blocks = whole_number("blocks", blocks)
        self._given = _Given(x, y)
        self.tasks: tuple[str, ...] = ()
        self.block_names: list[str] = []
        self.epochs: list[int] = []
        self.gramians: list[np.ndarray] = []
        self.weights: list[np.ndarray] = []

    def watch(self, state: TrainingState, validation: Data | None) -> None:
        """Find the rows and the layers, before the run begins.

        Args:
            state: What training keeps of the model.
            validation: The data to validate on, or None.

        Raises:
            InvalidTaskData: There are no rows, or no labels of a task.
            ValueError: The trunk has not so many layers that train.
        """
        if isinstance(state, OneTaskState):
            raise ValueError("`TaskConflicts` compares the tasks of a `MultiTaskModel`.")
        data = self._data(state, validation)
        self.tasks = state.tasks
        step = Step(state, state.tasks, data.joint)
        self._watched = _Watched(
            step, {name: _first_rows(one, self.rows) for name, one in data.sets.items()}
        )
        self._places, self.block_names = _blocks_of(step, self.blocks)

    def on_train_begin(self, logs: Any = None) -> None:
        """Forget earlier runs."""
        self.epochs, self.gramians, self.weights = [], [], []

    def on_epoch_end(self, epoch: int, logs: Any = None) -> None:
        """Measure."""
        step = self._watched.step
        measured = measured_gradients(step, self._watched.batches)
        products = [rows @ rows.T for rows in measured.rows]
        self.gramians.append(
            np.stack([sum(products[place] for place in places) for places in self._places])
        )
        losses = ops.convert_to_tensor([measured.losses[task] for task in self.tasks], "float32")
        rows = [ops.convert_to_tensor(one, "float32") for one in measured.rows]
        weights = step.state.update_rule.weights(losses, rows, step.variables.shared)
        self.weights.append(np.asarray(ops.convert_to_numpy(weights), np.float64))
        self.epochs.append(epoch)

    def cosines(self, block: int | None = None) -> np.ndarray:
        """Return the cosines between the gradients of the tasks, 0 where one of them is zero.

        Args:
            block: The position of a block of layers; None for the whole trunk.

        Returns:
            Floats of shape `(epochs, tasks, tasks)`.
        """
        products, norms = self._products(block), self.norms(block)
        sizes = norms[:, :, None] * norms[:, None, :]
        return np.divide(products, sizes, out=np.zeros_like(products), where=sizes > 0)

    def norms(self, block: int | None = None) -> np.ndarray:
        """Return the norms of the gradients, floats of shape `(epochs, tasks)`.

        Args:
            block: As for `cosines`.
        """
        norms: np.ndarray = np.sqrt(np.diagonal(self._products(block), axis1=1, axis2=2))
        return norms

    def plot(self, path: str | Path) -> Path:
        """Save a picture of the cosines, the norms and the weights by epoch.

        Each block of layers has a panel for its cosines. The ending of the path says the format.

        Raises:
            ValueError: Nothing was measured yet.
            MissingExtra: matplotlib is not installed.
        """
        if not self.epochs:
            raise ValueError("Nothing was measured yet: give the callback to `fit`.")
        cosines = {name: self.cosines(place) for place, name in enumerate(self.block_names)}
        return plot_conflicts(
            self.epochs, self.tasks, cosines, self.norms(), np.stack(self.weights), path
        )

    def _products(self, block: int | None) -> np.ndarray:
        count = len(self.tasks)
        every = np.stack(self.gramians) if self.gramians else np.zeros((0, 1, count, count))
        return every.sum(axis=1) if block is None else every[:, block]

    def _data(self, state: TrainingState, validation: Data | None) -> Data:
        """Return the data to measure on, which have labels of all tasks."""
        if self._given.x is None:
            if validation is None or set(validation.tasks) != set(state.tasks):
                raise InvalidTaskData(
                    "`TaskConflicts` needs rows with labels of all tasks to measure on: pass them, "
                    "`TaskConflicts(x, y)`, or validate on all tasks."
                )
            return validation
        return read_data(state, self._given.x, self._given.y, RowOptions(self.rows))


class _Given:
    """The data as they were given, in an object of their own, which backups do not hold."""

    def __init__(self, x: Any, y: Any) -> None:
        self.x, self.y = x, y


class _Watched:
    """What a run measures on: a step of all tasks, and its batches."""

    def __init__(self, step: Step, batches: dict[str, Batch]) -> None:
        self.step, self.batches = step, batches


def _first_rows(data: TaskData, rows: int) -> Batch:
    if isinstance(data, ArrayData):
        return data.batch_of(np.arange(min(rows, data.num_rows)))
    return next(iter(data.one_pass()))


def _blocks_of(step: Step, blocks: int) -> tuple[list[list[int]], list[str]]:
    """Return the positions of the shared variables of each block, and the names of the blocks."""
    position = {id(variable): place for place, variable in enumerate(step.variables.shared)}
    (trunk,) = step.state.graphs.shared_layers()
    layers = [layer for layer in trunk.layers if layer.trainable_variables]
    if blocks > len(layers):
        raise ValueError(
            f"`blocks={blocks}` is more than the layers of the trunk that train: {len(layers)}."
        )
    parts: list[Sequence[Any]] = [
        [layers[place] for place in places]
        for places in np.array_split(np.arange(len(layers)), blocks)
    ]
    places = [[position[id(v)] for one in part for v in one.trainable_variables] for part in parts]
    names = [
        part[0].name if len(part) == 1 else f"{part[0].name} to {part[-1].name}" for part in parts
    ]
    return places, names
