"""The layers of a model by task: which graph computes a task, and which layers a step trains."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

import keras

from keras_mtl.errors import UnsupportedModel
from keras_mtl.heads.task_names import check_task
from keras_mtl.keras_private.graphs import Functional, producer


class TaskGraphs(ABC):
    """What training needs to know of the graph of a model.

    Attributes:
        tasks: The names of the tasks.
        heads: The layer that gives the output of each task.
        outputs: The symbolic output of each task.
        inputs: The symbolic inputs of the model, in their structure.
    """

    inputs: Any
    tasks: tuple[str, ...]
    heads: Mapping[str, keras.Layer]
    outputs: Mapping[str, keras.KerasTensor]

    @abstractmethod
    def of_task(self, task: str) -> keras.Model:
        """Return the model of one task, the same one at each call."""

    @abstractmethod
    def of_tasks(self, tasks: Sequence[str]) -> keras.Model:
        """Return the model of some tasks, whose outputs are a dict."""

    @abstractmethod
    def shared_layers(self) -> list[keras.Layer]:
        """Return the layers that all tasks share."""

    @abstractmethod
    def layers_of(self, task: str) -> list[keras.Layer]:
        """Return the layers that only one task uses."""


class TrunkAndHeads(TaskGraphs):
    """A trunk that several tasks share, and the head of each task.

    Args:
        model: The model of all tasks, whose outputs are a dict by task.
        trunk: The layers that the tasks share.
        heads: The last layers of each task.
    """

    def __init__(
        self, model: Functional, trunk: keras.Layer, heads: Mapping[str, keras.Layer]
    ) -> None:
        self.tasks = tuple(heads)
        self.heads = dict(heads)
        self.outputs = model.output
        self.inputs = model.input
        self._model = model
        self._trunk = trunk
        self._of_task: dict[str, Functional] = {}
        self._of_tasks: dict[tuple[str, ...], Functional] = {}

    def of_task(self, task: str) -> Functional:
        """Return the model of the trunk and one head."""
        check_task(task, self.tasks, where="`task`")
        if task not in self._of_task:
            self._of_task[task] = Functional(self.inputs, self.outputs[task], name=task)
        return self._of_task[task]

    def of_tasks(self, tasks: Sequence[str]) -> Functional:
        """Return the model of the trunk and some heads; the whole model for all of them."""
        if set(tasks) == set(self.tasks):
            return self._model
        key = tuple(tasks)
        if key not in self._of_tasks:  # Kept, since a new model would be traced again.
            outputs = {task: self.outputs[task] for task in tasks}
            self._of_tasks[key] = Functional(self.inputs, outputs)
        return self._of_tasks[key]

    def shared_layers(self) -> list[keras.Layer]:
        """Return the trunk."""
        return [self._trunk]

    def layers_of(self, task: str) -> list[keras.Layer]:
        """Return the head of the task."""
        return [self.heads[task]]


class OneTaskGraph(TaskGraphs):
    """A model all of whose layers belong to its only task, which has the name of the last layer.

    Args:
        model: The model.
        output: Its only output.
        inputs: Its symbolic inputs.
    """

    def __init__(self, model: keras.Model, output: keras.KerasTensor, inputs: Any) -> None:
        self._model = model
        head = producer(output)
        self.tasks = (head.name,)
        self.heads: dict[str, Any] = {head.name: head}
        self.outputs = {head.name: output}
        self.inputs = inputs

    def of_task(self, task: str) -> keras.Model:
        """Return the model itself."""
        check_task(task, self.tasks, where="`task`")
        return self._model

    def of_tasks(self, tasks: Sequence[str]) -> keras.Model:
        """Return the model itself."""
        (task,) = tasks
        return self.of_task(task)

    def shared_layers(self) -> list[keras.Layer]:
        """Return no layers."""
        return []

    def layers_of(self, task: str) -> list[keras.Layer]:
        """Return the model itself."""
        return [self.of_task(task)]


class WholeModel(OneTaskGraph):
    """A model with one output, all of whose layers belong to its only task.

    Args:
        model: A Functional or built Sequential model. Its task has the name of its last layer.

    Raises:
        UnsupportedModel: It has several outputs, or none that is known before it is called.
    """

    def __init__(self, model: keras.Model) -> None:
        outputs = getattr(model, "outputs", None) or []
        if len(outputs) != 1:
            raise UnsupportedModel(
                f"`{model.name}` has {len(outputs) or 'no known'} outputs; a model of one task is "
                "a Functional or built Sequential model with one. `keras_mtl.MultiTaskModel` "
                "trains several tasks."
            )
        sequential = isinstance(model, keras.Sequential)  # `input` raises if it was never called.
        super().__init__(model, outputs[0], model.inputs[0] if sequential else model.input)
